"""Keeps rows from every training, and remembers which rows a model has seen.

Whether a row is held out depends on its contents alone. So it is held out every week, however the
table grows and is sorted, and no challenger has an advantage there, by whatever command it is
trained. A larger share holds out the same rows and more. Where `[validation]` names a group, its
value decides alone, so that no group is on both sides; where it names a time, the newest rows are
held out, which no earlier training can have seen.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.automl.split import find_cut_near, order_forward, require_complete
from pipeline.config.train_config import TrainConfig
from pipeline.data.column_rules import Needs
from pipeline.data.dataset import Dataset
from pipeline.data.schema import check_values
from pipeline.errors import DataError
from pipeline.gate.row_hash import Hashes, hash_rows, mix_bits

FILE = Path("tables", "rows.parquet")
"""Where a training's artifact folder keeps the hashes of its rows, eight bytes for each."""

SALT = np.uint64(0x6A09E667F3BCC909)
"""Fractional part of the square root of two; another one would hold out other rows."""

_COLUMN, _COLUMNS = "hash", b"columns"

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class SeenRows:
    """The rows that a model was trained on.

    Attributes:
        hashes: (n,) uint64, sorted, each once.
        columns: what was hashed of each row.
    """

    hashes: Hashes
    columns: tuple[str, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> SeenRows:
        """All rows of a table."""
        return cls(np.unique(hash_rows(frame)), tuple(map(str, frame)))

    def among(self, frame: pd.DataFrame) -> NDArray[np.bool_] | None:
        """(N,) whether each row is one of these; None if a column is gone, so nobody knows."""
        if not set(self.columns) <= set(frame.columns):
            return None
        return np.isin(hash_rows(frame[list(self.columns)]), self.hashes)


def split_holdout(
    dataset: Dataset, share: float, config: TrainConfig | None = None
) -> tuple[Dataset, pd.DataFrame]:
    """The rows to train on, as a table of its own, and the gate's holdout.

    Equal rows stay together, and every row is where it was the last time.

    Args:
        share: of the rows that are held out, about.
        config: its folds decide how many rows are enough; PyCaret's defaults without it.

    Returns:
        The same dataset without the held out rows, and those rows with all columns; both with
        an index from 0.

    Raises:
        DataError: what is left cannot be trained on: too few rows, a class or a column's only
            other value gone.
    """
    held = select_kept_back(dataset, share)
    rest = replace(dataset.part(~held), held_out=share)
    _check(rest, dataset.frame, share, config or TrainConfig())
    return rest, dataset.part(held).frame


def select_kept_back(dataset: Dataset, share: float) -> NDArray[np.bool_]:
    """(N,) whether each row belongs to the gate's holdout, as the dataset's `validation` has it.

    Raises:
        DataError: missing values in the column that decides.
    """
    validation = dataset.spec.validation
    if validation is None:
        return select_held_out(dataset.frame, share)
    values = require_complete(dataset, str(validation.column))
    return _newest(values, share) if validation.time is not None else _groups(values, share)


def _newest(values: pd.Series, share: float) -> NDArray[np.bool_]:
    order = order_forward(values)
    cut = find_cut_near(values.to_numpy()[order], round((1 - share) * len(values)))
    held = np.zeros(len(values), dtype=np.bool_)
    held[order[cut:]] = cut > 0
    return held


def _groups(values: pd.Series, share: float) -> NDArray[np.bool_]:
    """Whole groups by a hash of their value; the lowest one where chance would leave none."""
    hashes = mix_bits(hash_rows(values.to_frame("group")) ^ SALT)
    return np.asarray(hashes < max(np.uint64(int(share * 2**64)), hashes.min() + np.uint64(1)))


def select_held_out(frame: pd.DataFrame, share: float) -> NDArray[np.bool_]:
    """(N,) whether each row belongs to the gate's holdout."""
    return np.asarray(mix_bits(hash_rows(frame) ^ SALT) < np.uint64(int(share * 2**64)))


def write_seen_rows(folder: Path, frame: pd.DataFrame) -> None:
    """Keep in an artifact folder which rows its model was trained on."""
    seen = SeenRows.of(frame)
    table = pa.table({_COLUMN: seen.hashes})
    file = folder / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    table = table.replace_schema_metadata({_COLUMNS: json.dumps(seen.columns)})
    # each value occurs once, so a dictionary would only add to them
    pq.write_table(table, file, use_dictionary=False, write_page_checksum=True)


def read_seen_rows(folder: Path) -> SeenRows | None:
    """The rows that an artifact folder's model was trained on; None where nobody knows.

    An earlier version of the project kept none, and a damaged file must not stop a gate.
    """
    try:
        table = pq.read_table(folder / FILE, page_checksum_verification=True)
        columns = json.loads(table.schema.metadata[_COLUMNS])
        return SeenRows(table.column(_COLUMN).to_numpy(), tuple(columns))
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as err:
        log.warning("%s: cannot be read (%s); all rows count as seen", folder / FILE, err)
        return None


def _check(rest: Dataset, whole: pd.DataFrame, share: float, config: TrainConfig) -> None:
    """Refuse a rest that `load_dataset` would refuse as a table of its own."""
    target, task = rest.spec.target, rest.task
    if task.target == "classes":
        lost = sorted(map(str, set(whole[target]) - set(rest.frame[target])))
        if lost:
            names = ", ".join(map(repr, lost[:5]))
            _refuse(share, f"column {target!r}: got no row of class {names}, expected every class")
    try:
        check_values(rest.frame, target, task, Needs.of(config, task), _Rest(rest.path))
    except DataError as err:
        _refuse(share, err.message, err)


@dataclass(frozen=True)
class _Rest:
    """Where the rest comes from; its rows have other places than the file's."""

    path: Path

    def place(self, rows: Sequence[int]) -> str:
        return f"{len(rows):,} rows"


def _refuse(share: float, found: str, err: DataError | None = None) -> NoReturn:
    more = f". Or: {err.hint}" if err and err.hint else ""
    raise DataError(
        f"without the gate's holdout of {share:.0%} of the rows: {found}",
        hint=f"Set a smaller `holdout` under [gate] than {share:g}, or add rows{more}",
        **(err.details if err else {}),
    ) from err
