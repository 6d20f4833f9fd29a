"""Verifies a model's files against a list of their sizes and sha256 hashes.

`checksums.json` lies beside the model. A caller that keeps its own sha256 elsewhere, as the
registry does for every version, sees any change in the folder; without that, a list that was
changed together with its files is believed. Standard library only: scoring checks what it opens,
and a logged model carries this module to check itself.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from pipeline.errors import DataError
from pipeline.runtime import signature

FILE = "checksums.json"
MODEL = "model.onnx"

CHECKSUMS_SHA256 = "checksums_sha256"
"""Tag of a version, its logged model and its run: sha256 of the list in the folder of each."""
ONNX_SHA256 = "onnx_sha256"
"""Tag of the same three: sha256 of model.onnx as it was proven."""

SIGNATURE = f"{FILE}.sig"
ADDED = frozenset({FILE, SIGNATURE, "registered_model_meta"})
"""What may be in a folder and not in its list: MLflow adds the last when it downloads."""
DRAWN = "graph.svg"
"""Beside a run's model: made again with its report, so no list has it."""

_CODE = "MLmodel"
"""A folder with this file may hold code that Python would import: nothing may be added to it."""
_CACHE = "__pycache__"
_CHUNK = 1 << 20
_LONGEST = 1 << 24
"""Bytes of a list: one of a thousand files has not a hundredth of them."""

WAY_OUT = (
    "Take the model again from where it was logged; python -m pipeline.models rollback NAME "
    "--reason TEXT goes back to the version before"
)
"""What to do about a fault, where nothing better is known."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileFault:
    """One file that is not as it was logged."""

    file: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: got {self.found}, expected {self.expected}"


_NO_LIST = FileFault(FILE, "what is no list of a model's files", "one that a training wrote")


def write_checksums(folder: Path) -> str:
    """List every file of a folder in its `checksums.json`, and return that file's sha256.

    The list is signed where a key is named: `pipeline.runtime.signature`.

    Raises:
        ConfigError: that key cannot be used.
    """
    names = sorted(set(_names(folder)) - ADDED - {DRAWN})
    listed = {name: _describe_file(folder / name) for name in names}
    content = json.dumps({"format": 1, "files": listed}, indent=1).encode()
    # before there is a list, which would then have no signature
    text = signature.sign_content(content)
    (folder / FILE).write_bytes(content)
    (folder / SIGNATURE).unlink(missing_ok=True)
    if text is not None:
        (folder / SIGNATURE).write_text(text, encoding="ascii")
    return hashlib.sha256(content).hexdigest()


def verify_folder(  # noqa: PLR0913  where, and what is known of it
    folder: Path,
    tags: Mapping[str, str] | None = None,
    *,
    subject: str = "",
    hint: str = "",
    later: Collection[str] = (),
    required: bool | None = None,
) -> None:
    """Refuse a folder that is not as it was logged, before anything of it is used.

    A model of before there were lists passes with a warning, if its graph is the one of the tags.

    Args:
        folder: of a logged model, or `onnx/` of a run.
        tags: of the version, the logged model or the run, which say what is to be there.
        subject: what messages call the folder.
        hint: what to do about a fault.
        later: the graph that will be loaded, where `read_verified` holds it against the list when
            it is opened. The tags hold it all the same, whatever it is called; without this
            model.onnx.
        required: whether a folder without a list is refused; None: where a signature is asked for.

    Raises:
        DataError: a file was changed, is missing, or was added, or a signature is asked for and the
            list has none of that key.
        ConfigError: the key cannot be used.
    """
    subject = subject or str(folder)
    found = list(find_faults(folder, tags or {}, later))
    is_listed = os.path.exists(folder / FILE)  # noqa: PTH110  True or False
    required = signature.requires_signature() if required is None else required
    if required and not (is_listed or found):
        found.append(FileFault(FILE, "no such file", "the list of the model's files"))
    if found:
        more = f" (and {len(found) - 1} more)" if found[1:] else ""
        raise DataError(
            f"{subject} is not as it was logged: {found[0]}{more}", hint=hint or WAY_OUT
        )
    if not is_listed:
        logger.warning("%s has no %s: it is used unchecked", subject, FILE)


def find_faults(
    folder: Path, tags: Mapping[str, str], later: Collection[str] = ()
) -> Iterator[FileFault]:
    """Every file of a folder that is not as it was logged; see `verify_folder`."""
    found = {fault.file: fault for fault in _by_list(folder, tags, later)}
    yield from found.values()
    if proven := tags.get(ONNX_SHA256):  # no list may speak for another graph, or for none
        for name in {*(later or (MODEL,))} - found.keys():
            if fault := _check_file(folder, name, {"sha256": proven}):
                yield fault


def _by_list(folder: Path, tags: Mapping[str, str], later: Collection[str]) -> Iterator[FileFault]:
    """What the list finds, and what is wrong with it; nothing where there should be none."""
    listed = _read_list(folder, tags.get(CHECKSUMS_SHA256, ""))
    if isinstance(listed, FileFault):
        yield listed
    if not isinstance(listed, dict):
        return
    for name, stated in listed.items():
        if name not in later and (fault := _check_file(folder, name, stated)):
            yield fault
    if _CODE in listed:
        for name in sorted(set(_names(folder)) - listed.keys() - ADDED):
            if not _is_cache(name, listed):
                yield FileFault(name, "a file", "none, as it is not in the list")


def read_verified(file: Path) -> bytes:
    """The bytes of a file, held against the list beside it if there is one that names it.

    Raises:
        DataError: they are not those that were logged, or the list cannot be read; where a
            signature is asked for, also a file that no signed list names.
        OSError: the file cannot be read.
    """
    data, listed = file.read_bytes(), _read_list(file.parent)
    fault = listed if isinstance(listed, FileFault) else None
    if isinstance(listed, dict) and file.name in listed:
        fault = _compare(file.name, hashlib.sha256(data).hexdigest(), listed[file.name])
    elif isinstance(listed, dict) and signature.requires_signature():
        fault = FileFault(file.name, "a file that the list does not name", "one that it does")
    elif listed is None:
        fault = _check_signature(file.parent, b"")
    if fault is not None:
        raise DataError(f"{file.parent} is not as it was logged: {fault}", hint=WAY_OUT)
    return data


def _read_list(folder: Path, digest: str = "") -> dict[str, Mapping[str, Any]] | FileFault | None:
    """The files that a folder's list names, or what is wrong with it; None where there is none.

    Args:
        digest: the list's sha256, where it is known; then there must be one.
    """
    try:
        content = _content(folder / FILE)
    except FileNotFoundError:
        return FileFault(FILE, "no such file", _short(digest)) if digest else None
    except OSError as err:
        return FileFault(FILE, _why(err), "a list that can be read")
    found = hashlib.sha256(content).hexdigest()
    if digest and found != digest:
        return FileFault(FILE, _short(found), _short(digest))
    return _check_signature(folder, content) or _parse(content) or _NO_LIST


def _check_signature(folder: Path, content: bytes) -> FileFault | None:
    """The fault of the list's signature, if one is asked for."""
    if not signature.requires_signature():
        return None
    found = signature.find_signature_fault(content, folder / SIGNATURE)
    return (
        FileFault(SIGNATURE, found, f"one of the key in {signature.PUBLIC_KEY}") if found else None
    )


def _check_file(folder: Path, name: str, stated: Mapping[str, Any]) -> FileFault | None:
    """The fault of one file that the list names, if it has one."""
    try:
        return _compare(name, _describe_file(folder / name)["sha256"], stated)
    except OSError as err:
        return FileFault(name, _why(err), _short(stated.get("sha256")))


def _compare(name: str, digest: str, stated: Mapping[str, Any]) -> FileFault | None:
    expected = stated.get("sha256")
    return None if digest == expected else FileFault(name, _short(digest), _short(expected))


def _describe_file(file: Path) -> dict[str, Any]:
    found, size = hashlib.sha256(), 0
    with _open(file) as opened:
        while chunk := opened.read(_CHUNK):
            found.update(chunk)
            size += len(chunk)
    return {"bytes": size, "sha256": found.hexdigest()}


def _content(file: Path) -> bytes:
    """A list as it stands there.

    Raises:
        OSError: it cannot be read, or is no list by its size.
    """
    with _open(file) as opened:
        content = opened.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise OSError(errno.EFBIG, f"more than {_LONGEST >> 20} MiB")
    return content


def _open(file: Path) -> BinaryIO:
    """A file to read, if it is one: a pipe would never answer, and a device never end.

    Raises:
        OSError: it is none, or cannot be read.
    """
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "a pipe or device"
        raise OSError(errno.EINVAL, f"{what}, which is no file")
    return file.open("rb")


def _why(err: OSError) -> str:
    return err.strerror or str(err)


def _parse(content: bytes) -> dict[str, Mapping[str, Any]] | None:
    """Files by name, the graph among them; None for what `write_checksums` has not written."""
    try:
        files = json.loads(content)["files"]
        whole = all(_inside(name) and isinstance(entry, dict) for name, entry in files.items())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return dict(files) if whole and MODEL in files else None


def _inside(name: str) -> bool:
    """Whether a name of the list stays in its folder."""
    path, plain = PurePosixPath(name), os.fsencode(name)  # not all that JSON can write is a name
    return not path.is_absolute() and ".." not in path.parts and b"\0" not in plain


def _names(folder: Path) -> Iterator[str]:
    """Every file below a folder, and every link to another folder, which Python would follow."""
    for place, folders, files in os.walk(folder):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*files, *links):
            yield (here / name).relative_to(folder).as_posix()


def _is_cache(name: str, listed: Collection[str]) -> bool:
    """Whether Python would write this file itself, beside a source that is in the list."""
    path = PurePosixPath(name)
    if path.parent.name != _CACHE or path.suffix != ".pyc":
        return False
    return f"{path.parent.parent / path.name.partition('.')[0]}.py" in listed


def _short(digest: object) -> str:
    return f"sha256 {str(digest)[:12]}…"
