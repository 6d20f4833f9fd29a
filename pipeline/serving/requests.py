"""Passes the cells of a request to the model as they came.

A signature with column types makes MLflow 3.17 cast the cells before the model sees them: whole
numbers in a frame are refused for a double, the text "false" and a null become booleans, dates are
guessed, CSV is parsed with the words for missing values gone, and `text/csv` fails for any column
of dates. No type but Any is safe, and with Any there is no `text/csv` at all. So the signature says
the real types, and the model itself, which has rules for each column's cells, reads the cells:
once one of our models is loaded, MLflow's casting passes over it. Other models are cast as ever;
where MLflow has no such functions, it casts ours too. The same way a request to one of our models
is held within limits, and gets answers of our own where it fails: `pipeline.serving.answers`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import partial, wraps
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING, Any

from pipeline.errors import DataError, PipelineError
from pipeline.runtime.delimited import read_csv_batches
from pipeline.serving import answers
from pipeline.serving.limits import Limits, current_limits, require_columns, require_rows
from pipeline.serving.parquet_request import read_frame

if TYPE_CHECKING:
    import pandas as pd

LINES = "lines"
"""Key of a frame's attributes that holds the lines of a CSV text on which its rows start."""

LOADERS = "reads_by_model"
"""Attribute of a replaced function: the loader modules whose models it knows."""

_INPUTS: ContextVar[Sequence[str]] = ContextVar("inputs")
"""The columns that the model of the request takes."""

READER = "read_by"
"""Attribute of a model's schema: the loader module of the model that reads the cells itself."""


def read_by_model(loader: str) -> None:
    """Leave what a model gets to the model.

    Args:
        loader: its loader module, as the MLmodel file names it.

    Raises:
        ConfigError: a limit of requests is set to what is none.
    """
    Limits.from_environment()  # a server that cannot know its limits does not start
    import mlflow.pyfunc
    from mlflow.models import Model
    from mlflow.pyfunc import scoring_server

    for module, name, around in (
        (Model, "get_input_schema", _mark),
        (mlflow.pyfunc, "_validate_prediction_input", _validate),
        (scoring_server, "infer_and_parse_data", _parse),
        (scoring_server, "parse_csv_input", _parse_csv),
        (scoring_server, "parse_parquet_input", _parse_parquet),
        (scoring_server, "invocations", _answer),
        (scoring_server, "_async_catch_mlflow_exception", _endpoint),
    ):
        original = getattr(module, name, None)
        known: frozenset[str] = getattr(original, LOADERS, frozenset())
        if original is not None and loader not in known:
            replacement = _around(original, partial(around, loader, original))
            setattr(replacement, LOADERS, known | {loader})
            setattr(module, name, replacement)


def bad_request(err: PipelineError) -> Exception:
    """An error as MLflow's, which HTTP answers with status 400."""
    from mlflow.exceptions import MlflowException

    refusal: Exception = MlflowException.invalid_parameter_value(str(err))
    return refusal


def _around(original: Any, replacement: Any) -> Any:
    @wraps(original)
    def replaced(*args: Any, **options: Any) -> Any:  # a method, too, unlike partial
        return replacement(*args, **options)

    return replaced


def _mark(loader: str, original: Any, model: Any) -> Any:
    """A model's schema, which says whether the model is ours: others may have an equal one."""
    schema = original(model)
    if (
        schema is not None
        and model.flavors.get("python_function", {}).get("loader_module") == loader
    ):
        setattr(schema, READER, loader)
    return schema


def _validate(  # noqa: PLR0913, PLR0917 - MLflow's own
    loader: str,
    original: Any,
    data: Any,
    params: Any,
    input_schema: Any,
    params_schema: Any,
    flavor: str | None = None,
) -> Any:
    if flavor == loader and not type(data).__module__.startswith("pyspark."):
        input_schema = None
    return original(data, params, input_schema, params_schema, flavor)


def _parse(loader: str, original: Any, data: Any, schema: Any = None) -> Any:
    forms = {"dataframe_split", "dataframe_records", "instances", "inputs"} & set(data)
    if getattr(schema, READER, None) != loader or len(forms) != 1:
        return original(data, schema)
    (form,) = forms
    table = data[form]
    is_split = form == "dataframe_split" and isinstance(table, Mapping)
    require_rows(table.get("data") if is_split else table)
    require_columns(table.get("columns") if is_split else table if form == "inputs" else ())
    if form == "dataframe_split" and isinstance(table, Mapping) and {"columns", "data"} <= {*table}:
        return _split(table)
    if form == "inputs" and isinstance(table, Mapping):
        return table
    if form != "dataframe_split" and isinstance(table, list):
        return table
    return original(data, None)  # which refuses it


def _split(table: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of one length each: pandas fills up short ones as if their cells were missing."""
    import pandas as pd

    names, rows = table["columns"], table["data"]
    if not isinstance(names, list) or any(isinstance(name, list | dict) for name in names):
        raise bad_request(DataError("dataframe_split: got columns that are no list of names"))
    if not isinstance(rows, list):
        raise bad_request(DataError("dataframe_split: got data that are no list of rows"))
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(names):
            found = f"{len(row)} cells" if isinstance(row, list) else "no list"
            raise bad_request(
                DataError(
                    f"dataframe_split: row {number}: got {found}, expected {len(names)} cells"
                )
            )
    return pd.DataFrame(rows, columns=names, dtype=object)


def _parse_csv(loader: str, original: Any, csv_input: Any, schema: Any = None) -> Any:
    if getattr(schema, READER, None) != loader or not hasattr(csv_input, "read"):
        return original(csv_input, schema)
    import pandas as pd

    text = csv_input.read().removeprefix("\ufeff")
    limits = current_limits()
    size = sys.maxsize if limits is None else limits.rows
    try:
        batch, *more = islice(
            read_csv_batches(partial(StringIO, text, newline=""), schema.input_names(), size), 2
        )
        if more and limits is not None:
            limits.require_rows(size, more=True)
    except PipelineError as err:
        raise bad_request(err) from err
    require_columns(batch.columns)
    frame = pd.DataFrame(batch.columns, dtype=object)
    frame.attrs[LINES] = batch.lines
    return frame


def _parse_parquet(loader: str, original: Any, parquet_input: Any) -> Any:
    if (limits := current_limits()) is None:
        return original(parquet_input)
    return read_frame(parquet_input, _INPUTS.get(), limits)


def _answer(  # noqa: PLR0913, PLR0917 - MLflow's own
    loader: str, original: Any, data: Any, content_type: Any, model: Any, input_schema: Any
) -> Any:
    if getattr(input_schema, READER, None) != loader:
        return original(data, content_type, model, input_schema)
    limits = Limits.from_environment()
    token = _INPUTS.set(input_schema.input_names())
    try:
        return answers.answer_invocation(
            limits, original, data, content_type, (model, input_schema)
        )
    finally:
        _INPUTS.reset(token)


def _endpoint(loader: str, original: Any, endpoint: Any) -> Any:
    """MLflow's decorator of its endpoint, a closure in which the model's schema is."""
    schema = inspect.getclosurevars(endpoint).nonlocals.get("input_schema")
    if getattr(schema, READER, None) != loader:
        return original(endpoint)
    return answers.limit_endpoint(Limits.from_environment(), original(endpoint))
