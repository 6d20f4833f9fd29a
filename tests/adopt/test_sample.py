from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.adopt.sample import ONLY, make_sample, read_sample
from pipeline.errors import DataError


def test_arrays_come_back_as_numpy_wrote_them(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6.0).reshape(3, 2), "b": np.array(["x", "", "ü"])}
    np.savez(tmp_path / "sample.npz", **arrays)
    found = read_sample(tmp_path / "sample.npz")
    assert len(found) == 3
    for name, array in arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype


def test_one_array_has_a_name_too(tmp_path: Path) -> None:
    np.save(tmp_path / "sample.npy", np.ones((2, 3), np.float32))
    np.testing.assert_array_equal(
        read_sample(tmp_path / "sample.npy").arrays[ONLY], np.ones((2, 3))
    )


def test_a_table_is_as_pandas_reads_it(tmp_path: Path) -> None:
    frame = pd.DataFrame({"age": [1, 2], "name": ["x", None]})
    frame.to_csv(tmp_path / "sample.csv", index=False)
    found = read_sample(tmp_path / "sample.csv").frame
    pd.testing.assert_frame_equal(found, pd.read_csv(tmp_path / "sample.csv"))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"a": np.zeros((2, 1)), "b": np.zeros((3, 1))},
        {"a": np.zeros((0, 4))},
        {"a": np.zeros((3, 0))},
        {"a": np.float64(3)},
        {"a": np.array([{}], dtype=object)},
        pd.DataFrame({"a": []}),
    ],
)
def test_what_is_no_batch_is_refused(values: Any) -> None:
    with pytest.raises(DataError, match="expected"):
        make_sample(values)


@pytest.mark.parametrize("name", ["sample.npz", "sample.npy", "sample.parquet", "sample.txt"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY no more", b"PK\x03\x04 cut short"])
def test_a_file_that_holds_none_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="got"):
        read_sample(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        read_sample(tmp_path / "nothing.npz")


def test_bytes_in_the_other_order_are_turned() -> None:
    found = make_sample(np.arange(4, dtype=">f4").reshape(2, 2)).arrays[ONLY]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[0, 1], [2, 3]])
