"""Bundles in C, built and run as their README says, with the library of the package for Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from pipeline.bundle.model_files import BundleSource
from pipeline.bundle.write import write_bundle
from tests.bundle.native.shim import find_library
from tests.commands import needed

STRICT = "CFLAGS=-O1 -Wall -Wextra -Wpedantic -Wshadow -Werror"


def shell(folder: Path, text: str, code: int = 0, **variables: str) -> str:
    """What shell lines print in a folder; beside their errors where they must fail."""
    variables = {**os.environ, "ORT_LIB": find_library(), **variables}
    done = subprocess.run(
        ["bash", "-ec", text],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def build(folder: Path, source: BundleSource, flags: str = STRICT) -> Path:
    """A bundle in C whose `verify` is built; any warning is an error."""
    for program in ("cc", "make"):
        needed(shutil.which(program), program)
    write_bundle(source, "c", folder)
    shell(folder, f"make -s '{flags}'")
    return folder


def blocks(folder: Path, language: str) -> list[str]:
    """The README's blocks of one language."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def seal(folder: Path) -> None:
    """Write SHA256SUMS anew, for files that were changed on purpose."""
    sums = folder / "SHA256SUMS"
    names = [line.split("  ")[1] for line in sums.read_text().splitlines()]
    shell(folder, f"sha256sum {' '.join(names)} > SHA256SUMS")
