"""Finds artifact paths that broke when the project folder was moved.

MLflow writes absolute paths into a local store, so after `mv` it looks for every artifact where
the folder was before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import quote, unquote

from pipeline.doctor.finding import Finding
from pipeline.track import store

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
    """One finding per folder that the artifacts were moved, or copied, out of."""
    del names
    file = store.sqlite_file()
    if file is None:
        yield Finding("store", "ok", "the server knows where its artifacts are")
        return
    # MLflow makes `mlruns` in the folder that a run is started in; mostly the store's own
    present = list(dict.fromkeys([file.resolve().parent, file.parent, Path.cwd()]))
    held = _list_paths(file)
    moves, copies = _twins(held, present)
    for old, new in moves.items():
        count = sum(path.is_relative_to(old) for path in held)
        yield Finding(
            str(old),
            "problem",
            f"{count:,} places of artifacts in a folder that is gone",
            f"the same below {new}",
            "python -m pipeline.doctor --fix lets the store point there, and keeps a copy of it",
            partial(rewrite_paths, file, {old: new}),
        )
    for old, new in copies.items() if not moves else ():
        action = f"use {old} itself; or move it away, and `python -m pipeline.doctor --fix` here"
        found = f"artifacts in {old}, which this is a copy of"
        yield Finding(str(new), "note", found, "artifacts of its own", action)
    if not moves and not copies:
        yield Finding(str(file), "ok", f"{len(held):,} places of artifacts, none moved")


def rewrite_paths(file: Path, moves: Mapping[Path, Path]) -> Path:
    """Let every path below an old root point below the new one, all or none.

    Returns:
        The copy of the store as it was before.

    Raises:
        LockedError: another process is busy with the registry.
        sqlite3.Error: the store could not be changed and is as it was.
    """
    with store.lock_store("registry"), closing(_connect(file)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # from here on nobody else writes
        number = 1
        while (backup := file.with_name(f"{file.name}.before-fix-{number}")).exists():
            number += 1
        with closing(_connect(file)) as source, closing(sqlite3.connect(backup)) as target:
            source.backup(target)
        for table, column in COLUMNS:
            rows = connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
            for value, path in ((v, _path(v)) for (v,) in rows):
                old = next((o for o in moves if path is not None and path.is_relative_to(o)), None)
                if path is not None and old is not None:
                    text = str(moves[old] / path.relative_to(old))
                    text = _FILE_URI + quote(text) if value.startswith(_FILE_URI) else text
                    update = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
                    connection.execute(update, (text, value))
        connection.commit()
    return backup


def _twins(
    held: Sequence[Path], present: Sequence[Path]
) -> tuple[dict[Path, Path], dict[Path, Path]]:
    """Folders that are gone, and those still there, whose content lies below one of `present`."""
    moves: dict[Path, Path] = {}
    copies: dict[Path, Path] = {}
    for path in held:
        is_there = path.exists()
        found = copies if is_there else moves
        known = [*found, *(present if is_there else ())]
        if any(path.is_relative_to(root) for root in known):
            continue
        pairs = (
            (Path(*path.parts[:k]), root)
            for root in present
            for k in range(1, len(path.parts) - _SHORTEST + 1)
        )
        for old, root in pairs:
            twin = root / path.relative_to(old)
            if old != root and twin.exists():
                if not (is_there and twin.samefile(path)):
                    found[old] = root
                break
    return moves, copies


def _list_paths(file: Path) -> list[Path]:
    """Every local path of artifacts."""
    with closing(_connect(file)) as connection:
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


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=30, isolation_level=None)
