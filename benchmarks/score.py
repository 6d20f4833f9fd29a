"""How fast the graph scores, against PyCaret on the same rows in the same run.

`python benchmarks/score.py --dataset insurance` trains gbr, lr and lightgbm, checks that the graph
predicts what PyCaret predicts, and then times `predict_model`, `pipeline.predict` and the graph on
1, 100 and 10,000 rows, the building of its feeds included, one thread each, in one process; and
each alone from the start of a fresh process to its first prediction.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the file is run from anywhere

from pipeline.cli import app as cli
from pipeline.errors import ParityError

if TYPE_CHECKING:
    import pandas as pd

ROWS = (1, 100, 10_000)
ROUNDS = 15
SECONDS = 0.1
"""In each round every way has its turn: one call, or as many as fit into so many seconds."""

_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
PLAIN, FRAME = "ONNX graph, plain values", "ONNX graph, data frame"
PREDICT_MODEL, PREDICT = "predict_model", "pipeline.predict"

_COLD = {
    PREDICT_MODEL: """
import joblib
from pycaret.{task} import predict_model
rows = joblib.load("{folder}/rows.pkl").head(1)
predict_model(joblib.load("{folder}/pipeline.pkl"), data=rows, verbose=False)
""",
    PREDICT: """
import joblib
rows = joblib.load("{folder}/rows.pkl").head(1)
joblib.load("{folder}/pipeline.pkl").predict(rows)
""",
    PLAIN: """
import json
from pipeline.scorer import Scorer
with open("{folder}/row.json") as file:
    row = json.load(file)
Scorer("{folder}/model.onnx").predict_one(row)
""",
}

app = cli.create_application()


@dataclass(frozen=True)
class Timing:
    """One way of scoring so many rows; rows is 0 for the start of a fresh process.

    Attributes:
        least: fastest call, in milliseconds.
        median: median call, in milliseconds.
        calls: how many calls were timed.
    """

    model: str
    way: str
    rows: int
    least: float
    median: float
    calls: int


def train(dataset_name: str, model_id: str, folder: Path) -> str:
    """Train one model; leave pipeline.pkl, model.onnx, rows.pkl and row.json in the folder."""
    import joblib

    from pipeline.automl.experiment import run_experiment
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import find_dataset, load_dataset
    from pipeline.export.model import export_model

    config = TrainConfig(dataset=dataset_name, include=(model_id,))
    dataset = load_dataset(find_dataset(config), config)
    trained = run_experiment(dataset, config)
    folder.mkdir()
    joblib.dump(trained.pipeline, folder / "pipeline.pkl")
    (folder / "model.onnx").write_bytes(export_model(trained, dataset).data)
    rows = dataset.frame[list(dataset.features)].sample(max(ROWS), replace=True, random_state=1)
    joblib.dump(rows.reset_index(drop=True), folder / "rows.pkl")
    rows.head(1).to_json(folder / "row.json", orient="records", lines=True, date_format="iso")
    return trained.task.name


def ways(folder: Path, task: str) -> Mapping[str, Callable[[pd.DataFrame, Any], Any]]:
    """Each way of scoring: a function of a frame and of the same rows as plain values."""
    import joblib
    import pycaret.classification
    import pycaret.regression

    from pipeline.runtime.scorer import Scorer

    pipeline, scorer = joblib.load(folder / "pipeline.pkl"), Scorer(folder / "model.onnx")
    pycaret_task = getattr(pycaret, task)

    def predict_model(frame: pd.DataFrame, _: Any) -> Any:
        return pycaret_task.predict_model(pipeline, data=frame, verbose=False, round=17)

    return {
        PREDICT_MODEL: predict_model,
        PREDICT: lambda frame, _: pipeline.predict(frame),
        FRAME: lambda frame, _: scorer.predict({name: frame[name] for name in frame}),
        PLAIN: lambda _, values: scorer.predict(values),
    }


def check(predictions: Mapping[str, Any], task: str, folder: Path) -> None:
    """Refuse to time predictions that differ from predict_model's.

    Raises:
        ParityError: the graph or `pipeline.predict` predicts something else.
    """
    import numpy as np

    expected = predictions[PREDICT_MODEL]["prediction_label"].to_numpy()
    for way in (PREDICT, FRAME, PLAIN):
        got = predictions[way] if way == PREDICT else predictions[way]["prediction_label"]
        if task == "classification":
            off = float(np.mean(np.asarray(got, dtype=object) != expected))
        else:
            off = float(np.max(np.abs(np.asarray(got) - expected) / np.abs(expected)))
        # pipeline.predict leaves out predict_model's rounding of the inputs to float32
        bound = 1e-3 if way == PREDICT else 1e-9
        if off > bound:
            raise ParityError(f"{folder.name}: {way} is off by {off:.1e}, expected {bound:.0e}")


def measure(folder: Path, task: str) -> list[Timing]:
    """Time every way on every number of rows in this process."""
    import joblib

    scoring = ways(folder, task)
    table = joblib.load(folder / "rows.pkl")
    check({way: call(table, _plain(table)) for way, call in scoring.items()}, task, folder)
    timings = []
    for rows in ROWS:
        frame = table.head(rows)
        calls = {way: partial(call, frame, _plain(frame)) for way, call in scoring.items()}
        for way, seconds in _timed(calls).items():
            timings.append(_timing(folder.name, way, rows, seconds))
    return timings


def _plain(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {str(name): frame[name].tolist() for name in frame}


def _timed(calls: Mapping[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """Seconds of every call; the ways take turns, so that other load meets them all alike."""
    seconds: dict[str, list[float]] = {way: [] for way in calls}
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for way, call in calls.items():
            end = time.perf_counter() + SECONDS
            while (start := time.perf_counter()) < end:
                call()
                seconds[way].append(time.perf_counter() - start)
    return seconds


def _timing(model: str, way: str, rows: int, seconds: list[float]) -> Timing:
    least, median = min(seconds) * 1e3, statistics.median(seconds) * 1e3
    return Timing(model, way, rows, least, median, len(seconds))


def cold(folder: Path, task: str, repeat: int) -> list[Timing]:
    """Time fresh processes from their start to their end, which is their first prediction."""
    seconds: dict[str, list[float]] = {way: [] for way in _COLD}
    for _ in range(repeat):
        for way, template in _COLD.items():
            start = time.perf_counter()
            _python("-c", template.format(task=task, folder=folder))
            seconds[way].append(time.perf_counter() - start)
    return [_timing(folder.name, way, 0, seconds[way]) for way in _COLD]


def _python(*arguments: str) -> str:
    """Run Python in the project's root with one thread, and return what it says."""
    root = Path(__file__).resolve().parents[1]
    environment = {
        **os.environ,
        **dict.fromkeys(_LIMITS, "1"),
        "ORT_DISABLE_TELEMETRY": "1",
        "PYCARET_CUSTOM_LOGGING_PATH": os.devnull,
        "PYTHONPATH": str(root),
        "PYTHONWARNINGS": "ignore",
    }
    return subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def table(timings: list[Timing]) -> list[list[object]]:
    """A row per model, number of rows and way, with how many times faster the graph is."""
    fastest: dict[tuple[str, int], dict[str, Timing]] = {}
    for timing in timings:
        fastest.setdefault((timing.model, timing.rows), {})[timing.way] = timing
    lines: list[list[object]] = []
    for (model, rows), by_way in fastest.items():
        ours = by_way[PLAIN]
        for way, timing in by_way.items():
            ratio, median_ratio = timing.least / ours.least, timing.median / ours.median
            start = str(rows) if rows else "cold start"
            ratios = [f"{ratio:.2f}", f"{median_ratio:.2f}"]
            lines.append([model, start, way, timing.least, timing.median, *ratios])
    return lines


@app.command()
def main(  # noqa: PLR0913, PLR0917 - the flags
    dataset: Annotated[str, typer.Option(help="Name of a dataset in datasets/.")] = "insurance",
    models: Annotated[str, typer.Option(help="Model ids.")] = "gbr,lr,lightgbm",
    repeat: Annotated[int, typer.Option(min=1, help="Fresh processes per cold start.")] = 5,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the timings there.")
    ] = None,
    measured: Annotated[Path | None, typer.Option(hidden=True)] = None,
    task: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Time predict_model, pipeline.predict and the ONNX graph on the same rows."""
    with cli.session(cli.LogFormat.text) as progress:
        if measured is not None:
            cli.say(json.dumps([asdict(timing) for timing in measure(measured, task)]))
            return
        timings: list[Timing] = []
        with tempfile.TemporaryDirectory() as parent:
            for model in models.split(","):
                folder = Path(parent, model)
                progress.stage("train", model)
                task = train(dataset, model, folder)
                progress.stage("time", model)
                said = _python(__file__, "--measured", str(folder), "--task", task)
                timings += [Timing(**record) for record in json.loads(said.splitlines()[-1])]
                timings += cold(folder, task, repeat)
        columns = ["model", "rows", "way", "min ms", "median ms", "x min", "x median"]
        cli.say_table(
            f"{dataset}: times against the graph fed with plain values", columns, table(timings)
        )
        if json_file is not None:
            json_file.write_text(json.dumps([asdict(t) for t in timings], indent=2) + "\n")


if __name__ == "__main__":
    app()
