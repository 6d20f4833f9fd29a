"""Pickles in a private folder: written whole or not at all, opened only if this user wrote them.

A file is a head, the pickle, and the sha256 of both.
"""

from __future__ import annotations

import copyreg
import hashlib
import os
import pickle
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_DIGEST = hashlib.sha256().digest_size
_PART = ".part"


def read(file: Path, head: bytes) -> Any:
    """The value in a file that begins with `head`.

    Raises:
        FileNotFoundError: there is none.
        OSError: others may have written it, or it cannot be read.
        ValueError: another head, or damaged.
        Exception: whatever the classes of the value raise.
    """
    return _unpickled(_body(_content(file), head))


def write(file: Path, head: bytes, value: Any) -> None:
    """Put a value into a file of mode 0600 in a folder of mode 0700, in one step.

    Raises:
        OSError: others may write to the folder, or the disk is full.
        Exception: the value has no pickle.
    """
    _make_private(file.parent)
    descriptor, name = tempfile.mkstemp(suffix=_PART, dir=file.parent)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123  a descriptor, not a path
            sink = _Hashed(stream)
            sink.write(head)
            _pickle(value, sink)
            stream.write(sink.sha256.digest())
            stream.flush()
            os.fsync(descriptor)
        Path(name).replace(file)
        _sync(file.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def _make_private(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _require_ours(folder.lstat(), stat.S_ISDIR)
    for part in folder.glob(f"*{_PART}"):  # of a process that was killed while it wrote
        part.unlink()


def _require_ours(found: os.stat_result, is_kind: Callable[[int], bool]) -> None:
    """A pickle runs code when it is opened, so nobody else may have put it there.

    Raises:
        PermissionError: another kind of file, another owner, or others may write to it.
    """
    if not is_kind(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError("got a file that others may have written, expected a private one")


def _content(file: Path) -> bytes:
    _require_ours(file.parent.lstat(), stat.S_ISDIR)
    # a link is refused, and a pipe does not keep us waiting
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:  # noqa: PTH123  a descriptor, not a path
        _require_ours(os.fstat(descriptor), stat.S_ISREG)
        return stream.read()


def _body(content: bytes, head: bytes) -> memoryview:
    """The pickle between the head and the digest.

    Raises:
        ValueError: of another training, or damaged.
    """
    if not content.startswith(head):
        raise ValueError("it belongs to other data, settings or versions")
    whole = memoryview(content)
    if hashlib.sha256(whole[:-_DIGEST]).digest() != whole[-_DIGEST:]:
        raise ValueError("it is damaged")
    return whole[len(head) : -_DIGEST]


def _sync(folder: Path) -> None:
    """Let the new name outlast a power failure, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class _Hashed:
    """A file that knows the sha256 of what was written."""

    stream: IO[bytes]
    sha256: Any = field(default_factory=hashlib.sha256)

    def write(self, data: Any) -> int:
        self.sha256.update(data)
        return self.stream.write(data)


def _pickle(value: Any, sink: _Hashed) -> None:
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # untyped
        def reducer_override(self, obj: Any) -> Any:
            # PyCaret's experiments leave out their data, which `load_experiment` asks for again
            if hasattr(type(obj), "_attributes_to_not_save"):
                return copyreg.__newobj__, (type(obj),), vars(obj)  # type: ignore[attr-defined]
            return super().reducer_override(obj)

    Pickler(sink, protocol=5).dump(value)


def _unpickled(body: memoryview) -> Any:
    from pipeline.automl.pycaret_isolation import pycaret_alone

    with pycaret_alone():  # the classes bring PyCaret with them
        return pickle.loads(body)
