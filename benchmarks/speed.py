"""Every estimator as a graph against the same estimator in PyCaret, from one row to 100,000.

`python benchmarks/speed.py` trains each model id on each table, proves its graph as a training run
would, and only then times it beside `pipeline.predict` on the same rows: one thread, one process,
the ways in turn. The graph is timed alone, its feeds built before, and through `Scorer`, which
builds and checks them. One row is also timed through the floor: a graph that only reads the same
inputs and adds them up. docs/figures/speed.json keeps the figures of what was not asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the file is run from anywhere

from pipeline.config.train_config import TrainConfig, read_spec
from pipeline.errors import ParityError
from pipeline.tasks import TASKS

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.automl.experiment import SearchResult
    from pipeline.data.dataset import Dataset
    from pipeline.export.model import OnnxModel
    from pipeline.manifest.columns import Input
    from pipeline.runtime.scorer import Scorer

FIGURES = ROOT / "docs" / "figures" / "speed.json"
TABLES = ("insurance", "juice", "penguins")
ROWS = (1, 100, 10_000, 100_000)
ROUNDS = {1: 12, 100: 12, 10_000: 6, 100_000: 2}
SECONDS = 0.03
"""In each round every way has its turn: one call, or as many as fit into so many seconds."""
GRAPH, SCORER, PREDICT, FLOOR = "graph", "scorer", "predict", "floor"

_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")

Timing = Mapping[str, float]
"""least and median: wall clock of a call; cpu: processor time of a call in the best round; s."""


def measure(dataset: Dataset, model: str) -> dict[str, Any]:
    """Train, prove and time one model id.

    Raises:
        ParityError: the graph does not predict what predict_model predicts.
    """
    from pipeline.automl.experiment import run_experiment
    from pipeline.export.model import export_model
    from pipeline.parity.verify import verify

    trained = run_experiment(dataset, TrainConfig(include=(model,), fold=2))
    exported = export_model(trained, dataset)
    parity = verify(exported, trained, dataset)
    if not parity.passed:
        raise ParityError(f"{dataset.spec.name} {model}: {parity.text}")
    return {
        "table": dataset.spec.name,
        "model": model,
        **sizes(trained, exported),
        "timings": {str(n): timings for n, timings in timed(trained, exported, dataset)},
    }


def sizes(trained: SearchResult, exported: OnnxModel) -> dict[str, int]:
    """Nodes, and bytes of the graph and of the pickle that `save_model` would write."""
    import io

    import joblib

    buffer = io.BytesIO()
    joblib.dump(trained.pipeline, buffer)
    return {
        "nodes": len(exported.conversion.model.graph.node),
        "onnx_bytes": len(exported.data),
        "pickle_bytes": buffer.tell(),
    }


def timed(
    trained: SearchResult, exported: OnnxModel, dataset: Dataset
) -> Iterator[tuple[int, dict[str, Timing]]]:
    """(number of rows, timing of every way)."""
    from pipeline.runtime.scorer import Scorer

    scorer = Scorer(exported.data)
    table = dataset.frame[list(dataset.features)].sample(max(ROWS), replace=True, random_state=1)
    for rows in ROWS:
        frame = table.head(rows).reset_index(drop=True)
        yield rows, in_turn(ways(scorer, trained.pipeline, frame), ROUNDS[rows])


def ways(scorer: Scorer, pipeline: Any, frame: pd.DataFrame) -> dict[str, Callable[[], Any]]:
    """Each way of predicting the frame's rows."""
    from pipeline.runtime.feeds import make_feed

    inputs = scorer.manifest.inputs
    arrays = {i.name: frame[i.name].to_numpy() for i in inputs}
    feeds = {i.name: make_feed(i, arrays[i.name]) for i in inputs}
    calls = {
        GRAPH: partial(scorer._session.run, None, feeds),
        SCORER: partial(scorer.predict, arrays),
        PREDICT: partial(pipeline.predict, frame),
    }
    return calls | {FLOOR: partial(floor(inputs).run, None, feeds)} if len(frame) == 1 else calls


def floor(inputs: Sequence[Input]) -> Any:
    """A session that reads the inputs and adds them up: a node for each, and two more.

    each (N, 1) ─LabelEncoder or Cast─► (N, 1) float ─Concat─► (N, W) ─ReduceSum─► (N, 1).
    """
    import onnxruntime

    from pipeline.convert.graph.graph import Graph
    from pipeline.convert.graph.tensor import FLOAT
    from pipeline.convert.symbolic.raw_inputs import DTYPES

    graph = Graph()
    read = [graph.input(column.name, DTYPES[column.kind]) for column in inputs]
    words = {"keys_strings": ["yes"], "values_floats": [1.0]}
    cells = [
        graph.op("LabelEncoder", x, dtype=FLOAT, domain="ai.onnx.ml", **words)
        if x.dtype == object
        else x.cast(FLOAT)
        for x in read
    ]
    model = graph.model({"total": (graph.concat(cells).sum(), ["N", 1])})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    data = model.SerializeToString()
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def in_turn(calls: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Timing]:
    """Time every call; the ways take turns, so that other load meets them all alike."""
    wall: dict[str, list[float]] = {way: [] for way in calls}
    cpu: dict[str, list[float]] = {way: [] for way in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for way, call in calls.items():
            before, spent = len(wall[way]), time.process_time()
            end = time.perf_counter() + SECONDS
            while (start := time.perf_counter()) < end:
                call()
                wall[way].append(time.perf_counter() - start)
            cpu[way].append((time.process_time() - spent) / (len(wall[way]) - before))
    return {
        way: {"least": min(wall[way]), "median": statistics.median(wall[way]), "cpu": min(cpu[way])}
        for way in calls
    }


def line(case: Mapping[str, Any]) -> str:
    """One case for people: µs of the graph, and how many times longer pipeline.predict takes."""
    parts = [f"{case['table']} {case['model']}:"]
    for rows, ways_timed in case["timings"].items():
        graph, predict = ways_timed[GRAPH], ways_timed[PREDICT]
        parts.append(
            f"{int(rows):,} {graph['least'] * 1e6:,.0f} µs x{predict['least'] / graph['least']:.2f}"
            f" (Scorer x{predict['least'] / ways_timed[SCORER]['least']:.2f});"
        )
    parts.append(f"floor {case['timings']['1'][FLOOR]['least'] * 1e6:.0f} µs;")
    parts.append(f"{case['nodes']} nodes, {case['onnx_bytes']:,} / {case['pickle_bytes']:,} bytes")
    return " ".join(parts)


def in_process(table: str, models: list[str]) -> None:
    """Measure models on one table here; one JSON line each on stdout."""
    from pipeline.data.dataset import load_dataset

    if hasattr(os, "sched_setaffinity"):  # some libraries start as many threads as they see cores
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    dataset = load_dataset(read_spec(ROOT / "datasets" / f"{table}.toml"))
    for model in models:
        print(json.dumps(measure(dataset, model)), flush=True)


def measured(table: str, models: list[str]) -> Iterator[dict[str, Any]]:
    """Cases of one table, from a process of its own with one thread."""
    environment = {
        **os.environ,
        **dict.fromkeys(_LIMITS, "1"),
        "ORT_DISABLE_TELEMETRY": "1",
        "PYCARET_CUSTOM_LOGGING_PATH": os.devnull,
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, __file__, "--here", "--table", table]
    command += [word for model in models for word in ("--model", model)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for text in process.stdout:
            if text.startswith("{"):
                yield json.loads(text)
    if process.returncode:
        raise ParityError(f"{table}: the measuring process ended with {process.returncode}")


def main() -> int:
    """Measure the asked cases, print each, and write their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="append", choices=TABLES)
    parser.add_argument("--model", action="append")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        in_process(options.table[0], options.model)
        return 0
    recorded = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else []
    cases = {(case["table"], case["model"]): case for case in recorded}
    for table in options.table or TABLES:
        known = TASKS[read_spec(ROOT / "datasets" / f"{table}.toml").task].models
        models = [model for model in known if model in (options.model or known)]
        for case in measured(table, models) if models else ():
            cases[table, case["model"]] = case
            print(line(case), flush=True)
    FIGURES.write_text(json.dumps(list(cases.values()), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
