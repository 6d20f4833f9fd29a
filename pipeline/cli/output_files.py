"""Checks the files that a command is asked to write before it does any work."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from pipeline.errors import ConfigError, UsageError


def keep_apart(read: Mapping[str, Path | None], written: Mapping[str, Path | None]) -> None:
    """See that nothing that is written replaces what is read, or what is written.

    Args:
        read: files that flags name, by flag; None where it was not given.
        written: the same, of files that are written.

    Raises:
        UsageError: it would.
    """
    sources = [(flag, path) for flag, path in read.items() if path is not None]
    targets = [(flag, path) for flag, path in written.items() if path is not None]
    pairs = [(target, source, "reads") for target in targets for source in sources]
    pairs += [(second, first, "writes") for first, second in combinations(targets, 2)]
    for (flag, path), (other, taken), word in pairs:
        if _are_one(path, taken):
            raise UsageError(f"{flag} is the file that {other} {word}", hint="Choose another name")


def check_writable_place(file: Path) -> None:
    """See that a file could be written, as far as its folder tells.

    Raises:
        ConfigError: it could not.
    """
    if file.is_dir():
        raise ConfigError(f"cannot write {file}: it is a folder", hint="Give a file's name")
    if not Path(os.path.realpath(file)).parent.is_dir():
        raise ConfigError(f"cannot write {file}: no such folder", hint="Make its folder")


def _are_one(file: Path, other: Path) -> bool:
    """Whether two paths name one file, by whatever name; a device is no file that could be lost."""
    if os.path.realpath(file) == os.path.realpath(other):
        return not (file.exists() and not file.is_file() and not file.is_dir())
    try:
        return file.is_file() and file.samefile(other)
    except OSError:
        return False
