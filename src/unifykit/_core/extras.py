"""Optional dependencies: missing is told from broken, and the text says what to type."""

import contextlib
from collections.abc import Generator

from unifykit.errors import MissingExtraError


@contextlib.contextmanager
def extra(name: str, packages: tuple[str, ...]) -> Generator[None]:
    """Importing in this block needs the extra `name`, which brings `packages` (import names).

    Raises:
        MissingExtraError: A package is not installed, or is installed and cannot be imported.
    """
    try:
        yield
    except MissingExtraError:
        raise
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in packages
        if missing:
            text = f"{error.name} is not installed: pip install 'unifykit[{name}]'"
        else:
            text = (
                f"{packages[0]} is installed but cannot be imported ({type(error).__name__}: {error}); "
                f"repair it: pip install --force-reinstall 'unifykit[{name}]'"
            )
        raise MissingExtraError(text, provider=name) from error
