"""Writes the generated pages of docs/ from the code: `python docs/build.py [--check]`."""

from __future__ import annotations

import ast
import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.audit_page import what_the_audit_sees
from benchmarks.lambda_page import describe_curve
from docs.architecture.layout import measure_layout
from docs.supply_chain.advisories import argued
from pipeline import convert
from pipeline.conformance.table import COLUMNS, format_row
from pipeline.convert.estimators.dispatch import load_converters
from pipeline.convert.registry import Entry
from pipeline.convert.steps.dispatch import STEPS
from pipeline.convert.support.caveat import Caveat, CaveatKind
from pipeline.convert.support.caveats import CAVEATS

FOLDER = Path(__file__).resolve().parent
GRAPH, WHOLE = "ONNX graph, plain values", "ours, everything"
NOTICE = "<!-- Written by `python docs/build.py`; do not edit. -->"


def support() -> str:
    """What converts, by whom, and what is refused."""
    return "\n\n".join(
        (
            NOTICE,
            "# What converts to ONNX",
            "skl2onnx converts wherever it is exact in float64; the reason beside each of our own "
            "converters says why it is not used there.",
            "## Estimators",
            _table(("class", "converter", "why not skl2onnx"), _rows(load_converters())),
            "## Preprocessing steps",
            _table(("class", "converter", "why not skl2onnx"), _rows(STEPS)),
            *_refused(),
            *_noted(),
        )
    )


def _refused() -> Iterable[str]:
    """What stops a run before it trains a model, and what only its conversion shows."""
    yield "## Arguments of `setup` that are refused before training"
    yield "`--no-onnx` trains with them; what is kept then is PyCaret's own pipeline."
    yield _table(
        ("argument", "refused values", "why", "instead"), _refusals(CaveatKind.refused_option)
    )
    yield "## Models that a table rules out before training"
    yield "They are left out of the comparison; a run that has no other model is refused."
    yield _table(("model", "tables", "why", "instead"), _refusals(CaveatKind.refused_model))
    fitted = refused_when_fitted()
    for kind, heading, sentence in (
        (
            CaveatKind.refused_when_prepared,
            "What is refused once the preprocessing is fitted",
            "Options and table do not show these, but `setup` does, before a model is trained.",
        ),
        (
            CaveatKind.refused_when_converted,
            "What is refused when it is converted",
            "Only the fitted object shows these. The trained pipeline is kept all the same.",
        ),
    ):
        yield f"## {heading}"
        yield sentence
        yield _table(
            ("what", "instead"), ((c.subject, c.instead) for c in fitted if c.kind is kind)
        )


def _refusals(kind: CaveatKind) -> Iterable[tuple[str, ...]]:
    return ((f"`{c.subject}`", c.values, c.text, c.instead) for c in CAVEATS if c.kind is kind)


def refused_when_fitted() -> tuple[Caveat, ...]:
    """The caveats that stand beside what raises them, by module."""
    modules = (m.name for m in walk_packages(convert.__path__, f"{convert.__name__}."))
    held = (value for name in sorted(modules) for value in vars(import_module(name)).values())
    return tuple(dict.fromkeys(value for value in held if isinstance(value, Caveat)))


_NOTED: Mapping[CaveatKind, str] = {
    CaveatKind.noted_model: "`{c.subject}`",
    CaveatKind.noted_option: "`{c.subject}` = {c.values}",
    CaveatKind.noted_step: "`[{c.subject}]` {c.values}",
}


def _noted() -> Iterable[str]:
    """What is exact with a remark, and what needs more than the standard operators."""
    notes = [
        (what.format(c=c), c.text)
        for kind, what in _NOTED.items()
        for c in CAVEATS
        if c.kind is kind
    ]
    needs = (
        (f"`{c.subject}` = {c.values}", f"`{c.domain}`", c.text)
        for c in CAVEATS
        if c.kind is CaveatKind.contrib
    )
    yield "## Exact with a note"
    yield _table(("what", "note"), notes)
    yield "## Needs a contrib operator"
    yield _table(("what", "domain", "why"), needs)


def benchmark() -> str:
    """Speed, from the figures that the scripts in benchmarks/ wrote."""
    scoring, training = _figures("score"), _figures("train")
    graph = {(t["model"], t["rows"]): t for t in scoring if t["way"] == GRAPH}
    ours = next(t for t in training if t["way"] == WHOLE)
    faster = (_scoring_row(t, graph[t["model"], t["rows"]]) for t in scoring)
    whole = (
        (t["way"], f"{t['least']:.1f}", f"{t['median']:.1f}", f"{ours['median'] / t['median']:.2f}")
        for t in training
    )
    return "\n\n".join(
        (
            NOTICE,
            "# Speed",
            "Measured on two shared cores: the ratios count, the times are noise. Every way runs "
            "on the same rows in one run with one thread; leaderboards and predictions are "
            "checked to be equal before anything is compared.",
            "## Scoring insurance: `python benchmarks/score.py`",
            _table(
                ("model", "rows", "way", "median ms", "times the graph's", "by the fastest"), faster
            ),
            "## Training on insurance, whole processes: `python benchmarks/train.py`",
            _table(("way", "fastest s", "median s", "everything of ours / this"), whole),
            "PyCaret as documented runs with `n_jobs=-1`, and how long that takes is a matter of "
            "luck: 17, 42, 47, 50, 69, 121, 217, 333 and 379 s were seen on the same two cores, as "
            "LightGBM's threads fight the cross-validation's or not. The other ways vary with the "
            "load alone.",
        )
    )


def speed() -> str:
    """Every estimator against its pickle, from the figures of benchmarks/speed.py."""
    cases = _figures("speed")
    tables = dict.fromkeys(case["table"] for case in cases)
    sections = [
        f"## {table}\n\n"
        + _table(SPEED_COLUMNS, (_speed_row(case) for case in cases if case["table"] == table))
        for table in tables
    ]
    return "\n\n".join(
        (NOTICE, "# Speed of every estimator", SPEED, _medians(cases), _slow(cases), *sections)
    )


SPEED = """Each model id as a graph, against `pipeline.predict` of the same fitted PyCaret pipeline
on the same rows: `python benchmarks/speed.py`, one process with one thread, the ways in turn, and
only after the graph was proved equal to `predict_model`. Ratios are fastest call by fastest call,
above 1 where the graph is faster. *scorer*: the same ratio through `Scorer`, which also builds and
checks the feeds. *floor*: a graph that only reads the same inputs and adds them up."""
LEAST_RATIOS = {"1": 20.0, "100": 20.0, "10000": 1.0}
SLOW = {
    "gpc": "each row is multiplied with a triangle of as many rows and columns as there are "
    "training rows, in the graph as in scikit-learn; that alone is more than half of the graph's "
    "time.",
    "catboost": "CatBoost compares whole blocks of rows by bytes with vector instructions; a graph "
    "looks each of a thousand leaves up.",
}
"""Why a model may stay below the least ratios."""
SPEED_COLUMNS = (
    *("model", "1 row, µs", "floor, µs"),
    *("1 row, ratio", "100", "10,000", "100,000", "10,000, scorer"),
    *("nodes", "ONNX bytes", "pickle bytes"),
)


def _speed_row(case: Mapping[str, Any]) -> tuple[str, ...]:
    alone = case["timings"]["1"]
    return (
        f"`{case['model']}`",
        *(f"{alone[way]['least'] * 1e6:.0f}" for way in ("graph", "floor")),
        *(f"{_ratio(case, rows):,.1f}" for rows in ("1", "100", "10000", "100000")),
        f"{_ratio(case, '10000', 'scorer'):,.1f}",
        *(f"{case[name]:,}" for name in ("nodes", "onnx_bytes", "pickle_bytes")),
    )


def _ratio(case: Mapping[str, Any], rows: str, way: str = "graph") -> float:
    timings = case["timings"][rows]
    return float(timings["predict"]["least"] / timings[way]["least"])


def _slow(cases: Sequence[Mapping[str, Any]]) -> str:
    """What stays below the least ratios, and why.

    Raises:
        SystemExit: no reason stands in SLOW.
    """
    below: dict[str, list[str]] = {}
    for case in cases:
        for rows, least in LEAST_RATIOS.items():
            if (ratio := _ratio(case, rows)) < least:
                found = f"{case['table']}, {int(rows):,} rows: {ratio:.1f}"
                below.setdefault(case["model"], []).append(found)
    if unexplained := below.keys() - SLOW.keys():
        raise SystemExit(f"below the wanted ratios: {below}; say why in SLOW: {unexplained}")
    wanted = ", ".join(f"{least:g} at {int(rows):,}" for rows, least in LEAST_RATIOS.items())
    lines = [f"- `{model}` ({'; '.join(found)}): {SLOW[model]}" for model, found in below.items()]
    return f"Wanted are ratios of {wanted} rows. Below that:\n\n" + "\n".join(lines)


def _medians(cases: Sequence[Mapping[str, Any]]) -> str:
    rows = ("1", "100", "10000", "100000")
    found = (
        f"{int(n):,} rows {statistics.median(_ratio(case, n) for case in cases):,.1f}" for n in rows
    )
    return f"Median ratio over all {len(cases)} lines: {', '.join(found)}."


def _scoring_row(timing: Mapping[str, Any], graph: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"`{timing['model']}`",
        f"{timing['rows']:,}" if timing["rows"] else "cold start",
        timing["way"],
        f"{timing['median']:,.3f}",
        f"{timing['median'] / graph['median']:,.1f}",
        f"{timing['least'] / graph['least']:,.1f}",
    )


def _figures(name: str) -> list[dict[str, Any]]:
    figures: list[dict[str, Any]] = _read(name)
    return figures


def _read(name: str) -> Any:
    return json.loads((FOLDER / "figures" / f"{name}.json").read_text(encoding="utf-8"))


def audit() -> str:
    """What the audit said of made and of real tables, as benchmarks/audit.py kept it."""
    return f"{NOTICE}\n\n{what_the_audit_sees(_read('audit'), _table)}"


def attacks() -> str:
    """What the tests attack, as tests/attacks.py counted it."""
    rows = (_attack(what, line) for what, line in _read("attacks").items())
    return _table(("attack or fault", "tries", "outcome"), rows)


def _attack(what: str, line: Mapping[str, Any]) -> tuple[str, str, str]:
    counts: Counter[str] = Counter()
    for found in line["tests"].values():
        counts.update(found)
    return what, f"{counts['tries']:,}", line["outcome"].format(**counts)


def architecture() -> str:
    """Every room of the package, the highest floor first."""
    floors = measure_layout().floors
    rows = (
        (str(number), f"`{room}`", _first_line(room))
        for number, floor in reversed(list(enumerate(floors)))
        for room in floor
    )
    return _table(("floor", "room", "what it is"), rows)


def _first_line(room: str) -> str:
    module = FOLDER.parent / "pipeline" / room
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


def advisories() -> str:
    """Known advisories of pinned packages."""
    rows = ((e.package, ", ".join(e.ids), e.what, e.why) for e in argued())
    return "\n\n".join(
        (
            NOTICE,
            "# Known advisories",
            "Of packages that `requirements.txt` or `requirements-score.txt` pin. PyCaret 3.3.2 "
            "asks for joblib below 1.4 and for sktime 0.26.0, which asks for scikit-learn below "
            "1.5, so these two cannot be newer. The table is made by hand of what is published; "
            "`python -m docs.supply_chain.advisories` asks what is known today and fails for each "
            "that is not here: [security](security.md#what-the-project-is-made-of).",
            _table(("package", "advisory", "what it says", "here"), rows),
        )
    )


def conformance() -> str:
    """Five models on every runtime, as benchmarks/conformance.py kept it."""
    return "\n\n".join((NOTICE, CONFORMANCE, *map(_conform, _figures("conformance"))))


CONFORMANCE = """# Conformance

The proof of five models replayed on every runtime that one machine has: `python
benchmarks/conformance.py` trains them and runs `python -m pipeline.conformance`
([how](bundles.md#every-runtime-of-a-machine)). *orders* is a made table with a date, booleans, a
text taken word by word and three hundred products. *From PyCaret* and *from the graph* are the
largest errors over the golden rows, in one batch and each alone; allowed are 1e-9 and 1e-12. Times
are of two shared cores: compare within a table. *MB* is the bundle with all that it has installed,
shared with nothing; *open* is the scorer's opening in a process that runs."""


def _conform(record: Mapping[str, Any]) -> str:
    text = (
        f"{record['model']}, measured on {record['date'][:10]} ({record['machine']}); "
        f"it needs onnxruntime {record['minimum_onnxruntime']} or newer."
    )
    rows = [[c.replace("|", "\\|") for c in format_row(each)] for each in record["runtimes"]]
    return f"## {record['table']}: {record['target']}\n\n{text}\n\n{_table(COLUMNS, rows)}"


PAGES = {
    "advisories.md": advisories,
    "conformance.md": conformance,
    "lambda.md": lambda: f"{NOTICE}\n\n{describe_curve()}",
    "architecture.md": lambda: _with_part("architecture.md", architecture()),
    "support.md": support,
    "benchmark.md": benchmark,
    "speed.md": speed,
    "what-the-audit-sees.md": audit,
    "security.md": lambda: _with_part("security.md", attacks()),
}
BEGIN, END = "<!-- Written by `python docs/build.py` from here -->", "<!-- to here. -->"


def _with_part(name: str, part: str) -> str:
    """A page that is written by hand, but for one part between two marks."""
    before, begin, rest = (FOLDER / name).read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{name}: expected one part between {BEGIN} and {END}")
    return "".join((before, BEGIN, "\n\n", part, "\n\n", END, after)).removesuffix("\n")


def _rows(entries: Mapping[str, Entry[Any]]) -> Iterable[tuple[str, str, str]]:
    for name, entry in sorted(entries.items()):
        yield f"`{name}`", entry.origin, entry.reason


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    """Write every page; with --check only say which are stale."""
    stale = []
    for name, page in PAGES.items():
        file, text = FOLDER / name, page() + "\n"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                file.write_text(text, encoding="utf-8")
    found = "stale" if "--check" in sys.argv else "written"
    print(f"docs: {', '.join(stale) or 'nothing'} {found}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
