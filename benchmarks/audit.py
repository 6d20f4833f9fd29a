"""What the audit sees: `python benchmarks/audit.py` runs it and keeps what it said.

It trains on each table of benchmarks/leaks.py and on the thirty of benchmarks/real.py with a cheap
search, and writes docs/figures/audit.json, from which `docs/build.py` makes
docs/what-the-audit-sees.md. `--match WORD` does the tables whose name contains it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PYCARET_CUSTOM_LOGGING_PATH", os.devnull)

from benchmarks.leaks import MADE
from benchmarks.real import TABLES, Loaded, load

FIGURES = ROOT / "docs" / "figures" / "audit.json"
FOLDS = 5
MODELS = ("lr", "dt", "rf")

app = typer.Typer(add_completion=False)


def audited(name: str, loaded: Loaded, include: tuple[str, ...] = MODELS) -> dict[str, Any]:
    """Train on a table and audit that; what stops the training takes the place of the result."""
    from pipeline import audit
    from pipeline.automl.experiment import run_experiment
    from pipeline.automl.out_of_time import validate_out_of_time
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import find_dataset
    from pipeline.data.dataset import load_dataset as read
    from pipeline.errors import PipelineError

    entry: dict[str, Any] = {"name": name, "rows": len(loaded.frame)}
    entry["columns"] = loaded.frame.shape[1] - 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "table.csv")
        loaded.frame.to_csv(file, index=False)
        config = TrainConfig(
            data=file, target=loaded.target, task=loaded.task, include=include, fold=FOLDS
        )
        try:
            dataset = read(find_dataset(config), config)
            trained = validate_out_of_time(run_experiment(dataset, config), dataset, config)
        except PipelineError as err:
            return {**entry, "stopped": err.message}
    metric = {"classification": "Accuracy", "regression": "R2"}[loaded.task]
    found, early = (
        audit.audit_training(dataset, config, trained, metric),
        audit.audit_table(dataset, config),
    )
    return {
        **entry,
        "model": trained.model_id,
        "metric": metric,
        "holdout": trained.holdout.get(metric),
        "audit": found.record,
        "before": [alarm.check for alarm in early.alarms],
    }


@app.command()
def main(match: Annotated[str, typer.Option(help="Tables with this in their name.")] = "") -> None:
    """Audit, print, and keep; tables that do not match keep what they had."""
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {"made": {}, "real": {}}
    for name, made in MADE.items():
        if match in name:
            entry = _told(audited(name, made.bad(), made.include))
            clean = _told(audited(f"{name}, clean", made.clean(), made.include))
            known["made"][name] = {**entry, "clean": clean["audit"]["text"]}
    for name in TABLES:
        if match in name:
            known["real"][name] = _told(audited(name, load(name)))
        _keep(known)


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    said = entry.get("stopped") or entry["audit"]["text"]
    print(
        f"{entry['name']}: {entry.get('model', '')} {entry.get('holdout', '')}: {said}", flush=True
    )
    for alarm in entry.get("audit", {}).get("alarms", ()):
        print(f"    {alarm['level']} {alarm['check']}: {alarm['text']}", flush=True)
    return entry


def _keep(known: dict[str, Any]) -> None:
    ordered = {
        "made": {name: known["made"][name] for name in MADE if name in known["made"]},
        "real": {name: known["real"][name] for name in TABLES if name in known["real"]},
    }
    FIGURES.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    app()
