"""Finds what killed processes have left in the working folder."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.doctor.finding import Finding
from pipeline.errors import UsageError
from pipeline.registry import client as registry
from pipeline.registry import download
from pipeline.retrain import lock
from pipeline.system import atomic_file, process_identity
from pipeline.track import store
from pipeline.track.record import Record
from pipeline.train.artifacts import KEPT

if TYPE_CHECKING:
    from mlflow import MlflowClient


YOUNG = 600.0
"""Seconds for which a draft without a process is left alone: its maker may be in a container."""

_FOLDER = re.compile(r"\.(?P<name>.+)-(?P<pid>\d+)-[a-z0-9_]{8}(?P<old>-old)?")
_TREE = {"config", "onnx", "pickle", "plots", "reports", "tables"}


def check(names: Sequence[str]) -> Iterator[Finding]:
    """One finding per draft, kept folder and lock of a process that is gone."""
    client = download.connect_existing()
    found = [
        *_stores(),
        *_files(),
        *_folders(),
        *_inspect_kept_artifacts(client),
        *_locks(client, names),
    ]
    yield from found
    if not found:
        yield Finding(str(Path.cwd()), "ok", "no drafts, kept folders or locks of dead runs")


def _stores() -> Iterator[Finding]:
    """Drafts of a store, as `store.prepare_store` makes them."""
    file = store.sqlite_file()
    if file is None:
        return
    pattern = re.compile(re.escape(file.name) + r"-(\d+)(?:-[0-9a-f]{8})?(-journal|-wal|-shm)?")
    for path in sorted(file.parent.iterdir()):
        if (match := pattern.fullmatch(path.name)) and not process_identity.process_exists(
            int(match[1])
        ):
            yield _draft(path, "a store that a killed run had begun", partial(path.unlink, True))


def _files() -> Iterator[Finding]:
    """Drafts of files, as `atomic.writing` makes them, here and one folder below."""
    for path in [*sorted(Path().glob(".*.draft")), *sorted(Path().glob("*/.*.draft"))]:
        match = atomic_file.DRAFT.fullmatch(path.name)
        if (
            match is None
            or process_identity.process_exists(int(match["pid"]))
            or not _is_plain(path)
        ):
            continue
        yield _draft(path, f"{match['name']!r} that a killed run had begun to write", path.unlink)


def _folders() -> Iterator[Finding]:
    """Drafts of artifact folders, as `artifacts.write_artifacts` makes them."""
    for path in [*sorted(Path().glob(".*-*")), *sorted(KEPT.glob(".*-*"))]:
        match = _FOLDER.fullmatch(path.name)
        if (
            match is None
            or process_identity.process_exists(int(match["pid"]))
            or not _is_ours(path)
        ):
            continue
        twin = path.with_name(path.name + "-old")
        if match["old"] or twin.exists():
            yield from _replacement(path, twin, path.with_name(match["name"]))
        else:
            remove = partial(shutil.rmtree, path)
            yield _draft(path, "artifacts that a killed run had begun to write", remove)


def _replacement(path: Path, twin: Path, target: Path) -> Iterator[Finding]:
    """A folder that was just being replaced: the new one is whole, the old one set aside."""
    if path.name.endswith("-old"):
        if target.exists():
            remove = partial(shutil.rmtree, path)
            yield _draft(path, f"what {target.name} held before it was replaced", remove)
        return
    found = f"set aside as {twin.name} while it was replaced, and never put in place"
    action = f"python -m pipeline.doctor --fix gives the new one, {path.name}, the name"
    repair = partial(_finish, path, target)
    yield Finding(str(target), "problem", found, "a folder", action, repair)


def _finish(path: Path, target: Path) -> None:
    path.chmod(0o755)  # as `artifacts.write_artifacts` does
    path.rename(target)


def _inspect_kept_artifacts(client: MlflowClient) -> Iterator[Finding]:
    """Artifacts that no store took, unless a run of that name has taken them since."""
    for folder in sorted(path for path in KEPT.glob("[!.]*") if path.is_dir()):
        try:
            record = Record.read(folder)
        except UsageError:  # killed before the record of it was written
            if not _is_young(folder):
                action = f"look into it, then: rm -r {folder}"
                yield Finding(str(folder), "note", "artifacts without a record", "", action)
            continue
        if not _is_taken(client, record):
            action = f"log it: python -m pipeline.track {folder}"
            yield Finding(str(folder), "note", "artifacts that no run has", "", action)


def _is_taken(client: MlflowClient, record: Record) -> bool:
    """Whether a run of that name has the artifacts, or is just getting them."""
    experiment = client.get_experiment_by_name(record.experiment)
    if experiment is None:
        return False
    quote = '"' if "'" in record.run_name else "'"
    query = f"attributes.run_name = {quote}{record.run_name}{quote}"
    runs = client.search_runs([experiment.experiment_id], query)
    return any(run.info.status in {"FINISHED", "RUNNING"} for run in runs)


def _locks(client: MlflowClient, names: Sequence[str]) -> Iterator[Finding]:
    """Locks whose holder was killed: free, but they still name it."""
    for name in names or registry.list_model_names(client):
        holder = lock.read_holder(name)
        if holder is not None and not lock.is_held(name):
            found = f"its holder, {holder}, was killed; the lock is free"
            yield Finding(
                str(lock.lock_path(name)), "note", found, "", "", partial(_take_over, name)
            )


def _take_over(name: str) -> None:
    with lock.model_lock(name):
        pass  # giving it back empties the file


def _draft(path: Path, found: str, remove: Callable[[], None]) -> Finding:
    if _is_young(path):
        action = f"wait {YOUNG / 60:.0f} minutes, in case its process runs elsewhere"
        return Finding(str(path), "note", found, "", action)
    action = "python -m pipeline.doctor --fix removes it"
    return Finding(str(path), "note", found, "", action, remove)


def _is_young(path: Path) -> bool:
    """Whether something in it was written a moment ago."""
    newest = max(entry.lstat().st_mtime for entry in (path, *path.rglob("*")))
    return abs(time.time() - newest) < YOUNG  # a clock that was moved back counts as old


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _is_ours(path: Path) -> bool:
    return path.is_dir() and {entry.name for entry in path.iterdir()} <= _TREE
