"""How numbers and dates are written is found from all cells of a column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.tables import ROWS, days, plain, read_file, swapped, write


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT00:00:00Z",
        "%Y-%m-%d 00:00:00+00:00",
        "%Y-%m-%dT02:00:00.000+02:00",
        "%Y-%m-%d 00:00:00 UTC",
        "%Y-%-m-%-d",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%m/%d/%Y 12:00 AM",
    ],
)
def test_a_date_in_any_form_is_the_date(tmp_path: Path, form: str) -> None:
    dataset = read_file(write(tmp_path, plain(d=days().dt.strftime(form).tolist())))
    pd.testing.assert_series_equal(dataset.frame["d"], days().rename("d"))


@pytest.mark.parametrize(
    ("write_one", "marks"),
    [
        (swapped, (",", ".")),
        (lambda v: f"{v:,.2f}", (".", ",")),
        (lambda v: f"${v:,.2f}", (".", ",")),
        (lambda v: f"{v:,.2f}".replace(",", "'"), (".", "'")),
        (lambda v: f"CHF {v:,.2f}".replace(",", "\u2019"), (".", "\u2019")),
        (lambda v: f"{v:,.2f} kr".replace(",", " ").replace(" kr", " SEK"), (".", " ")),
    ],
)
def test_each_way_to_write_amounts_is_read_and_kept(
    tmp_path: Path, write_one: Callable[[float], str], marks: tuple[str, str]
) -> None:
    values = np.random.default_rng(1).uniform(0, 1e7, ROWS).round(2)
    dataset = read_file(write(tmp_path, plain(a=[write_one(v) for v in values]), "\t"))
    np.testing.assert_array_equal(dataset.frame["a"], values)
    cells = dataset.cells["a"]
    assert cells.decimal == marks[0]
    assert marks[1] in cells.thousands


@pytest.mark.parametrize(
    ("separator", "mark"), [(";", "."), (",", ","), ("\t", ".")], ids=["points", "commas", "tab"]
)
def test_no_thousands_begin_with_a_zero(tmp_path: Path, separator: str, mark: str) -> None:
    values = np.random.default_rng(3).uniform(-3, 3, ROWS).round(3)
    cells = [f"{value:.3f}".replace(".", mark) for value in values]
    dataset = read_file(write(tmp_path, plain(a=cells), separator))
    np.testing.assert_array_equal(dataset.frame["a"], values)
