"""The loader of `mlflow.pyfunc.load_model`, which scores tables; travels with the model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import DataError, PipelineError
from pipeline.runtime import integrity
from pipeline.runtime.batch import Batch
from pipeline.runtime.feeds import CellError
from pipeline.runtime.scorer import Scorer
from pipeline.runtime.table_columns import find_repeated, get_columns
from pipeline.serving.limits import require_columns, require_rows
from pipeline.serving.requests import LINES, bad_request, read_by_model

if TYPE_CHECKING:
    import pandas as pd


class TableModel:
    """What `mlflow.pyfunc.load_model` wraps."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Score a table.

        Args:
            data: (N rows) frame of pandas, polars or pyarrow, list of records, or mapping of
                column to N values or to an (N, 1) array; surplus columns are ignored, as MLflow
                does by signature.

        Returns:
            `prediction_label` and, for classifiers, `prediction_score_<label>` per label, as
            PyCaret's `predict_model(raw_score=True)` names them, with the index of `data`.

        Raises:
            MlflowException: a column is missing or a value does not fit it; HTTP status 400.
        """
        import pandas as pd

        try:
            inputs = self._scorer.manifest.inputs
            columns, index, lines = _table(data, {column.name for column in inputs})
            require_columns(columns)
            require_rows(columns)
            if any(column.name not in columns for column in inputs):
                self._scorer.require(columns)  # which names the nearest of them all
            known = {column.name: _flat(columns[column.name]) for column in inputs}
            outputs = self._predicted(known, lines)
        except PipelineError as err:
            raise bad_request(err) from err
        return pd.DataFrame(self._scorer.named(outputs, raw_score=True), index=index)

    def _predicted(self, columns: Mapping[str, Any], lines: Sequence[int] | None) -> Any:
        if lines is None:
            return self._scorer.predict(columns)
        self._scorer.require(columns)
        batch = Batch(0, {name: list(cells) for name, cells in columns.items()}, lines)
        try:
            return self._scorer.predict(
                {c.name: batch.values(c) for c in self._scorer.manifest.inputs}
            )
        except CellError as err:
            raise err.moved(err.row, lines[err.row - 1]) from err


def _load_pyfunc(path: str) -> TableModel:
    """Open the model for `mlflow.pyfunc.load_model`; MLflow looks this name up.

    Raises:
        DataError: the folder is not as it was logged.
    """
    file = Path(path)
    integrity.verify_folder(file.parent, later=[file.name], required=True)
    scorer = Scorer(path)
    read_by_model(__name__)
    return TableModel(scorer)


def _table(
    data: Any, wanted: Collection[str]
) -> tuple[Mapping[Any, Any], Any, Sequence[int] | None]:
    """Columns, index, and the lines of the CSV text they are from, if they are.

    Of a column that is not wanted there is the name alone: a request may have many.
    """
    import pandas as pd

    if isinstance(data, Mapping):
        is_row = not any(hasattr(v, "__len__") and not isinstance(v, str) for v in data.values())
        return {name: [v] if is_row else v for name, v in data.items()}, None, None
    if not isinstance(data, pd.DataFrame):
        return get_columns(data, wanted), None, None
    frame = _unpack(data)
    if twice := sorted(name for name in find_repeated(frame) if name in wanted):
        raise DataError(f"columns there more than once: {twice}", hint="Rename them", columns=twice)
    return get_columns(frame, wanted), frame.index, frame.attrs.get(LINES)


def _unpack(frame: pd.DataFrame) -> pd.DataFrame:
    """One row whose cells are the columns, which MLflow makes of lists of text, as a table."""
    import pandas as pd

    cells = dict(frame.iloc[0]) if len(frame) == 1 else {}
    lengths = {len(cell) if isinstance(cell, list) else None for cell in cells.values()}
    return pd.DataFrame(cells) if len(lengths) == 1 and None not in lengths else frame


def _flat(values: Any) -> Any:
    """A column of one-item lists, which is how an (N, 1) array arrives, as plain values."""
    is_plain = isinstance(values, list) or str(getattr(values, "dtype", "")) == "object"
    if is_plain and any(isinstance(value, list) for value in values):
        return [
            value[0] if isinstance(value, list) and len(value) == 1 else value for value in values
        ]
    return values
