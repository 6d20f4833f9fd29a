"""Score a file with an exported model: `python -m pipeline.score --model M --data F --output G`.

Needs onnxruntime and numpy, pyarrow for Parquet, openpyxl for Excel, and mlflow only for a
models:/ address.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import app as cli
from pipeline.cli import output_files
from pipeline.errors import ConfigError
from pipeline.runtime.unseen import Tally, UnseenError
from pipeline.score.run import load_model, score_file
from pipeline.system import atomic_file

logger = logging.getLogger("pipeline.score")
app = cli.create_application()


class OnUnseen(StrEnum):
    """What to do about cells like none that training saw."""

    warn = "warn"
    error = "error"
    ignore = "ignore"


def _summarise(file: Path, outcome: Mapping[str, Any], tally: Tally) -> None:
    text = json.dumps({**outcome, "unseen": list(map(asdict, tally.found))}, ensure_ascii=False)
    try:
        atomic_file.write_text(file, text + "\n")
    except OSError as err:
        reason = err.strerror or err
        raise ConfigError(f"cannot write {file}: {reason}", hint="Make its folder") from err


@app.command()
def main(  # noqa: PLR0913, PLR0917 - the flags
    model: Annotated[
        str, typer.Option(help="Path of model.onnx, or models:/NAME@ALIAS in MLflow.")
    ],
    data: Annotated[Path, typer.Option(help="CSV, Excel, Parquet or JSON Lines file to score.")],
    output: Annotated[Path, typer.Option(help="File to write: *.csv or *.parquet.")],
    raw_score: Annotated[
        bool, typer.Option("--raw-score", help="One prediction_score_<label> per class.")
    ] = False,
    ignore_surplus: Annotated[
        bool, typer.Option("--ignore-surplus", help="Keep columns the model does not take.")
    ] = False,
    unseen: Annotated[
        OnUnseen, typer.Option(help="What to do about values like none that training saw.")
    ] = OnUnseen.warn,
    summary: Annotated[
        Path | None, typer.Option(help="JSON file to write: rows, and what was never seen.")
    ] = None,
    escape_formulas: Annotated[
        bool,
        typer.Option(
            "--escape-formulas",
            help="For spreadsheets: in CSV, an apostrophe before text and column names that begin "
            "with = + - @, a tab or a line break; numbers stay. For people, not for reading back.",
        ),
    ] = False,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Score a file with an exported model."""
    with cli.session(log_format):
        output_files.keep_apart(
            {"--data": data, "--model": Path(model)}, {"--output": output, "--summary": summary}
        )
        if summary is not None:
            output_files.check_writable_place(summary)
        scorer = load_model(model)
        manifest = scorer.manifest
        if manifest.verdict != "pass":
            logger.warning("the model's parity verdict is %r", manifest.verdict)
        tally = Tally(manifest.inputs)
        outcome: dict[str, Any] = {"model": manifest.name, "data": str(data), "output": None}
        try:
            rows = score_file(
                scorer,
                data,
                output,
                raw_score=raw_score,
                ignore_surplus=ignore_surplus,
                tally=tally,
                refuse_unseen=unseen is OnUnseen.error,
                escape_formulas=escape_formulas,
            )
            outcome |= {"output": str(output), "rows": rows}
        except UnseenError:
            outcome["rows"] = 0
            raise
        finally:
            if summary is not None and "rows" in outcome:
                _summarise(summary, outcome, tally)
        if unseen is OnUnseen.warn:
            for one in tally.found:
                cli.say(str(one))
        cli.say(f"{rows} rows scored with {manifest.name} ({manifest.model_name})")
        cli.say(str(output))


if __name__ == "__main__":
    app()
