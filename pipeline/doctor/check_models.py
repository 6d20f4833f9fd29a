"""Checks that every model with an alias is as it was logged, and predicts what it did.

The graph is loaded, and nothing else: the code in a model's folder is compared and never run.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.doctor import golden_answers
from pipeline.doctor.finding import Finding, describe_error
from pipeline.doctor.golden_tensors import inspect_tensor_graph, is_tensor_graph
from pipeline.errors import PipelineError
from pipeline.registry import client as registry
from pipeline.registry import download
from pipeline.registry.client import CHAMPION, VersionEntry
from pipeline.runtime import integrity
from pipeline.runtime.integrity import CHECKSUMS_SHA256, ONNX_SHA256
from pipeline.system import atomic_file

if TYPE_CHECKING:
    from mlflow import MlflowClient


GRAPH = Path("onnx", "model.onnx")
_LOGGED, _RAW = "the logged model", f"the run's {GRAPH}"


@dataclass(frozen=True)
class GraphCopy:
    """One of the two places where MLflow keeps a version's graph.

    Attributes:
        place: in words.
        folder: where it was fetched to; empty where that failed.
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
    client = download.connect_existing()
    known = registry.list_model_names(client)
    entries = [
        entry
        for name in names or known
        if name in known
        for entry in registry.list_model_versions(client, name)
        if entry.aliases
    ]
    for entry in entries:
        with tempfile.TemporaryDirectory() as folder:
            found = [*_of_version(client, entry, Path(folder))]
            yield from found
        if not found:
            yield Finding(_subject(entry), "ok", "is what was logged and proven, golden rows fit")
    if not entries:
        yield Finding("store", "ok", "no alias names a version")


def _of_version(client: MlflowClient, entry: VersionEntry, folder: Path) -> Iterator[Finding]:
    logged, raw = _fetch_logged(entry, folder / "logged"), _raw(client, entry, folder / "raw")
    damaged = [
        *_inspect_copies(client, entry, (logged, raw)),
        *_inspect_files(client, entry, logged, raw),
    ]
    yield from damaged
    if not any(finding.status == "problem" for finding in damaged):
        yield from _inspect_graph(entry, logged, raw)


def _fetch_logged(entry: VersionEntry, folder: Path) -> GraphCopy:
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
        return GraphCopy(_LOGGED, place, file)
    except Exception as err:  # noqa: BLE001  artifact stores raise what their libraries raise
        return GraphCopy(_LOGGED, folder, folder, describe_error(err))


def _raw(client: MlflowClient, entry: VersionEntry, folder: Path) -> GraphCopy:
    """The file that people download from the run's page, with those beside it."""
    folder.mkdir()
    try:
        place = Path(client.download_artifacts(entry.run_id, str(GRAPH.parent), str(folder)))
        (file := place / GRAPH.name).read_bytes()
        return GraphCopy(_RAW, place, file)
    except Exception as err:  # noqa: BLE001  artifact stores raise what their libraries raise
        return GraphCopy(_RAW, folder, folder, describe_error(err))


def _inspect_copies(
    client: MlflowClient, entry: VersionEntry, copies: tuple[GraphCopy, GraphCopy]
) -> Iterator[Finding]:
    """Copies that are not what was proven; one that is can replace the other."""
    expected = entry.tags.get(ONNX_SHA256) or _tags(client, entry).get(ONNX_SHA256, "")
    whole = {copy.place for copy in copies if expected and copy.sha256 == expected}
    if not expected and copies[0].sha256 == copies[1].sha256 != "":
        return  # an older version: nobody noted the hash, but both copies agree
    for copy in copies:
        if copy.place in whole:
            continue
        found = copy.wrong or f"sha256 {copy.sha256[:12]}…"
        yield Finding(
            _subject(entry),
            "problem",
            f"{copy.place}: {found}",
            f"sha256 {expected[:12]}…" if expected else "two copies that agree",
            _way_out(entry, bool(whole)),
            partial(_restore, client, entry, copy.place) if whole else None,
        )


def _inspect_files(
    client: MlflowClient, entry: VersionEntry, logged: GraphCopy, raw: GraphCopy
) -> Iterator[Finding]:
    """Files beside the graphs that are not as they were logged, and what nobody can say so of."""
    held = [(logged, entry.tags)] * (not logged.wrong)
    if not raw.wrong:
        held.append((raw, _tags(client, entry)))
    for copy, tags in held:
        for fault in integrity.find_faults(copy.folder, tags, later=[GRAPH.name]):
            if fault.file == GRAPH.name:  # `_inspect_copies` has looked at it
                continue
            found, expected = f"{copy.place}: {fault.file}: {fault.found}", fault.expected
            yield Finding(_subject(entry), "problem", found, expected, _way_out(entry))
        if not (copy.folder / integrity.FILE).exists() and CHECKSUMS_SHA256 not in tags:
            text = f"{copy.place} has no {integrity.FILE}: only the graph can be checked"
            yield Finding(_subject(entry), "note", text, "", "train again to have one")
    if not logged.wrong and any(logged.folder.rglob("__pycache__")):
        text = f"{_LOGGED} has a __pycache__ in its code, which Python would run without reading "
        text += "the sources"
        yield Finding(_subject(entry), "note", text, "", "delete that folder")


def _tags(client: MlflowClient, entry: VersionEntry) -> Mapping[str, str]:
    """What the run says of its files."""
    tags: Mapping[str, str] = client.get_run(entry.run_id).data.tags if entry.run_id else {}
    return tags


def _way_out(entry: VersionEntry, restorable: bool = False) -> str:
    """What to do about a version that is not what it should be."""
    back = f"python -m pipeline.models rollback {entry.name} --reason TEXT"
    if restorable:
        first = "python -m pipeline.doctor --fix puts the other copy in its place, which is whole"
        return f"{first}; or {back}" if CHAMPION in entry.aliases else first
    return back if CHAMPION in entry.aliases else "do not promote it; train again"


def _restore(client: MlflowClient, entry: VersionEntry, place: str) -> None:
    """Put the whole copy where the damaged one is; `_inspect_copies` has compared its hash."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if place == _RAW:
            source = _fetch_logged(entry, folder / "logged").file
            target = folder / GRAPH.name
            if source != target:
                with atomic_file.replace_atomically(target) as file:
                    file.write(source.read_bytes())
            client.log_artifact(entry.run_id, str(target), str(GRAPH.parent))
        else:
            source = _raw(client, entry, folder / "raw").file
            uri = client.get_model_version(entry.name, entry.version).source or ""
            client.log_model_artifact(uri.removeprefix("models:/"), str(source))


def _inspect_graph(entry: VersionEntry, logged: GraphCopy, raw: GraphCopy) -> Iterator[Finding]:
    """The graph as its readers use it, with this onnxruntime."""
    from pipeline.runtime.scorer import Scorer

    subject, action = _subject(entry), _way_out(entry)
    if is_tensor_graph(raw.folder):
        yield from inspect_tensor_graph(subject, logged.file, raw.folder / "golden.json")
        return
    try:
        scorer = Scorer(logged.file)
    except PipelineError as err:
        yield Finding(subject, "problem", err.message, "a model that loads", err.hint)
        return
    except Exception as err:  # noqa: BLE001  a manifest that nobody has written
        yield Finding(subject, "problem", describe_error(err), "a model that loads", action)
        return
    yield from golden_answers.inspect_packages(subject, scorer.manifest)
    golden = raw.folder / "golden.json"
    if golden.is_file():
        yield from golden_answers.compare_golden_rows(subject, scorer, golden)
    else:
        yield Finding(subject, "note", "no golden rows to compare: no such file")


def _subject(entry: VersionEntry) -> str:
    return f"{entry.name} {entry.version} ({', '.join(entry.aliases)})"
