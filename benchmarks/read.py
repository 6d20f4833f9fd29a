"""How fast columns of dates and numbers are read, against `pandas.read_csv` in the same run.

`python benchmarks/read.py` writes tables of 300,000 rows with a column of as many different cells
in one form, and reads each as training does, as scoring does (feeds included), and with pandas,
which is told the form, and parses dates or takes away signs as an analyst would. The ways take
turns; the least processor time of each counts.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the file is run from anywhere

from pipeline.cli import app as cli

app = cli.create_application()

DATES = {
    "2026-01-31 23:59:58": "%Y-%m-%d %H:%M:%S",
    "2026-01-31T23:59:58.123Z": "%Y-%m-%dT%H:%M:%S.123Z",
    "2026/01/31 23:59": "%Y/%m/%d %H:%M",
    "31.01.2026 23:59:58": "%d.%m.%Y %H:%M:%S",
    "01/31/2026 11:59 PM": "%m/%d/%Y %I:%M %p",
}
NUMBERS = {
    "1234.56": "{}",
    "1.234,56": "{}",
    "1.234,56 EUR": "{} EUR",
}


def write(folder: Path, form: str, rows: int) -> Path:
    """A table with a column of different cells in one form, and a target."""
    import numpy as np
    import pandas as pd

    order = np.random.default_rng(0).permutation(rows)
    if form in DATES:
        moments = pd.Timestamp("2015-01-01") + pd.to_timedelta(order * 977, unit="s")
        cells: Any = moments.strftime(DATES[form])
    else:
        marks = str.maketrans({",": ".", ".": ","} if "," in form else {",": ""})
        cells = [NUMBERS[form].format(f"{n * 1.37:,.2f}".translate(marks)) for n in order]
    path = folder / "table.csv"
    pd.DataFrame({"cell": cells, "y": order % 1000}).to_csv(path, index=False)
    return path


def ways(path: Path, form: str) -> dict[str, Callable[[], Any]]:
    """Each way of reading the file's column."""
    import pandas as pd

    from pipeline.config.train_config import DatasetSpec, TrainConfig
    from pipeline.data.read import read_table
    from pipeline.data.source import open_source
    from pipeline.manifest.columns import Input
    from pipeline.runtime.feeds import make_feed
    from pipeline.score.batches import read_batches as batches

    spec = DatasetSpec(name="table", task="regression", target="y", file=path)

    def train() -> Any:
        return read_table(open_source(path), spec, TrainConfig())

    inputs = [Input("cell", "date" if form in DATES else "number", train().cells["cell"])]

    def score() -> None:
        for batch in batches(path, ["cell", "y"]):
            for column in inputs:
                make_feed(column, batch.values(column))

    def pandas() -> Any:
        if form in DATES:
            return pd.read_csv(path, parse_dates=["cell"], dayfirst=form[2] == ".")
        if "," not in form:
            return pd.read_csv(path)
        if form[-1].isdigit():
            return pd.read_csv(path, decimal=",", thousands=".")
        texts = pd.read_csv(path)["cell"].str.removesuffix(" EUR").str.replace(".", "")
        return pd.to_numeric(texts.str.replace(",", "."))

    return {"pandas": pandas, "training": train, "scoring": score}


def measure(path: Path, form: str, rounds: int) -> dict[str, float]:
    """Least seconds of processor time of each way."""
    seconds: dict[str, list[float]] = {}
    calls = ways(path, form)
    for _ in range(rounds):
        for way, call in calls.items():
            start = time.process_time()
            call()
            seconds.setdefault(way, []).append(time.process_time() - start)
    return {way: min(taken) for way, taken in seconds.items()}


@app.command()
def main(
    rows: Annotated[int, typer.Option(min=100, help="Rows of each table.")] = 300_000,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each way.")] = 3,
) -> None:
    """Time reading by training, by scoring and by pandas."""
    with cli.session(cli.LogFormat.text) as progress, tempfile.TemporaryDirectory() as folder:
        lines: list[list[object]] = []
        for form in (*DATES, *NUMBERS):
            progress.stage("read", form)
            taken = measure(write(Path(folder), form, rows), form, rounds)
            ratios = [taken[way] / taken["pandas"] for way in ("training", "scoring")]
            lines.append([form, *taken.values(), *(f"{ratio:.1f}" for ratio in ratios)])
        columns = ["cells", "pandas s", "training s", "scoring s", "x training", "x scoring"]
        cli.say_table(f"{rows:,} rows: seconds, and times what pandas takes", columns, lines)


if __name__ == "__main__":
    app()
