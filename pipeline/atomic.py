"""A text file that is there whole or as it was, whenever the process or the machine ends."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 into a hidden file beside `path`, then give it the name.

    The text is on the disk before the name is, so that not even a power cut leaves half of it.
    A link is followed and its target replaced. The process's umask decides who may read it.

    Raises:
        OSError: the file could not be written; the one at `path` is as it was.
    """
    path = path.resolve()
    draft = path.with_name(f".{path.name[:100]}-{secrets.token_hex(4)}.draft")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some file systems cannot; the file is whole either way
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
