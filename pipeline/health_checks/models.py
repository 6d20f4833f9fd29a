"""Check, models: what the aliases name loads, is what was proven, and predicts what it did."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import PipelineError
from pipeline.health_checks import answers
from pipeline.health_checks.finding import Finding, reason
from pipeline.tracking import fetch, registry
from pipeline.tracking.evidence import ONNX_SHA256
from pipeline.tracking.registry import CHAMPION, Entry

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = "models"

GRAPH = Path("onnx", "model.onnx")
_LOGGED, _RAW = "the logged model", f"the run's {GRAPH}"


@dataclass(frozen=True)
class Copy:
    """One of the two places where MLflow keeps a version's graph.

    Attributes:
        place: in words.
        folder: where it was fetched to; empty where that failed.
        file: the graph itself.
        wrong: why it cannot be read; empty if it can.
    """

    place: str
    folder: Path
    file: Path
    wrong: str = ""

    @property
    def sha256(self) -> str:
        return "" if self.wrong else hashlib.sha256(self.file.read_bytes()).hexdigest()


def check(names: Sequence[str]) -> Iterator[Finding]:
    """Findings for every version that an alias names, or one ok for each."""
    client = fetch.connect()
    known = registry.names(client)
    entries = [
        entry
        for name in names or known
        if name in known
        for entry in registry.versions(client, name)
        if entry.aliases
    ]
    for entry in entries:
        with tempfile.TemporaryDirectory() as folder:
            found = [*_of_version(client, entry, Path(folder))]
            yield from found
        if not found:
            yield Finding(NAME, _subject(entry), "ok", "loads, is what was proven, golden rows fit")
    if not entries:
        yield Finding(NAME, "store", "ok", "no alias names a version")


def _of_version(client: MlflowClient, entry: Entry, folder: Path) -> Iterator[Finding]:
    logged, raw = _logged(entry, folder / "logged"), _raw(client, entry, folder / "raw")
    damaged = [*_damaged(client, entry, (logged, raw))]
    yield from damaged
    if not damaged:
        yield from _used(client, entry, logged, folder)


def _logged(entry: Entry, folder: Path) -> Copy:
    """The model that `models:/NAME/VERSION` gives its readers."""
    from mlflow.artifacts import download_artifacts
    from mlflow.models import Model

    try:
        place = Path(
            download_artifacts(f"models:/{entry.name}/{entry.version}", dst_path=str(folder))
        )
        flavor = Model.load(str(place)).flavors["python_function"]
        file = place / flavor["data"]
        file.read_bytes()
        return Copy(_LOGGED, place, file)
    except Exception as err:  # noqa: BLE001  artifact stores raise what their libraries raise
        return Copy(_LOGGED, folder, folder, reason(err))


def _raw(client: MlflowClient, entry: Entry, folder: Path) -> Copy:
    """The file that people download from the run's page."""
    folder.mkdir()
    try:
        file = Path(client.download_artifacts(entry.run_id, str(GRAPH), str(folder)))
        return Copy(_RAW, folder, file)
    except Exception as err:  # noqa: BLE001  artifact stores raise what their libraries raise
        return Copy(_RAW, folder, folder, reason(err))


def _damaged(client: MlflowClient, entry: Entry, copies: tuple[Copy, Copy]) -> Iterator[Finding]:
    """Copies that are not what was proven; one that is can replace the other."""
    expected = entry.tags.get(ONNX_SHA256) or _recorded(client, entry)
    whole = {copy.place for copy in copies if expected and copy.sha256 == expected}
    if not expected and copies[0].sha256 == copies[1].sha256 != "":
        return  # an older version: nobody noted the hash, but both copies agree
    for copy in copies:
        if copy.place in whole:
            continue
        found = copy.wrong or f"sha256 {copy.sha256[:12]}…"
        yield Finding(
            NAME,
            _subject(entry),
            "problem",
            f"{copy.place}: {found}",
            f"sha256 {expected[:12]}…" if expected else "two copies that agree",
            _way_out(entry, bool(whole)),
            partial(_restore, client, entry, copy.place) if whole else None,
        )


def _recorded(client: MlflowClient, entry: Entry) -> str:
    """What the run says of its graph."""
    if not entry.run_id:
        return ""
    return str(client.get_run(entry.run_id).data.tags.get(ONNX_SHA256, ""))


def _way_out(entry: Entry, restorable: bool = False) -> str:
    """What to do about a version that is not what it should be."""
    back = f"python -m pipeline.models rollback {entry.name} --reason TEXT"
    if restorable:
        first = "python -m pipeline.doctor --fix puts the other copy in its place, which is whole"
        return f"{first}; or {back}" if CHAMPION in entry.aliases else first
    return back if CHAMPION in entry.aliases else "do not promote it; train again"


def _restore(client: MlflowClient, entry: Entry, place: str) -> None:
    """Put the whole copy where the damaged one is; `_damaged` has compared its hash."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if place == _RAW:
            source = _logged(entry, folder / "logged").file
            target = folder / GRAPH.name
            if source != target:
                target.write_bytes(source.read_bytes())
            client.log_artifact(entry.run_id, str(target), str(GRAPH.parent))
        else:
            source = _raw(client, entry, folder / "raw").file
            uri = client.get_model_version(entry.name, entry.version).source or ""
            client.log_model_artifact(uri.removeprefix("models:/"), str(source))


def _used(client: MlflowClient, entry: Entry, logged: Copy, folder: Path) -> Iterator[Finding]:
    """The model as its readers use it: with this onnxruntime, and by MLflow."""
    from pipeline.scorer import Scorer

    subject, action = _subject(entry), _way_out(entry)
    try:
        scorer = Scorer(logged.file)
        _load(logged.folder)
    except PipelineError as err:
        yield Finding(NAME, subject, "problem", err.message, "a model that loads", err.hint)
        return
    except Exception as err:  # noqa: BLE001  MLflow runs the model's own code
        yield Finding(NAME, subject, "problem", reason(err), "a model that loads", action)
        return
    yield from answers.check(NAME, subject, scorer.manifest)
    try:
        golden = client.download_artifacts(entry.run_id, "onnx/golden.json", str(folder))
    except Exception as err:  # noqa: BLE001  artifact stores raise what their libraries raise
        yield Finding(NAME, subject, "note", f"no golden rows to compare: {reason(err)}")
        return
    yield from answers.compare(NAME, subject, scorer, Path(golden))


def _load(folder: Path) -> None:
    """As `mlflow.pyfunc.load_model` does for readers of `models:/`."""
    import logging

    import mlflow.pyfunc

    # MLflow warns of each version that differs from the training's; `versions` says it once.
    logging.getLogger("mlflow.utils.requirements_utils").setLevel(logging.ERROR)
    mlflow.pyfunc.load_model(str(folder))


def _subject(entry: Entry) -> str:
    return f"{entry.name} {entry.version} ({', '.join(entry.aliases)})"
