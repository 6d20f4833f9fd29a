"""Scores a file with an exported model, batch by batch."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, DataError, TrackingError
from pipeline.errors.causes import explain_failure
from pipeline.runtime import integrity
from pipeline.runtime.batch import Batch
from pipeline.runtime.feeds import CellError
from pipeline.runtime.scorer import Scorer
from pipeline.runtime.table_columns import Tensor
from pipeline.runtime.unseen import Tally
from pipeline.score.batches import read_batches
from pipeline.score.sinks import open_sink
from pipeline.track import store

_PATIENCE = "10"
"""Seconds that a server gets to begin an answer; it may have to fetch the model itself."""


def score_file(  # noqa: PLR0913 - the flags
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
    with open_sink(output, inputs, escape_formulas=escape_formulas) as sink:
        for batch in read_batches(data, [column.name for column in inputs]):
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


def load_model(model: str) -> Scorer:
    """The model at a path, or at an MLflow address such as models:/insurance@champion.

    Raises:
        DataError, ConfigError, UsageError, TrackingError: as `locate_model`.
    """
    with locate_model(model) as file:
        return Scorer(file)


@contextmanager
def locate_model(model: str) -> Iterator[Path]:
    """The file of a model, with what lies beside it; fetched where it is at an MLflow address.

    Raises:
        DataError: there is no such model, or it is not as it was logged.
        ConfigError: MLflow is not installed.
        UsageError: no address of MLflow has this form, or there is no store.
        TrackingError: MLflow's server does not answer, or there is no room for the model here.
    """
    if not model.startswith(("models:/", "runs:/")):
        yield Path(model)
        return
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", _PATIENCE)
    store.configure_mlflow()
    try:
        from mlflow import MlflowException

        from pipeline.registry.download import connect_existing, download_address
        from pipeline.registry.model_uri import require_address, resolve_address
    except ImportError as err:
        raise ConfigError(
            f"{model} is an MLflow address and mlflow is not installed",
            hint="Install the `core` extra, or give the path of model.onnx",
        ) from err
    require_address(model)
    with tempfile.TemporaryDirectory() as folder:
        try:
            client = connect_existing()
            address, tags = resolve_address(client, model)
            place = download_address(client, address, Path(folder))
        except MlflowException as err:
            raise _not_found(model, err) from err
        found = sorted(place.rglob("*.onnx")) if place.is_dir() else [place]
        if len(found) != 1:
            raise DataError(
                f"{model} holds {len(found)} ONNX files, expected one",
                hint="Give the address of one: models:/NAME@ALIAS or runs:/RUN/onnx. Where files "
                "are gone, go back (python -m pipeline.models rollback NAME) or train again",
            )
        integrity.verify_folder(found[0].parent, tags, subject=model, later=[found[0].name])
        yield found[0]


def _not_found(model: str, err: Exception) -> DataError | TrackingError:
    code = getattr(err, "error_code", "")
    if code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"}:
        return DataError(f"no model {model}: {err}", hint="`mlflow ui` shows what is registered")
    return TrackingError(
        f"cannot fetch {model}: {explain_failure(err)}", hint="Check MLFLOW_TRACKING_URI"
    )
