"""`python -m unifykit`."""

from unifykit.cli import main

if __name__ == "__main__":
    main()
