"""Five models on this machine's runtimes: run this file for docs/figures/conformance.json.

The four tables of datasets/, and one that is made here with what they lack: a date, booleans, a
text that is taken word by word, a column of hundreds of categories. Each is trained with one model
and given to `python -m pipeline.conformance`. A table that has been measured is not measured again
unless it is named with `--match`; `python docs/build.py` makes docs/conformance.md of the figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "figures" / "conformance.json"
MODELS: Mapping[str, str] = {
    "insurance": "gbr",
    "titanic": "lr",
    "penguins": "rf",
    "juice": "lightgbm",
    "orders": "ridge",
}
"""The model of each table: trees, linear ones, classes in text and in numbers."""
WORDS = ("late", "broken", "fine", "again", "gift", "blue", "thanks", "Größe", "never", "fast")

app = typer.Typer(add_completion=False)


def make_orders(rows: int = 800) -> pd.DataFrame:
    """Orders of a shop: the price has something of every column."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(18)
    days = rng.integers(0, 900, rows)
    product = rng.integers(0, 300, rows)
    express, returned = rng.random((2, rows)) < 0.3
    notes = [" ".join(rng.choice(WORDS, size=4)) for _ in range(rows)]
    weight = rng.gamma(2.0, 3.0, rows).round(2)
    late = np.array(["late" in note for note in notes])
    price = 20 + product % 37 + 5 * express - 8 * returned + 2 * weight - 6 * late + days / 100
    frame = pd.DataFrame(
        {
            "ordered": (pd.Timestamp("2022-01-03") + pd.to_timedelta(days, "D")).strftime(
                "%Y-%m-%d"
            ),
            "product": [f"P-{number:03}" for number in product],
            "express": express,
            "returned": returned,
            "weight": weight,
            "note": notes,
            "price": (price + rng.normal(0, 1, rows)).round(2),
        }
    )
    for name in ("product", "weight"):  # PyCaret fills no other kind here
        frame[name] = frame[name].mask(rng.random(rows) < 0.03)
    return frame


def train_model(table: str, folder: Path) -> Path:
    """Train the model of a table in a folder; returns its graph."""
    flags = ["--dataset", table]
    if table == "orders":
        make_orders().to_csv(folder / "orders.csv", index=False)
        config = folder / "orders.toml"
        config.write_text('[setup]\ntext_features = ["note"]\n', encoding="utf-8")
        flags = ["--data", str(folder / "orders.csv"), "--target", "price", "--config", str(config)]
    arguments = [*flags, "--include", MODELS[table], "--fold", "2", "--output", str(folder / "out")]
    _run("pipeline.train", *arguments, folder=folder)
    return folder / "out" / "onnx" / "model.onnx"


def measure_table(table: str) -> dict[str, Any]:
    """Train, and try every runtime; the record that the command writes."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model = train_model(table, folder)
        arguments = ("--model", str(model), "--output", str(folder / "kept"))
        _run("pipeline.conformance", *arguments, folder=folder, codes=(0, 3, 5))
        text = (folder / "kept" / "conformance.json").read_text(encoding="utf-8")
        record: dict[str, Any] = json.loads(text)
        return {"table": table, **record}


def _run(module: str, *arguments: str, folder: Path, codes: tuple[int, ...] = (0,)) -> None:
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **store}
    command = [sys.executable, "-m", module, *arguments]
    if not (folder / "datasets").exists():
        (folder / "datasets").symlink_to(ROOT / "datasets")
    done = subprocess.run(command, cwd=folder, env=environment, check=False)
    if done.returncode not in codes:
        sys.exit(f"{module} ended with {done.returncode}")


@app.command()
def main(
    match: Annotated[str, typer.Option(help="Measure the tables with this in their name.")] = "",
) -> None:
    """Measure what is missing, or what is named, and keep the rest."""
    kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else []
    records = {record["table"]: record for record in kept}
    for table in MODELS:
        if (match and match in table) or table not in records:
            records[table] = measure_table(table)
            ordered = [records[name] for name in MODELS if name in records]
            text = json.dumps(ordered, ensure_ascii=False, indent=1)
            FIGURES.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    app()
