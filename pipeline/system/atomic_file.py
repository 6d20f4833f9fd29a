"""Writes files atomically: a file is whole or as it was, even after a crash."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

DRAFT = re.compile(r"\.(?P<name>.+)-(?P<pid>\d+)-[0-9a-f]{8}\.draft", re.DOTALL)
"""Names of files that are being written, or that a killed process has left."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 as `replace_atomically` does.

    Raises:
        OSError: the file could not be written; the one at `path` is as it was.
    """
    with replace_atomically(path) as file:
        file.write(text.encode())


@contextmanager
def replace_atomically(path: Path) -> Iterator[BinaryIO]:
    """A hidden file beside `path`, which gets the name when the block ends well.

    What was written is on the disk before the name is, so that not even a power cut leaves half of
    it. A link is followed and its target replaced. A file that is replaced keeps its permissions,
    for a new one the process's umask decides. A pipe or a device is written to as it is.

    Raises:
        OSError: the file could not be written; the one at `path` is as it was.
    """
    if _is_stream(path):  # /dev/stdout leads to what has no path
        with path.open("wb") as file:
            yield file
        return
    path = _follow(path)
    draft, mode = draft_path(path), _mode(path)
    try:
        descriptor = os.open(draft, _NEW, 0o666 if mode is None else mode & 0o666)
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(descriptor, mode)  # past the umask
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def draft_path(path: Path) -> Path:
    """A name that nobody can know before, with the process that has it."""
    start = os.fsdecode(os.fsencode(path.name)[:100])  # a name has 255 bytes at most
    return path.with_name(f".{start}-{os.getpid()}-{secrets.token_hex(4)}.draft")


def _follow(path: Path) -> Path:
    """The file that a link stands for.

    Linux follows no link that somebody else has put into a folder such as /tmp, where every user
    may; giving a file the name of the link's target would go round that.
    """
    if path.is_symlink():
        folder, owner = path.parent.stat(), path.lstat().st_uid
        is_shared = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
        if is_shared and owner not in {os.geteuid(), folder.st_uid}:
            found = "a link that another user has put into a shared folder"
            raise PermissionError(errno.EACCES, found, str(path))
    return Path(os.path.realpath(path))  # Path.resolve() fails where a link leads to itself


def _is_stream(path: Path) -> bool:
    return path.is_fifo() or path.is_char_device() or path.is_socket()


def _mode(path: Path) -> int | None:
    """Permissions of this user's file that is to be replaced."""
    with suppress(OSError):
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
            return found.st_mode & 0o777
    return None


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some file systems cannot; the file is whole either way
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
