"""Reads the sample: rows that a model from elsewhere takes, by which it is traced and proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

ONLY = "input"
"""Name of the one array of an .npy file."""


@dataclass(frozen=True)
class Sample:
    """Rows of a model's inputs.

    Attributes:
        arrays: by input, axis 0 of each being the batch; empty where the sample is a table.
        frame: the table, where it is one.
    """

    arrays: Mapping[str, NDArray[Any]]
    frame: pd.DataFrame | None = None

    def __len__(self) -> int:
        if self.frame is not None:
            return len(self.frame)
        return len(next(iter(self.arrays.values())))


def read_sample(file: Path) -> Sample:
    """Read an .npz file with an array per input, an .npy file with one, or a table.

    Raises:
        DataError: there is no such file, it holds pickled objects or no rows, or its arrays have
            different numbers of them.
    """
    if not file.is_file():
        raise DataError(
            f"{file}: there is no such file",
            hint="Give --sample an .npz file with an array for each input, an .npy file or a table",
        )
    if file.suffix in {".npz", ".npy"}:
        return make_sample(_read_arrays(file), str(file))
    return make_sample(_read_frame(file), str(file))


def make_sample(values: Any, origin: str = "sample") -> Sample:
    """A sample of a table, an array, or arrays by name.

    Raises:
        DataError: as `read_sample` does.
    """
    if hasattr(values, "columns"):
        if not len(values):
            raise DataError(f"{origin}: got a table without rows, expected at least one")
        return Sample({}, values)
    if not isinstance(values, Mapping):
        values = {ONLY: values}
    arrays = {str(name): _to_native(np.asarray(array)) for name, array in values.items()}
    if odd := [name for name, array in arrays.items() if array.dtype == object or not array.ndim]:
        raise DataError(
            f"{origin}: {', '.join(odd)} holds objects or a single value, expected arrays of "
            "numbers, booleans or text whose first axis is the batch",
        )
    rows = {name: len(array) for name, array in arrays.items()}
    if len(set(rows.values())) != 1 or not all(rows.values()):
        raise DataError(
            f"{origin}: got {rows or 'no arrays'}, expected as many rows, at least one, of each",
            hint="The first axis of every array is the batch",
        )
    if empty := [name for name, array in arrays.items() if not array.size]:
        raise DataError(f"{origin}: {', '.join(empty)} holds no values, expected some")
    return Sample(arrays)


def _to_native(array: NDArray[Any]) -> NDArray[Any]:
    """The array in this machine's order of bytes."""
    return array.astype(array.dtype.newbyteorder("="))


def _read_arrays(file: Path) -> Mapping[str, NDArray[Any]]:
    try:
        found = np.load(file, allow_pickle=False)
        return {ONLY: found} if isinstance(found, np.ndarray) else {**found}
    except (OSError, ValueError, EOFError, KeyError, BadZipFile) as err:
        raise DataError(
            f"{file}: got a file that numpy cannot read ({err})",
            hint="Write it with numpy.savez(FILE, NAME=array, …), without objects in it",
        ) from err


def _read_frame(file: Path) -> pd.DataFrame:
    """The table as pandas reads it, which is how its model was trained on it."""
    import pandas as pd

    readers: Mapping[str, Any] = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    if (read := readers.get(file.suffix.lower())) is None:
        raise DataError(
            f"{file}: got the ending {file.suffix!r}, expected .npz, .npy, .csv or .parquet",
            hint="Read another kind in Python, and hand the frame to pipeline.adopt.adopt",
        )
    try:
        frame: pd.DataFrame = read(file)
    except (OSError, ValueError) as err:
        raise DataError(f"{file}: got a table that pandas cannot read ({err})") from err
    return frame
