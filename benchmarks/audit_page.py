"""docs/what-the-audit-sees.md, of what benchmarks/audit.py kept, and what a person says to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from benchmarks.leaks import MADE
from benchmarks.real import TABLES
from pipeline.audit import CHECKS
from pipeline.rendering.wording import escape_markdown

Table = Callable[[Iterable[str], Iterable[Iterable[str]]], str]

MOST_FALSE = 3
"""Tables of the thirty that may have a false alarm."""

INTRO = """The parity check proves that the ONNX file predicts what PyCaret's model predicts. It
says nothing of whether that model is right: a table that holds the answer gives a perfect proof of
a useless model. So every training is audited beside it, with or without a graph. What is found
stands in the terminal above the verdict, in a box above the report's, in the model card, in the
run's description and tags (`audit` = clean, amber or red; `audit.checks`), and in
`tables/audit.json`. `python -m pipeline.plan` says what the table alone tells. An alarm never
stops a run: red means that the score is probably not real, amber that a person should look."""

TRUE: Mapping[tuple[str, str], str] = {
    ("titanic", "identifier"): "names of passengers, and tickets of which most are met once",
    ("cars", "identifier"): "names of models, most of them met once: without them R2 is 0.86",
    ("cars", "later rows"): "cars of later years go further on a gallon than those before them",
    ("sf_temps", "later rows"): "one year by the hour: its autumn is not in its spring",
    ("seattle_weather", "imbalance"): "the model finds 2 of 16 days of drizzle",
    ("restaurants", "duplicate rows"): "a restaurant is inspected again and again, mostly with the "
    "same score; of restaurants without such a row the model knows nothing",
    ("randhie", "duplicate rows"): "a person's years stand one below the other; for people like "
    "none in training R2 is below zero",
    ("nhefs", "gaps that tell the target"): "year, month and day of death",
    ("nhefs", "identifier"): "two numbers of the questionnaire",
    ("birthwt", "single column"): "a birth weight is low below 2.5 kg: the target is made of it",
    ("cars93", "identifier"): "the name of a car's model, twice",
}
"""Why an alarm on a real table is right."""

FALSE: Mapping[tuple[str, str], str] = {}
"""Why an alarm on a real table is wrong."""


def what_the_audit_sees(figures: Mapping[str, Any], table: Table) -> str:
    """The page.

    Args:
        figures: what benchmarks/audit.py wrote.
        table: makes a table in Markdown of a head and rows.

    Raises:
        SystemExit: an alarm on a real table that nobody has judged, or too many false ones.
    """
    checks = ((check.name, check.known, check.asks) for check in CHECKS)
    made = (_made(name, entry) for name, entry in figures["made"].items())
    real = [_real(name, figures["real"][name]) for name in TABLES if name in figures["real"]]
    judged = [entry for _, entry in figures["real"].items() for entry in _judged(entry)]
    return "\n\n".join(
        (
            "# What the audit sees",
            INTRO,
            "## The checks",
            "*before*: the table alone tells; what it said is said again, with more figures, after "
            "the training. *after*: the training is needed.",
            table(("check", "known", "fires when"), checks),
            "## A made table per check",
            "Each is a few lines of benchmarks/leaks.py; its sibling is the same without the fault."
            " Trained with five folds on linear models and trees.",
            table(("table", "what is wrong", "holdout", "what was said", "the sibling"), made),
            "## Thirty real tables",
            "Those of benchmarks/real.py, chosen before anything was measured on them; linear "
            "models, a tree and a forest, five folds. After the first runs over them two rules were"
            " changed: features that come again with other targets count as duplicates only if the "
            "score gains by them (computers was a false alarm), and words of which most are met "
            "once are identifiers too (the names of cars cost R2 0.8, and nothing was said).",
            _count(judged, len(real)),
            table(("table", "rows", "columns", "model", "holdout", "audit", "judged"), real),
        )
    )


def _made(name: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    what = f"{MADE[name].what}{f' (`{MADE[name].column}`)' * bool(MADE[name].column)}"
    return (name, what, _holdout(entry), _said(entry), escape_markdown(entry["clean"]))


def _real(name: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    size = (f"{entry['rows']:,}", str(entry["columns"]))
    if "stopped" in entry:
        stopped = escape_markdown(f"stopped before training: {entry['stopped']}")
        return (name, *size, "", "", stopped, "")
    verdicts = (f"{'true' if why is None else 'false'}: {text}" for _, text, why in _judged(entry))
    return (name, *size, f"`{entry['model']}`", _holdout(entry), _said(entry), "; ".join(verdicts))


def _judged(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Table, what a person says to the alarm, and why it is false, for each check that fired."""
    name = str(entry["name"])
    for check in dict.fromkeys(a["check"] for a in entry.get("audit", {}).get("alarms", ())):
        wrong = FALSE.get((name, check))
        if wrong is None and (name, check) not in TRUE:
            raise SystemExit(f"{name}, {check}: say in TRUE or FALSE whether the alarm is right")
        yield name, TRUE[name, check] if wrong is None else wrong, wrong


def _count(judged: Iterable[tuple[str, str, str | None]], tables: int) -> str:
    judged = list(judged)
    alarmed = {name for name, _, _ in judged}
    wrong = {name for name, _, why in judged if why is not None}
    if len(wrong) > MOST_FALSE:
        raise SystemExit(f"false alarms on {len(wrong)} tables, at most {MOST_FALSE} wanted")
    return (
        f"**Tables with a false alarm: {len(wrong)} of {tables}.** With a true one: "
        f"{len(alarmed - wrong)}; nothing found: {tables - len(alarmed)}."
    )


def _holdout(entry: Mapping[str, Any]) -> str:
    value = entry.get("holdout")
    return f"{entry['metric']} {value:.4f}" if isinstance(value, float) else ""


def _said(entry: Mapping[str, Any]) -> str:
    alarms = entry["audit"]["alarms"]
    told = (f"**{a['level']}**, {a['check']}: {escape_markdown(a['text'])}" for a in alarms)
    return "<br>".join(told) or "nothing"
