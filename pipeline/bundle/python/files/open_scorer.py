"""Opens the model of this folder, after every file was held against SHA256SUMS."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NEEDED = ("model.onnx", "golden.json", "feed_cases.json", "pipeline/scorer.py")


def read_checked(folder: Path = HERE) -> dict[str, bytes]:
    """The files that SHA256SUMS names, each as it was written.

    Raises:
        ValueError: a file was changed, or the list does not name what is needed.
        OSError: a file is missing.
    """
    files = {}
    for line in (folder / "SHA256SUMS").read_text(encoding="ascii").splitlines():
        expected, _, name = line.partition("  ")
        content = (folder / name).read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise ValueError(
                f"{name}: got sha256 {found[:12]}…, expected {expected[:12]}…; "
                "take the bundle again from where it was made"
            )
        files[name] = content
    if missing := [name for name in NEEDED if name not in files]:
        raise ValueError(f"SHA256SUMS does not name {', '.join(missing)}: take the bundle again")
    return files


def open_scorer(folder: Path = HERE) -> Any:
    """The `Scorer` of the bundle in a folder; see pipeline/runtime/scorer.py."""
    files = read_checked(folder)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    from pipeline.scorer import Scorer

    return Scorer(files["model.onnx"])
