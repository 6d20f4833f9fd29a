"""A row's number depends on what its cells say and on nothing else, in any process."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.gate.row_hash import hash_rows
from tests import tracked
from tests.tables import everything

TEXTS = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    [
        "",
        " ",
        "nan",
        "None",
        "<NA>",
        "inf",
        "TRUE",
        "1e5",
        "-0",
        "2020-01-01",
        "ü",
        "u\u0308",
        "\ud800",
    ]
)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(2**53), 2**53).map(float)
MOMENTS = st.datetimes(pd.Timestamp("1700-01-01"), pd.Timestamp("2250-01-01")).map(pd.Timestamp)
ROWS = st.lists(
    st.tuples(TEXTS | st.none(), NUMBERS, st.booleans(), MOMENTS | st.just(pd.NaT)),
    min_size=1,
    max_size=30,
)
QUICK = settings(deadline=None, max_examples=50)
NAMES = ("text", "größe", 'a "b"\n', "when")


def frame(rows: list[Any]) -> pd.DataFrame:
    columns = dict(zip(NAMES, zip(*rows, strict=True), strict=True))
    dtypes = (object, float, bool, "datetime64[ns]")
    return pd.DataFrame(
        {name: pd.Series(columns[name], dtype=d) for name, d in zip(NAMES, dtypes, strict=True)}
    )


def one(value: Any, dtype: Any = None) -> int:
    """The number of a row with one cell."""
    return int(hash_rows(pd.DataFrame({"x": pd.Series([value], dtype=dtype)}))[0])


@QUICK
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_makes_no_difference(rows: list[Any], random: Any) -> None:
    table = frame(rows)
    whole = hash_rows(table)
    order = random.sample(range(len(rows)), len(rows))
    names = random.sample(NAMES, len(NAMES))
    assert (hash_rows(table.iloc[order][list(names)]) == whole[order]).all()


@QUICK
@given(ROWS)
def test_the_dtypes_of_columns_make_no_difference(rows: list[Any]) -> None:
    table = frame(rows)
    whole = hash_rows(table)
    assert whole.dtype == np.uint64
    assert (hash_rows(table.astype(object)) == whole).all()
    assert (hash_rows(table.astype({"text": "category", NAMES[2]: "boolean"})) == whole).all()
    zoned = table.assign(when=table["when"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))
    assert (hash_rows(zoned.astype({NAMES[2]: float})) == whole).all()


@QUICK
@given(ROWS, st.tuples(TEXTS, NUMBERS, st.booleans(), st.just(pd.NaT)))
def test_a_row_keeps_its_number_whatever_stands_below(rows: list[Any], odd: Any) -> None:
    assert (hash_rows(frame([*rows, odd]))[:-1] == hash_rows(frame(rows))).all()


@pytest.mark.parametrize("odd", ["?", None, np.nan, 1.5, True])
def test_one_odd_value_does_not_change_the_other_rows(odd: Any) -> None:
    whole = hash_rows(pd.DataFrame({"x": [0, 1, 17, 2**40], "y": [True, False, True, True]}))
    mixture = pd.DataFrame({"x": [0, 1, 17, 2**40, odd], "y": [True, False, True, True, odd]})
    assert (hash_rows(mixture)[:-1] == whole).all()


@pytest.mark.parametrize("missing", [None, np.nan, pd.NaT, pd.NA, "", Decimal("nan"), float("nan")])
def test_there_is_one_missing_value(missing: Any) -> None:
    assert one(missing, object) == one(np.nan, float) == one(pd.NaT, "datetime64[ns]")
    assert one(missing, object) == one(pd.NA, "Int64") == one(pd.NA, "string")


@pytest.mark.parametrize(
    ("same", "dtype"),
    [
        *((1, kind) for kind in ("int8", "uint64", "Int64", "float32", "float64", object)),
        *((True, kind) for kind in (bool, "boolean", object)),
        *((text, object) for text in ("1", "1.0", " +1 ", "1e0", "true", "TRUE ", "01")),
        *((number, object) for number in (np.float32(1), np.int16(1), Decimal("1.00"))),
    ],
)
def test_a_cell_counts_as_what_it_says(same: Any, dtype: Any) -> None:
    assert one(same, dtype) == one(1, "int64")


def test_text_that_reads_as_a_date_is_that_date() -> None:
    moment = one(pd.Timestamp("2020-02-29 12:30"), "datetime64[ns]")
    assert moment == one("2020-02-29T12:30:00", object) == one("2020-02-29 12:30", "datetime64[s]")
    assert len({one(text) for text in ("2020-02-29", "2021-02-29", "2021-02-28", "20210228")}) == 4


def test_minus_zero_is_zero() -> None:
    assert one(-0.0) == one(0) == one("-0")


@QUICK
@given(st.sets(TEXTS.map(str.strip).map(str.lower), min_size=2, max_size=50))
def test_different_texts_have_different_numbers(texts: set[str]) -> None:
    words = [f"w {text}" for text in texts]
    assert len(set(hash_rows(pd.DataFrame({"x": words})).tolist())) == len(words)


def test_a_value_in_another_column_is_another_row() -> None:
    table = pd.DataFrame({"a": [1, 2, 0], "b": [2, 1, 0]})
    assert len(set(hash_rows(table).tolist())) == 3
    assert hash_rows(table[["a"]])[0] != hash_rows(table[["b"]])[1]
    assert hash_rows(table)[0] != hash_rows(table.rename(columns={"a": "c"}))[0]


def test_numbers_spread_evenly_over_all_values() -> None:
    hashes = hash_rows(pd.DataFrame({"x": np.arange(100_000)}))
    assert len(np.unique(hashes)) == len(hashes)
    for bit in range(64):  # each is a coin thrown 100,000 times: six standard deviations
        ones = int((hashes >> np.uint64(bit) & np.uint64(1)).sum())
        assert abs(ones - 50_000) < 6 * np.sqrt(25_000)


def test_an_empty_table_has_no_numbers() -> None:
    assert hash_rows(tracked.frame().head(0)).shape == (0,)


def test_another_process_gives_the_same_numbers() -> None:
    code = (
        "import json; from pipeline.gate.row_hash import hash_rows; "
        "from tests.tables import everything; "
        "print(json.dumps(hash_rows(everything('classification').frame).tolist()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == hash_rows(everything("classification").frame).tolist()
