"""Rollback under readers: whoever scores `models:/X@champion` meanwhile sees only whole models."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from pipeline.registry import register
from pipeline.registry.promotion import promote_version, roll_back
from pipeline.runtime.scorer import Scorer
from pipeline.track import mlflow_run, store
from tests import tracked, versions

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "models:/small@champion"
MOVES = 50


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


def another(data: bytes) -> bytes:
    """The same graph with other answers: a member counts 20 instead of 10."""
    model = onnx.load_model_from_string(data)
    ten = next(tensor for tensor in model.graph.initializer if tensor.name == "ten")
    ten.CopyFrom(numpy_helper.from_array(np.asarray(np.float64(20)), "ten"))
    return bytes(model.SerializeToString())


def registered(change: Callable[[bytes], bytes]) -> bytes:
    """One more champion of `small`, and the bytes of its graph."""
    with mlflow_run.open_run("small", "train") as run:
        evidence = tracked.evidence(Path("out"), count=1)
        data = change(evidence.model.data)
        Path("out/onnx/model.onnx").write_bytes(data)
        manifest = evidence.model.manifest
        model = tracked.Model(data, manifest)
        logged = tracked.log(run, replace(evidence, model=model))  # type: ignore[arg-type]
        claim = register.Claim("a test", anyway=True)
        register.register_version(logged, manifest, evidence.parity, "# A card", claim=claim)
    return data


def scored(data: bytes) -> tuple[float, ...]:
    frame = tracked.frame()
    columns = {name: frame[name] for name in frame}
    return tuple(np.ravel(Scorer(data).predict(columns)["prediction_label"]))


def by_pyfunc(client: MlflowClient, folder: Path) -> tuple[float, ...]:
    predicted: Any = mlflow.pyfunc.load_model(CHAMPION).predict(tracked.frame())
    return tuple(predicted["prediction_label"])


def by_graph(client: MlflowClient, folder: Path) -> tuple[float, ...]:
    """As a job does that has onnxruntime only: the bytes of the version's file."""
    place = mlflow.artifacts.download_artifacts(CHAMPION, dst_path=str(folder))
    return scored(Path(place, "model.onnx").read_bytes())


@dataclass
class Readers:
    """What was read while the aliases moved, by kind of reader."""

    answers: dict[str, list[tuple[float, ...]]] = field(default_factory=dict)


@contextmanager
def reading(client: MlflowClient, folder: Path) -> Iterator[Readers]:
    """Score in two threads until the block ends; what fails there fails here."""
    readers, done = Readers(), threading.Event()

    def read(score: Callable[[MlflowClient, Path], tuple[float, ...]]) -> None:
        answers = readers.answers.setdefault(score.__name__, [])
        while not done.is_set():
            answers.append(score(client, folder / f"{score.__name__}-{len(answers)}"))

    with ThreadPoolExecutor(2) as pool:
        try:
            running = [pool.submit(read, score) for score in (by_pyfunc, by_graph)]
            yield readers
        finally:
            done.set()
        for thread in running:
            thread.result()


@pytest.mark.long
def test_readers_see_whole_models_while_promotion_and_rollback_alternate(
    client: MlflowClient, tmp_path: Path
) -> None:
    graphs = [registered(lambda data: data), registered(another)]
    valid = {scored(data) for data in graphs}
    assert len(valid) == 2
    with reading(client, tmp_path) as readers:
        for _ in range(MOVES // 2):
            roll_back(store.connect(), "small", "wrong")
            promote_version(store.connect(), "small", "2", "right after all")
            assert versions.all_sound(client, "small")
    for answers in readers.answers.values():
        assert answers
        assert set(answers) <= valid
    assert set().union(*readers.answers.values()) == valid


def test_a_rollback_takes_effect_at_once(client: MlflowClient, tmp_path: Path) -> None:
    graphs = [registered(lambda data: data), registered(another)]
    assert by_pyfunc(client, tmp_path) == scored(graphs[1])
    roll_back(client, "small", "wrong")
    assert by_pyfunc(client, tmp_path) == scored(graphs[0])
    assert by_graph(client, tmp_path / "a") == scored(graphs[0])
