"""npm `@stdy/cli`, Steady: says of a request whether it is as an OpenAPI description wants it.

Its replies are made up from the schemas and mean nothing; what it thinks of the request is in the reply's headers.
https://www.npmjs.com/package/@stdy/cli
"""

import gzip
import platform
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.emulators.processes import npm_cache, npm_file, prepared, running

VERSION = "0.22.2"


@dataclass(frozen=True)
class Verdict:
    """What Steady thinks of one request."""

    valid: bool
    template: str
    """The path as the description has it, "" when it has none."""
    faults: tuple[str, ...]
    """Such as "E3008 body.email: required"."""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Verdict":
        """Read a reply's headers."""
        count = int(headers.get("x-steady-error-count", "0"))
        faults = tuple(
            " ".join(headers.get(f"x-steady-error-{number}-{part}", "") for part in ("code", "path", "message"))
            for number in range(1, count + 1)
        )
        return cls(headers.get("x-steady-request-valid") == "true", headers.get("x-steady-matched-path", ""), faults)


def prepare(where: Path) -> None:
    """Bring Steady (npm) into `where`: the program of this platform comes as a package of its own."""
    npm_cache(where, f"npm:@stdy/cli@{VERSION}")


@contextmanager
def steady(description: Path, *options: str, where: Path | None = None) -> Generator[str, None, None]:
    """Run Steady on a description, plain or gzipped JSON, and give its address.

    Raises:
        EmulatorError: Not prepared, or it did not start.
    """
    program = _program(prepared(where))

    def command(port: int, folder: Path) -> list[str]:
        data = description.read_bytes()
        plain = folder / "openapi.json"
        plain.write_bytes(gzip.decompress(data) if description.suffix == ".gz" else data)
        where_to = ["--host", "127.0.0.1", "--port", str(port)]
        return [str(program), *where_to, "--quiet", "--no-color", *options, str(plain)]

    with running(command, answers="/_x-steady/health") as (url, _):
        yield url


def _program(home: Path) -> Path:
    # The launcher among the npm scripts leaves the server running when it is stopped: the program itself is started.
    system = {"win32": "win32", "darwin": "darwin"}.get(sys.platform, "linux")
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(platform.machine().lower(), "arm64")
    name = "steady.exe" if system == "win32" else "steady"
    return npm_file(home, f"@stdy/cli-{system}-{machine}/{VERSION}/bin/{name}")
