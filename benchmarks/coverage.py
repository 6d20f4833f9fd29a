"""What converts, proved: `python benchmarks/coverage.py` measures all and writes docs/coverage.md.

Each case is trained as `python -m pipeline.train` trains it, with its configuration, and proved the
same way. `--match WORD` measures the cases whose name contains it; the page keeps the figures of
the others.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PYCARET_CUSTOM_LOGGING_PATH", os.devnull)

from benchmarks.cases import Case, cases
from benchmarks.figures import FIGURES, Figures, recorded, write
from benchmarks.tables import table

if TYPE_CHECKING:
    from pipeline.data.dataset import Dataset

ROWS = 10_000
ROUNDS = 3

app = typer.Typer(add_completion=False)


def measure(case: Case, timed: bool = True) -> Figures:
    """Train, convert, verify and time one case; what stops it is its figure too."""
    return measure_on(table(case.table, case.config.get("ignore", ())), case, timed)


def measure_on(dataset: Dataset, case: Case, timed: bool) -> Figures:
    """The figures of a case on a table of its own."""
    from pipeline.automl.experiment import run_experiment
    from pipeline.config.train_config import TrainConfig
    from pipeline.convert.lowering import refuse_steps
    from pipeline.convert.support.caveat import UnconvertibleError
    from pipeline.errors import ConversionError, PipelineError
    from pipeline.plan.plan import plan_conversion

    names = (case.section, case.table, case.title)
    config = TrainConfig(**{"fold": 2, **case.config}).for_task(dataset.spec.task)
    try:
        plan_conversion(config, dataset.spec).refuse()
        trained = run_experiment(dataset, config, check=partial(refuse_steps, frame=dataset.frame))
    except ConversionError as err:
        return Figures(*names, "refused", f"{err.message}; {err.hint}")
    except PipelineError as err:
        return Figures(*names, "untrained", err.message)
    except Exception as err:  # noqa: BLE001  PyCaret's, but it should have been wrapped
        return Figures(*names, "FAIL", f"in training, {type(err).__name__}: {err}")
    try:
        return _proved(case, trained, dataset, timed)
    except PipelineError as err:
        listed = isinstance(err, UnconvertibleError)
        return Figures(*names, "refused late" if listed else "FAIL", f"{err.message}; {err.hint}")
    except Exception as err:  # noqa: BLE001  whatever it is, it is a finding
        return Figures(*names, "FAIL", f"{type(err).__name__}: {err}")


def _proved(case: Case, trained: Any, dataset: Dataset, timed: bool) -> Figures:
    from pipeline.export.model import export_model
    from pipeline.parity.verify import verify

    model = export_model(trained, dataset)
    parity = verify(model, trained, dataset)
    figures, raw = parity.summary, dataset.frame[list(dataset.features)]
    return Figures(
        *(case.section, case.table, case.title),
        verdict="pass" if parity.passed else "FAIL",
        text=parity.text,
        seen=float(figures["max_error_table"]),
        hostile=float(figures["max_error_hostile"]),
        flips=int(figures["flips"]),
        nodes=len(model.conversion.model.graph.node),
        onnx_bytes=len(model.data),
        pickle_bytes=_pickle_bytes(trained.pipeline),
        speed=_speed(trained.pipeline, model.data, raw) if timed else 0.0,
        rows={word: int(figures[key]) for word, key in SECOND_LOOKS.items() if figures[key]},
        worst=[row for row in parity.worst if row["failed"]][:3],
    )


SECOND_LOOKS: Mapping[str, str] = {
    "single": "single_precision",
    "ties": "ties",
    "batch": "batch_dependent",
    "noise": "rounding_noise",
    "rounded": "rounded_by_pycaret",
    "refused": "refused_by_pycaret",
}


def _speed(pipeline: Any, model: bytes, frame: Any) -> float:
    """Times are taken in turns, so that another program's load meets both; NaN if one fails."""
    from pipeline.runtime.scorer import Scorer

    rows = frame.sample(ROWS, replace=True, random_state=1).reset_index(drop=True)
    scorer = Scorer(model)
    values = {str(name): rows[name].to_numpy() for name in rows}
    ways: tuple[Callable[[], Any], ...] = (
        lambda: pipeline.predict(rows),
        lambda: scorer.predict(values),
    )
    try:
        times = [[_seconds(way) for way in ways] for _ in range(ROUNDS)]
    except Exception:  # noqa: BLE001  without predict_model, LightGBM meets other dtypes
        return float("nan")
    theirs, ours = (min(column) for column in zip(*times, strict=True))
    return theirs / ours


def _seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _pickle_bytes(pipeline: Any) -> int:
    import joblib

    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.tell()


def measure_within(case: Case, seconds: float) -> Figures:
    """The figures of a case, untimed, unless it takes longer: then it is ended as "too slow".

    It runs in a process of its own, since no exception ends a loop in compiled code.
    """
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=lambda: theirs.send(measure(case, timed=False)))
    process.start()
    theirs.close()
    names = (case.section, case.table, case.title)
    try:
        if ours.poll(seconds):
            found: Figures = ours.recv()
            return found
        return Figures(*names, "too slow", f"not done within {seconds:g} s")
    except EOFError:
        process.join()
        return Figures(*names, "FAIL", f"its process ended with {process.exitcode}")
    finally:
        process.kill()
        process.join()


def all_measured(
    wanted: Sequence[Case], jobs: int, timed: bool = True, limit: float | None = None
) -> Iterator[Figures]:
    """The figures of the cases, in their order, `jobs` at a time; `limit` is in seconds."""
    import pycaret.classification
    import pycaret.regression  # noqa: F401  once, for all workers

    each = partial(measure, timed=timed)
    if limit is not None:
        each = partial(measure_within, seconds=limit)
    if jobs == 1:
        yield from map(each, wanted)
        return
    with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
        yield from pool.map(each, wanted)


@app.command()
def main(
    match: Annotated[str, typer.Option(help="Only cases whose name contains this.")] = "",
    section: Annotated[str, typer.Option(help="Only this section.")] = "",
    jobs: Annotated[int, typer.Option(min=1, help="Cases at a time.")] = 2,
) -> None:
    """Measure, print, and write the page with the new figures and those of the other cases."""
    wanted = [c for c in cases() if match in c.name and section in ("", c.section)]
    known = {f.key: f for f in recorded()} if FIGURES.exists() else {}
    failed = False
    for figures in all_measured(wanted, jobs):
        known[figures.key] = figures
        failed |= figures.verdict == "FAIL"
        typer.echo(f"{figures.verdict:7} {figures.table}: {figures.title}: {figures.text}")
        for row in figures.worst:
            typer.echo(f"        { ({k: v for k, v in row.items() if k != 'row'}) }")
    write([known[case.key] for case in cases() if case.key in known])
    raise typer.Exit(int(failed))


if __name__ == "__main__":
    app()
