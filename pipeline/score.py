"""Score a file with an exported model: `python -m pipeline.score --model M --data F --output G`.

Needs onnxruntime and numpy, pyarrow for Parquet, openpyxl for Excel, and mlflow only for a
models:/ address.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline import atomic, cli, integrity, outputs
from pipeline.causes import reason
from pipeline.columns import Tensor
from pipeline.errors import ConfigError, DataError, TrackingError
from pipeline.feeds import CellError
from pipeline.scorer import Scorer
from pipeline.scoring.batch import Batch
from pipeline.scoring.batches import read
from pipeline.scoring.sinks import writing
from pipeline.tracking import store
from pipeline.unseen import Tally, UnseenError

logger = logging.getLogger("pipeline.score")
app = cli.application()

_PATIENCE = "10"
"""Seconds that a server gets to begin an answer; it may have to fetch the model itself."""


class OnUnseen(StrEnum):
    """What to do about cells like none that training saw."""

    warn = "warn"
    error = "error"
    ignore = "ignore"


def score(  # noqa: PLR0913 - the flags
    scorer: Scorer,
    data: Path,
    output: Path,
    *,
    raw_score: bool = False,
    ignore_surplus: bool = False,
    tally: Tally | None = None,
    refuse_unseen: bool = False,
    escape_formulas: bool = False,
) -> int:
    """Write `data` with the predictions added to `output`, batch by batch.

    Args:
        scorer: the model.
        data: CSV, Excel, Parquet or JSON Lines with the model's inputs; the target may be there.
        output: the file to write; it appears complete or not at all.
        raw_score: one `prediction_score_<label>` per class instead of `prediction_score`.
        ignore_surplus: keep other columns as they are instead of refusing them.
        tally: counts what the model has never seen.
        refuse_unseen: write nothing if there is any.
        escape_formulas: in CSV, put an apostrophe before text that a spreadsheet would run.

    Returns:
        The number of rows.

    Raises:
        DataError, CellError: the file does not fit the model; row, line and column are named.
        UnseenError: what the tally counts is to be refused, and there is some.
        UsageError, ConfigError: the output cannot be written.
    """
    inputs = scorer.manifest.inputs
    tally = tally or Tally(inputs)
    rows = 0
    with writing(output, inputs, escape_formulas=escape_formulas) as sink:
        for batch in read(data, [column.name for column in inputs]):
            scorer.require(batch.names, target=True, ignore_surplus=ignore_surplus)
            columns = {column.name: batch.values(column) for column in inputs}
            tensors = _feeds(scorer, columns, batch)
            tally.add(columns, tensors, batch.first, batch.lines)
            sink.write(batch, scorer.named(scorer.run(tensors), raw_score=raw_score))
            rows = batch.first + batch.rows
        if refuse_unseen:
            tally.refuse()
    return rows


def _feeds(scorer: Scorer, columns: Mapping[str, Any], batch: Batch) -> Mapping[str, Tensor]:
    try:
        return scorer.feeds(columns)
    except CellError as err:
        line = batch.lines[err.row - 1] if batch.lines else None
        raise err.moved(batch.first + err.row, line) from err


def load(model: str) -> Scorer:
    """The model at a path, or at an MLflow address such as models:/insurance@champion.

    Raises:
        DataError: there is no such model, or it is not as it was logged.
        ConfigError: MLflow is not installed.
        UsageError: no address of MLflow has this form, or there is no store.
        TrackingError: MLflow's server does not answer, or there is no room for the model here.
    """
    if not model.startswith(("models:/", "runs:/")):
        return Scorer(model)
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", _PATIENCE)
    store.configure()
    try:
        from mlflow import MlflowException

        from pipeline.tracking.address import require_form, stated
        from pipeline.tracking.fetch import connect, fetch_address
    except ImportError as err:
        raise ConfigError(
            f"{model} is an MLflow address and mlflow is not installed",
            hint="Install the `core` extra, or give the path of model.onnx",
        ) from err
    require_form(model)
    with tempfile.TemporaryDirectory() as folder:
        try:
            client = connect()
            address, tags = stated(client, model)
            place = fetch_address(client, address, Path(folder))
        except MlflowException as err:
            raise _not_found(model, err) from err
        found = sorted(place.rglob("*.onnx")) if place.is_dir() else [place]
        if len(found) != 1:
            raise DataError(
                f"{model} holds {len(found)} ONNX files, expected one",
                hint="Give the address of one: models:/NAME@ALIAS or runs:/RUN/onnx. Where files "
                "are gone, go back (python -m pipeline.models rollback NAME) or train again",
            )
        integrity.verify(found[0].parent, tags, subject=model, later=[found[0].name])
        return Scorer(found[0])


def _not_found(model: str, err: Exception) -> DataError | TrackingError:
    code = getattr(err, "error_code", "")
    if code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"}:
        return DataError(f"no model {model}: {err}", hint="`mlflow ui` shows what is registered")
    return TrackingError(f"cannot fetch {model}: {reason(err)}", hint="Check MLFLOW_TRACKING_URI")


def _summarise(file: Path, outcome: Mapping[str, Any], tally: Tally) -> None:
    text = json.dumps({**outcome, "unseen": list(map(asdict, tally.found))}, ensure_ascii=False)
    try:
        atomic.write_text(file, text + "\n")
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
        outputs.keep_apart(
            {"--data": data, "--model": Path(model)}, {"--output": output, "--summary": summary}
        )
        if summary is not None:
            outputs.check_place(summary)
        scorer = load(model)
        manifest = scorer.manifest
        if manifest.verdict != "pass":
            logger.warning("the model's parity verdict is %r", manifest.verdict)
        tally = Tally(manifest.inputs)
        outcome: dict[str, Any] = {"model": manifest.name, "data": str(data), "output": None}
        try:
            rows = score(
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
