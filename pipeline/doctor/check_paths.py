"""Check, paths: a project folder that was moved takes its artifacts with it.

MLflow writes absolute paths into a local store, so after `mv` it looks for every artifact where
the folder was before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from pipeline.doctor.finding import Finding
from pipeline.tracking import store

NAME = "paths"

COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
    ("model_versions", "source"),
)
"""Where MLflow's tables hold the paths of artifacts."""

_FILE_URI = "file://"
_SHORTEST = 2  # `mlruns/1`; one name alone may be there by accident


def check(names: Sequence[str]) -> Iterator[Finding]:
    """One finding per folder that the artifacts were moved out of."""
    del names
    file = store.sqlite_file()
    if file is None:
        yield Finding(NAME, "store", "ok", "the server knows where its artifacts are")
        return
    held = _held(file)
    moves = old_roots(held, _present(file))
    for old, new in moves.items():
        yield _moved(file, old, new, sum(_below(path, old) for path in held))
    copies = [] if moves else list(_copied(held, _present(file)))
    yield from copies
    if not moves and not copies:
        yield Finding(NAME, str(file), "ok", f"{len(held):,} places of artifacts, none moved")


def old_roots(held: Iterable[Path], present: Sequence[Path]) -> dict[Path, Path]:
    """Folders that are gone while what they held lies below one of `present`, and which one.

    Args:
        held: every place of artifacts that the store knows.
        present: folders in which the artifacts may be now.
    """
    found: dict[Path, Path] = {}
    for path in held:
        if path.exists() or any(_below(path, old) for old in found):
            continue
        if (move := _twin(path, present)) is not None:
            found[move[0]] = move[1]
    return found


def rewrite(file: Path, moves: Mapping[Path, Path]) -> Path:
    """Let every path below an old root point below the new one, all or none.

    Returns:
        The copy of the store as it was before.

    Raises:
        LockedError: another process is busy with the registry.
        sqlite3.Error: the store could not be changed and is as it was.
    """
    with store.lock("registry"), closing(_connected(file)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # from here on nobody else writes
        # A copy of the store beside it, under the first name that is free
        number = 1
        while (backup := file.with_name(f"{file.name}.before-fix-{number}")).exists():
            number += 1
        with closing(_connected(file)) as source, closing(sqlite3.connect(backup)) as target:
            source.backup(target)
        for table, column in COLUMNS:
            for old, new in moves.items():
                _replace(connection, table, column, (old, new))
        connection.commit()
    return backup


def _moved(file: Path, old: Path, new: Path, count: int) -> Finding:
    return Finding(
        NAME,
        str(old),
        "problem",
        f"{count:,} places of artifacts in a folder that is gone",
        f"the same below {new}",
        "python -m pipeline.doctor --fix lets the store point there, and keeps a copy of it",
        partial(rewrite, file, {old: new}),
    )


def _copied(held: Iterable[Path], present: Sequence[Path]) -> Iterator[Finding]:
    """A folder that was copied: its store still reads and writes in the original."""
    roots: dict[Path, Path] = {}
    for path in held:
        inside = any(_below(path, root) for root in present)
        if inside or not path.exists() or any(_below(path, old) for old in roots):
            continue
        move = _twin(path, present)
        if move is not None and not (move[1] / path.relative_to(move[0])).samefile(path):
            roots[move[0]] = move[1]
    for old, new in roots.items():
        action = f"use {old} itself; or move it away, and `python -m pipeline.doctor --fix` here"
        found = f"artifacts in {old}, which this is a copy of"
        yield Finding(NAME, str(new), "note", found, "artifacts of its own", action)


def _twin(path: Path, present: Sequence[Path]) -> tuple[Path, Path] | None:
    """The old and the new root, if the end of the path is there below one of `present`."""
    parts = path.parts
    for root in present:
        for k in range(1, len(parts) - _SHORTEST + 1):
            old = Path(*parts[:k])
            if old != root and root.joinpath(*parts[k:]).exists():
                return old, root
    return None


def _present(file: Path) -> list[Path]:
    """MLflow makes `mlruns` in the folder that a run is started in; mostly the store's own."""
    return list(dict.fromkeys([file.resolve().parent, file.parent, Path.cwd()]))


def _held(file: Path) -> list[Path]:
    """Every local path of artifacts."""
    with closing(_connected(file)) as connection:
        values = {
            row[0]
            for table, column in COLUMNS
            for row in connection.execute(f"SELECT DISTINCT {column} FROM {table}")
        }
    return sorted({path for value in values if (path := _path(value)) is not None})


def _path(value: str | None) -> Path | None:
    """The local path that a column holds; None for the address of something else."""
    text = value or ""
    if text.startswith(_FILE_URI):
        text = unquote(text.removeprefix(_FILE_URI))
    return Path(text) if text.startswith("/") else None


def _replace(
    connection: sqlite3.Connection, table: str, column: str, move: tuple[Path, Path]
) -> None:
    old, new = move
    query = f"SELECT DISTINCT {column} FROM {table}"
    for (value,) in connection.execute(query).fetchall():
        path = _path(value)
        if path is None or not _below(path, old):
            continue
        moved = str(new / path.relative_to(old))
        text = _FILE_URI + quote(moved) if value.startswith(_FILE_URI) else moved
        update = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
        connection.execute(update, (text, value))


def _connected(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=30, isolation_level=None)


def _below(path: Path, root: Path) -> bool:
    return PurePosixPath(path).is_relative_to(root)
