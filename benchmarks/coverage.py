"""What converts, proved: `python benchmarks/coverage.py` measures all and writes docs/coverage.md.

Each case is trained as `python -m pipeline.train` trains it, with its configuration, and proved the
same way. `--match WORD` measures the cases whose name contains it and prints them only.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PYCARET_CUSTOM_LOGGING_PATH", os.devnull)

from benchmarks.cases import SECTIONS, Case, cases
from benchmarks.tables import table

if TYPE_CHECKING:
    from pipeline.dataset import Dataset

PAGE = ROOT / "docs" / "coverage.md"
FIGURES = ROOT / "docs" / "figures" / "coverage.json"
ROWS = 10_000
ROUNDS = 3

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Figures:
    """How one case came out.

    Attributes:
        verdict: pass, FAIL, "refused" (for a reason on our lists) or "untrained" (by PyCaret).
        text: the verdict in one sentence, or the reason.
        seen, hostile: largest error on the table's rows and on hostile rows.
        speed: `pipeline.predict`'s time over the graph's, 10,000 rows, one thread.
        rows: rows that needed a second look, by what it found.
    """

    section: str
    table: str
    title: str
    verdict: str
    text: str
    seen: float = 0.0
    hostile: float = 0.0
    flips: int = 0
    nodes: int = 0
    onnx_bytes: int = 0
    pickle_bytes: int = 0
    speed: float = 0.0
    rows: Mapping[str, int] | None = None
    worst: Sequence[Mapping[str, Any]] = ()


def measure(case: Case) -> Figures:
    """Train, convert, verify and time one case; what stops it is its figure too."""
    from pipeline.config import TrainConfig
    from pipeline.convert.late import LATE
    from pipeline.convert.refusals import refuse
    from pipeline.errors import ConversionError, PipelineError
    from pipeline.experiment import run_experiment

    names = (case.section, case.table, case.title)
    dataset = table(case.table)
    config = TrainConfig(**{"fold": 2, **case.config}).for_task(dataset.spec.task)
    try:
        refuse(config.setup)
    except ConversionError as err:
        return Figures(*names, "refused", f"{err.message}; {err.hint}")
    try:
        trained = run_experiment(dataset, config)
    except PipelineError as err:
        return Figures(*names, "untrained", err.message)
    try:
        return _proved(case, trained, dataset)
    except PipelineError as err:
        listed = any(late.says in err.message for late in LATE)
        return Figures(*names, "refused" if listed else "FAIL", f"{err.message}; {err.hint}")


def _proved(case: Case, trained: Any, dataset: Dataset) -> Figures:
    from pipeline.export import export
    from pipeline.verify import verify

    model = export(trained, dataset)
    parity = verify(model, trained, dataset)
    figures = parity.summary
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
        speed=_speed(trained.pipeline, model.data, dataset.frame[list(dataset.features)]),
        rows={word: int(figures[key]) for word, key in SECOND_LOOKS.items() if figures[key]},
        worst=[row for row in parity.worst if row["failed"]][:3],
    )


SECOND_LOOKS: Mapping[str, str] = {
    "single": "single_precision",
    "ties": "ties",
    "batch": "batch_dependent",
    "noise": "rounding_noise",
    "refused": "refused_by_pycaret",
}


def _speed(pipeline: Any, model: bytes, frame: Any) -> float:
    """Times are taken in turns, so that another program's load meets both."""
    from pipeline.scorer import Scorer

    rows = frame.sample(ROWS, replace=True, random_state=1).reset_index(drop=True)
    scorer = Scorer(model)
    values = {str(name): rows[name].to_numpy() for name in rows}
    ways: tuple[Callable[[], Any], ...] = (
        lambda: pipeline.predict(rows),
        lambda: scorer.predict(values),
    )
    times = [[_seconds(way) for way in ways] for _ in range(ROUNDS)]
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


NOTICE = "<!-- Written by `python benchmarks/coverage.py`; do not edit. -->"
INTRODUCTION = """# Coverage: every estimator, every option, every composed model

Each line is a training run as `python -m pipeline.train` makes it, with two folds and the
configuration that the line names, proved against PyCaret's `predict_model` on all rows of the
table and on over 2,000 hostile rows. Errors are relative for regression and absolute for
probabilities; the bound is 1e-9, and 1e-5 / 5e-6 where PyCaret itself computes in float32
(*single*).

*speed*: `pipeline.predict`'s time over the graph's on 10,000 rows, feeds included, one thread each.
*remarks* count rows that needed a second look. *ties*: neighbours that are provably equally far.
*batch*: rows that PyCaret answers differently in another batch; the graph agrees with one of its
answers. *noise*: rows whose bound is ten times the spread of PyCaret's own answers. *refused*:
rows for which PyCaret itself raises an error. A configuration that is *refused* is refused for
the reason given, one that is *untrained* fails in PyCaret itself."""
HEAD = (
    *("case", "verdict", "error, table", "error, hostile", "flips"),
    *("nodes", "ONNX bytes", "pickle bytes", "speed", "remarks"),
)


def recorded() -> list[Figures]:
    """The figures of the last whole measurement."""
    return [Figures(**record) for record in json.loads(FIGURES.read_text("utf-8"))]


def page(measured: Iterable[Figures]) -> str:
    """docs/coverage.md."""
    measured = list(measured)
    parts = [NOTICE, INTRODUCTION]
    for section in SECTIONS:
        parts.append(f"## {section}")
        lines = [figures for figures in measured if figures.section == section]
        for name in dict.fromkeys(figures.table for figures in lines):
            rows = [_row(figures) for figures in lines if figures.table == name]
            parts += [f"### {name}", _markdown(HEAD, rows)]
    return "\n\n".join(parts) + "\n"


def _row(figures: Figures) -> tuple[str, ...]:
    title = f"`{figures.title}`"
    if figures.verdict in ("refused", "untrained"):
        return (title, figures.verdict, *[""] * 7, figures.text.replace("|", "/"))
    return (
        title,
        figures.verdict,
        f"{figures.seen:.0e}",
        f"{figures.hostile:.0e}",
        f"{figures.flips}",
        f"{figures.nodes:,}",
        f"{figures.onnx_bytes:,}",
        f"{figures.pickle_bytes:,}",
        f"{figures.speed:.1f}",
        ", ".join(f"{count} {word}" for word, count in (figures.rows or {}).items()),
    )


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])


def all_measured(wanted: Sequence[Case], jobs: int) -> Iterator[Figures]:
    """The figures of the cases, in their order, `jobs` at a time."""
    if jobs == 1:
        yield from map(measure, wanted)
        return
    with ProcessPoolExecutor(jobs, get_context("fork"), max_tasks_per_child=None) as pool:
        yield from pool.map(measure, wanted)


@app.command()
def main(
    match: Annotated[str, typer.Option(help="Only cases whose name contains this.")] = "",
    section: Annotated[str, typer.Option(help="Only this section.")] = "",
    jobs: Annotated[int, typer.Option(min=1, help="Cases at a time.")] = 2,
) -> None:
    """Measure, print, and write the page when all was asked for."""
    known = cases()
    wanted = [c for c in known if match in c.name and section in ("", c.section)]
    measured = []
    for figures in all_measured(wanted, jobs):
        measured.append(figures)
        typer.echo(f"{figures.verdict:7} {figures.table}: {figures.title}: {figures.text}")
        for row in figures.worst:
            typer.echo(f"        { ({k: v for k, v in row.items() if k != 'row'}) }")
    if len(wanted) == len(known):
        FIGURES.write_text(json.dumps([asdict(f) for f in measured], indent=1) + "\n", "utf-8")
        PAGE.write_text(page(measured), "utf-8")
    raise typer.Exit(int(any(f.verdict == "FAIL" for f in measured)))


if __name__ == "__main__":
    app()
