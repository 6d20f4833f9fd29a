"""How long a whole training takes, against PyCaret alone with the same seed in the same run.

`python benchmarks/train.py --dataset insurance` starts each way in a fresh process and an empty
folder, from the start of Python to its end: PyCaret as documented (`setup` and `compare_models`
with their defaults), PyCaret with `n_jobs=1` set by hand, our experiment stage alone (set-up,
search, holdout, final fit), and everything of ours (export, proof and tracking included). It
refuses to compare ways whose leaderboards differ.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the file is run from anywhere

from pipeline.cli import app as cli
from pipeline.data.dataset import DATASETS
from pipeline.errors import ParityError

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTED, ONE_THREAD = "PyCaret as documented", "PyCaret, n_jobs=1"
EXPERIMENT, WHOLE = "ours, experiment alone", "ours, everything"

_PYCARET = """
import json, time
import pandas as pd
from pycaret.{task} import compare_models, pull, setup
data = pd.read_csv({file!r}).drop(columns={ignore!r})
setup(data, target={target!r}, session_id={seed}{options})
start = time.perf_counter()
compare_models()
search = time.perf_counter() - start
board = json.loads(pull().to_json(orient="split", double_precision=15))
json.dump({{"search": search, "leaderboard": board}}, open("result.json", "w"))
"""

_EXPERIMENT = """
import json, time
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.automl.experiment import run_experiment
from pipeline.system.progress import Silent
class Clock(Silent):
    def models(self, names): self.start = time.perf_counter()
    def model_finished(self, *_): self.end = time.perf_counter()
config, clock = TrainConfig(dataset={name!r}, seed={seed}), Clock()
trained = run_experiment(load_dataset(find_dataset(config), config), config, clock)
board = json.loads(trained.leaderboard.to_json(orient="split", double_precision=15))
json.dump({{"search": clock.end - clock.start, "leaderboard": board}}, open("result.json", "w"))
"""

app = cli.create_application()


@dataclass(frozen=True)
class Timing:
    """One way of training, from the start of a fresh process to its end.

    Attributes:
        least: fastest process, in seconds.
        median: median process, in seconds.
        search: fastest comparison of all models alone, in seconds; None where it is not told.
        processes: how many processes were timed.
    """

    way: str
    least: float
    median: float
    search: float | None
    processes: int


@dataclass(frozen=True)
class Measured:
    """One process: how long it took, and the leaderboard it found without its clock."""

    seconds: float
    search: float | None
    leaderboard: Mapping[str, Any]


def commands(name: str, seed: int) -> dict[str, list[str]]:
    """The arguments of Python for each way."""
    from pipeline.config.train_config import read_spec

    spec = read_spec(DATASETS / f"{name}.toml")
    facts = {
        "task": spec.task,
        "file": str(spec.file.resolve()),
        "ignore": list(spec.ignore),
        "target": spec.target,
        "seed": seed,
        "name": name,
    }
    whole = ["-m", "pipeline.train", "--dataset", name, "--seed", str(seed), "--output", "out"]
    return {
        DOCUMENTED: ["-c", _PYCARET.format(options="", **facts)],
        ONE_THREAD: ["-c", _PYCARET.format(options=", n_jobs=1", **facts)],
        EXPERIMENT: ["-c", _EXPERIMENT.format(**facts)],
        WHOLE: whole,
    }


def measure(arguments: list[str]) -> Measured:
    """Run one process in an empty folder of its own, caches and tracking store included."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": folder}
        environment.pop("MLFLOW_TRACKING_URI", None)
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        seconds = time.perf_counter() - start
        return Measured(seconds, *_result(Path(folder)))


def _result(folder: Path) -> tuple[float | None, dict[str, Any]]:
    """Seconds of the search, and the leaderboard: id to the values that are no clock."""
    file = folder / "result.json"
    if file.exists():
        found = json.loads(file.read_text())
        search, board = found["search"], found["leaderboard"]
        ids, columns, rows = board["index"], board["columns"], board["data"]
    else:
        board = json.loads((folder / "out/tables/leaderboard.json").read_text())
        search, columns = None, board["columns"][1:]
        ids, rows = [row[0] for row in board["data"]], [row[1:] for row in board["data"]]
    clock = columns.index("TT (Sec)")
    # Right of the clock stands what only our leaderboard has: the models as graphs.
    values = {i: row[:clock] for i, row in zip(ids, rows, strict=True)}
    return search, {"order": ids, "values": values}


def check(found: Mapping[str, list[Measured]]) -> None:
    """Refuse to compare searches that found different things.

    Raises:
        ParityError: rows, order or values of a leaderboard differ from PyCaret's with n_jobs=1.
    """
    expected = next(iter(found.values()))[0].leaderboard
    for way, processes in found.items():
        if any(measured.leaderboard != expected for measured in processes):
            raise ParityError(f"{way}: the leaderboard differs from that of {next(iter(found))}")


def timing(way: str, processes: list[Measured]) -> Timing:
    """What several processes of one way come to."""
    seconds = [measured.seconds for measured in processes]
    searches = [measured.search for measured in processes if measured.search is not None]
    search = min(searches) if searches else None
    return Timing(way, min(seconds), statistics.median(seconds), search, len(processes))


def table(timings: list[Timing]) -> list[list[object]]:
    """A row per way, with how many times everything of ours takes its time."""
    whole = next((t for t in timings if t.way == WHOLE), None)
    lines: list[list[object]] = []
    for t in timings:
        ratio = f"{whole.least / t.least:.2f}" if whole else "-"
        search = f"{t.search:.1f}" if t.search is not None else "-"
        lines.append([t.way, f"{t.least:.1f}", f"{t.median:.1f}", search, ratio])
    return lines


@app.command()
def main(
    dataset: Annotated[str, typer.Option(help="Name of a dataset in datasets/.")] = "insurance",
    seed: Annotated[int, typer.Option(min=0, help="Random seed of every way.")] = 1,
    repeat: Annotated[int, typer.Option(min=1, help="Processes per way.")] = 1,
    skip: Annotated[list[str] | None, typer.Option(help="Leave a way out by its name.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the timings there.")
    ] = None,
) -> None:
    """Time whole trainings, ours and PyCaret's, and compare their leaderboards."""
    with cli.session(cli.LogFormat.text) as progress:
        ways = {w: a for w, a in commands(dataset, seed).items() if w not in (skip or ())}
        found: dict[str, list[Measured]] = {way: [] for way in ways}
        for number in range(repeat):  # the ways take turns, so that other load meets them all alike
            for way, arguments in ways.items():
                progress.stage("time", f"{way}, {number + 1} of {repeat}")
                found[way].append(measure(arguments))
        check(found)
        timings = [timing(way, processes) for way, processes in found.items()]
        columns = ["way", "min s", "median s", "search s", f"x {WHOLE}"]
        cli.say_table(f"{dataset}: whole processes, equal leaderboards", columns, table(timings))
        if json_file is not None:
            json_file.write_text(json.dumps([asdict(t) for t in timings], indent=2) + "\n")


if __name__ == "__main__":
    app()
