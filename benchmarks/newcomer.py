"""Thirty real tables, trained as a newcomer does: run this file to write docs/tables.md.

Each table is written as CSV and trained by `python -m pipeline.train --data FILE --target COLUMN`
with nothing else set, in a folder of its own. `--match WORD` tries the tables whose name contains
it; the page keeps what was seen of the others.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.real import TABLES, load

FIGURES = ROOT / "docs" / "figures" / "newcomer.json"
PAGE = ROOT / "docs" / "tables.md"
NOTICE = "<!-- Written by `python benchmarks/newcomer.py`; do not edit. -->"
COLUMNS = (
    "table",
    "package",
    "rows",
    "columns",
    "ended",
    "best model",
    "holdout",
    "said",
    "s",
    "CPU s",
)

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Try:
    """One training as a newcomer starts it.

    Attributes:
        code: exit code.
        model: id of the chosen one; empty where there is none.
        said: notes and alarms, or the error with its hint.
        seconds, cpu: wall clock, and processor time of all its processes.
    """

    table: str
    rows: int
    columns: int
    code: int
    model: str
    holdout: str
    said: tuple[str, ...]
    seconds: float
    cpu: float


def attempt(name: str, folder: Path) -> Try:
    """Train on one table with what a newcomer knows of it: its file and its target."""
    frame, target, _ = load(name)
    frame.to_csv(folder / f"{name}.csv", index=False)
    command = [sys.executable, "-m", "pipeline.train", "--data", f"{name}.csv", "--target", target]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("MLFLOW_TRACKING_URI", None)
    started, before = time.monotonic(), _cpu()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    shown = _lines(done.stdout)
    said = (
        shown.get("Note", []) + shown.get("Audit", [])
        if not done.returncode
        else _error(done.stderr)
    )
    return Try(
        *(name, len(frame), len(frame.columns), done.returncode),
        model=_model(done.stdout, shown),
        holdout="; ".join(shown.get("Holdout", [])),
        said=tuple(said),
        seconds=round(time.monotonic() - started, 1),
        cpu=round(_cpu() - before, 1),
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _lines(text: str) -> dict[str, list[str]]:
    """What stands behind each `Word:` that begins a line."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        word, colon, rest = line.partition(":")
        if colon and word.isalpha():
            found.setdefault(word, []).append(rest.strip())
    return found


def _model(text: str, shown: Mapping[str, list[str]]) -> str:
    """The chosen model, which is the first of the leaderboard where nothing else is said."""
    if "Chosen" in shown:
        return shown["Chosen"][0].split()[0]
    lines = text.splitlines()
    board = lines.index("Leaderboard") if "Leaderboard" in lines else None
    return "" if board is None else lines[board + 2].split()[0]


def _error(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("error: ", "hint: "))]


def page(tries: Iterable[Try]) -> str:
    """docs/tables.md."""
    rows = [_row(each) for each in tries]
    ended = sum(each.code == 0 for each in tries)
    head = (
        f"{NOTICE}\n\n# Thirty real tables\n\n"
        "Tables of packages from the registry (benchmarks/real.py says which), written as CSV and "
        "trained with `python -m pipeline.train --data FILE --target COLUMN` and nothing else: the "
        "default search of all models with ten folds. "
        f"{ended} of {len(rows)} end with a proven and registered model, the others with the "
        "message shown. Measured on two cores that nothing else was using.\n\n"
    )
    lines = [COLUMNS, ["---"] * len(COLUMNS), *rows]
    return head + "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def _row(each: Try) -> list[str]:
    ended = "proven, registered" if each.code == 0 else f"exit code {each.code}"
    said = "<br>".join(text.replace("|", "\\|") for text in each.said)
    return [
        *(each.table, TABLES[each.table].package, f"{each.rows:,}", str(each.columns), ended),
        *(each.model and f"`{each.model}`", _short(each.holdout), said),
        *(f"{each.seconds:.0f}", f"{each.cpu:.0f}"),
    ]


def _short(holdout: str) -> str:
    return ", ".join(holdout.split(", ")[:4])


def recorded() -> dict[str, Try]:
    """What was seen before, by table."""
    if not FIGURES.is_file():
        return {}
    values = json.loads(FIGURES.read_text(encoding="utf-8"))
    return {v["table"]: Try(**{**v, "said": tuple(v["said"])}) for v in values}


@app.command()
def main(
    match: Annotated[str, typer.Option(help="Only tables whose name contains this.")] = "",
    missing: Annotated[bool, typer.Option(help="Only tables without a figure.")] = False,
) -> None:
    """Try the tables and write the page."""
    tries = recorded()
    for name in TABLES:
        if match not in name or (missing and name in tries):
            continue
        with tempfile.TemporaryDirectory(prefix="newcomer-") as folder:
            tries[name] = attempt(name, Path(folder))
        print(json.dumps(asdict(tries[name])), flush=True)
        kept = [tries[name] for name in TABLES if name in tries]
        FIGURES.write_text(json.dumps([asdict(k) for k in kept], indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(page(kept), encoding="utf-8")


if __name__ == "__main__":
    app()
