"""The scorer in C that bundles for other languages stand on: libonnxruntime, and nothing else."""

from __future__ import annotations

from importlib.metadata import files, version
from pathlib import Path

_FILES = Path(__file__).parent / "files"
SHIM = ("score.c", "score.h", "sha256.c", "sha256.h")
"""Names of its sources; `sha256.h` is for languages that have no SHA-256."""


def read_shim_files(names: tuple[str, ...] = SHIM) -> dict[str, str]:
    """Sources of the shim, and `install.sh`, which fetches libonnxruntime.so; each by its name."""
    texts = {name: (_FILES / name).read_text(encoding="utf-8") for name in (*names, "install.sh")}
    return {**texts, "install.sh": texts["install.sh"].replace("VERSION", version("onnxruntime"))}


def measure_library() -> float:
    """MB of the library that `install.sh` fetches; 0 where this machine's package has none."""
    sizes = [
        file.size or 0 for file in files("onnxruntime") or () if "libonnxruntime." in file.name
    ]
    return sum(sizes) / 1e6
