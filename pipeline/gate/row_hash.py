"""Hashes the contents of each row, the same on every machine.

A cell counts as what it says, not as the kind that its column was given: 1, 1.0, "1" and true are
one value, and so are a date and its text. So a row keeps its number when one odd or missing value
elsewhere turns its column from int64 into float64, or from numbers or dates into text. What is
equal then only falls on one side of the split together.

Nothing here depends on Python's hash(), on pandas' hashing, or on the order of bytes in memory:
text goes through BLAKE2b (RFC 7693), numbers through the last step of SplitMix64 (G. L. Steele,
D. Lea and C. H. Flood, 2014, with the constants of D. Stafford's variant 13).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from pipeline.data.column_types import DATE, parse_timestamps
from pipeline.data.source import NUMBER

Hashes = NDArray[np.uint64]

TRUTH = {"true": 1.0, "false": 0.0}


def hash_rows(frame: pd.DataFrame) -> Hashes:
    """(N,) a number for each row's contents, the names of its columns included.

    The order of rows and columns, the index and the dtypes make no difference; None, NaN, NaT,
    NA and the empty text are one missing value. Integers beyond 2**53 count as the nearest double.

    Args:
        frame: numbers, text, booleans and dates of any dtype; names are unique.
    """
    found = np.zeros(len(frame), dtype=np.uint64)
    for name in sorted(frame.columns, key=str):
        found = mix_bits(found + mix_bits(_cells(frame[name]) ^ _digest(f"column {name}")))
    return found


def mix_bits(values: Hashes) -> Hashes:
    """(N,) each number sent to another one, so that any bit of it changes about half of all."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _cells(values: pd.Series) -> Hashes:
    if is_datetime64_any_dtype(values.dtype):
        return _moments(values.to_numpy("datetime64[ns]"))  # a time zone is converted to UTC
    if is_numeric_dtype(values.dtype) or is_bool_dtype(values.dtype):
        return _numbers(values.to_numpy("float64", na_value=np.nan))
    # text and whatever else an object column holds, each different value looked at once
    found = np.full(len(values), _MISSING)
    present = values.notna().to_numpy()
    given = values.astype(object).to_numpy()[present].tolist()
    # not pd.factorize: it takes different texts with halves of surrogate pairs for one
    place = {value: k for k, value in enumerate(dict.fromkeys(given))}
    found[present] = _distinct(list(place))[[place[value] for value in given]]
    return found


def _numbers(values: NDArray[np.float64]) -> Hashes:
    found = mix_bits((values + 0.0).view(np.uint64))  # + 0.0: minus zero is zero
    found[np.isnan(values)] = _MISSING
    return found


def _moments(values: NDArray[Any]) -> Hashes:
    found = mix_bits(values.view(np.uint64) ^ _DATE)
    found[np.isnat(values)] = _MISSING
    return found


def _distinct(values: list[Any]) -> Hashes:
    texts = pd.Series([str(value) for value in values], dtype=object)
    found = np.fromiter(map(_digest, texts), dtype=np.uint64, count=len(texts))
    found[(texts == "").to_numpy(bool)] = _MISSING
    is_number = texts.str.fullmatch(NUMBER).to_numpy(bool)
    found[is_number] = _numbers(texts[is_number].astype("float64").to_numpy())
    truth = np.array([TRUTH.get(text.strip().lower(), np.nan) for text in texts])
    is_truth = ~np.isnan(truth)
    found[is_truth] = _numbers(truth[is_truth])
    dates = parse_timestamps(texts.where(texts.str.fullmatch(DATE).to_numpy(bool))).to_numpy(
        "datetime64[ns]"
    )
    is_date = ~np.isnat(dates)
    found[is_date] = _moments(dates[is_date])
    is_float = np.array([isinstance(v, float | np.floating) for v in values], dtype=bool)
    found[is_float] = _numbers(np.array(values, dtype=object)[is_float].astype(np.float64))
    return found


def _digest(text: str) -> np.uint64:
    """Half of a pair of surrogates is no text that UTF-8 can write, but a cell may hold one."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


_MISSING = _digest("a missing value")
_DATE = _digest("a date")
