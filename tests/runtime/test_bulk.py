"""Many cells at once are what each of them is alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.conventions import FORMATS
from pipeline.manifest.columns import Cells
from pipeline.runtime.bulk import FEW, digit_shapes, read_days, read_numbers
from pipeline.runtime.grammar import APOSTROPHES, NAT, SPACES, parse_day, parse_number

FORMS = (*FORMATS, "%Y%m%d", "%Y年%m月%d日", "%d %b %Y", "%d.%m.%y %H:%M")
BLANKS = st.sampled_from(["", "", "", " ", "  ", "\t", "\u00a0", "\n"])
HOSTILE = st.sampled_from([
    *("", "soon", "20:15", "2021-02-30", "9999-12-31", "0000-00-00", "2021-13-01", "2100-02-29"),
    *("2000-02-29", "2021-01-01T24:00", "2016-12-31T23:59:60", "2016-12-31 23:59:60Z"),
    *("1677-12-31", "2262-01-01", "1678-01-01T00:00+99:99", "2021-01-01T10:00+1", "2021-01-01T"),
    *("2261-12-31T23:59:59.999999999-99:99", "0.1.2021 0:00 AM", "1/2/2021 13:00 PM"),
    *("31.04.2021", "29/02/2023", "٢٠٢١-٠١-٠١", "2021-01-01\x00", "2021-01-01\n", "2021-1-1"),
    *("2021-01-01\n2021-01-02", "99/99/9999", "\ud800"),
])  # fmt: skip


@st.composite
def dates(draw: st.DrawFn) -> str:
    """Text that may be a date: parts of any size in any of the forms, right or nearly so."""
    form = draw(st.sampled_from(["%Y-%m-%d", "%Y-%m-%d", *FORMS[1:]]))
    small = st.integers(0, 13) | st.integers(27, 32)
    parts = {
        "%Y": f"{draw(st.sampled_from([1677, 1678, 1900, 2000, 2023, 2024, 2261, 2262])):04d}",
        "%m": format(draw(small), draw(st.sampled_from(["02d", "d"]))),
        "%d": format(draw(small), draw(st.sampled_from(["02d", "d"]))),
        **{"%b": "Feb", "%y": "24", "%H": "23", "%M": "59"},
    }
    for code, value in parts.items():
        form = form.replace(code, value)
    if draw(st.booleans()):
        clock = st.sampled_from(["0", "00", "9", "12", "23", "24", "59", "60"])
        form += (
            draw(st.sampled_from(["T", "t", " ", ", "])) + f"{draw(clock):>02}:{draw(clock):>02}"
        )
        if draw(st.booleans()):
            form += f":{draw(clock):>02}"
            form += draw(st.just("") | st.from_regex(r"[.,][0-9]{1,9}", fullmatch=True))
        form += draw(st.sampled_from(["", "", " AM", "pm"]))
        form += draw(
            st.sampled_from(["", "Z", " z", " UTC", "GMT", "+02:00", "-0130", "+14", "-99:99"])
        )
    return draw(BLANKS) + form + draw(BLANKS)


def alone(read, texts: list[str], cells: Cells) -> list[float | None]:
    return [read(text, cells) for text in texts]


@given(st.lists(dates() | HOSTILE, max_size=8), st.sampled_from(FORMS))
def test_dates_are_what_each_is_alone(texts: list[str], form: str) -> None:
    cells = Cells(dates=form)
    texts = texts * FEW
    expected = alone(parse_day, texts, cells)
    found = read_days(texts, cells)
    if None in expected:
        assert found is None
        texts = [text for text, one in zip(texts, expected, strict=True) if one is not None]
        found = read_days(texts, cells)
    assert found is not None
    assert found.tolist() == [one for one in expected if one is not None]


@pytest.mark.parametrize("form", FORMATS)
def test_every_day_of_some_years_and_many_that_are_none(form: str) -> None:
    years = (1678, 1900, 2000, 2023, 2024, 2261)
    form = form or "%Y-%m-%d"
    texts = [
        form.replace("%Y", str(year)).replace("%m", f"{month:02}").replace("%d", f"{day:02}")
        for year, month, day in itertools.product(years, range(14), range(33))
    ]
    cells = Cells(dates=form)
    found = read_days(texts, cells)
    assert found is not None
    assert found.tolist() == alone(parse_day, texts, cells)
    assert np.count_nonzero(found != NAT) == 6 * 365 + 2


@st.composite
def amounts(draw: st.DrawFn) -> str:
    """Text that may be a number with separators, signs and blanks, at their places or others."""
    marks = [*".,", *APOSTROPHES, *SPACES, *"+-eE", "€", "%", "EUR", "\t"]
    digits = st.from_regex(r"[0-9]{1,4}", fullmatch=True)
    grouped = st.builds(
        lambda value, mark, point, sign: sign.format(
            f"{value:,.2f}".translate(str.maketrans({",": mark, ".": point}))
        ),
        st.floats(-1e9, 1e9),
        st.sampled_from(marks[:7]),
        st.sampled_from(".,"),
        st.sampled_from(["{}", "{} €", "€{}", "{} EUR", "- {}", "EUR -{}", "{}e5", "{}%", " {}\t"]),
    )
    loose = st.lists(digits | st.sampled_from(marks), max_size=6).map("".join)
    return draw(
        grouped | loose | HOSTILE | st.sampled_from(["inf", "nan", "1e999", "٣", "0x1", "1_0"])
    )


STYLES = [
    Cells(decimal=decimal, thousands=thousands, signs=signs)
    for decimal, thousands, signs in itertools.product(
        ".,", ((), (",",), (".",), tuple(APOSTROPHES), tuple(SPACES)), ((), ("€",), ("EUR", "%"))
    )
    if decimal not in thousands
]


@given(st.lists(amounts(), max_size=8), st.sampled_from(STYLES))
def test_numbers_are_what_each_is_alone(texts: list[str], cells: Cells) -> None:
    texts = texts * FEW
    expected = alone(parse_number, texts, cells)
    found = read_numbers(texts, cells)
    if None in expected:
        assert found is None
        texts = [text for text, one in zip(texts, expected, strict=True) if one is not None]
        found = read_numbers(texts, cells)
    assert found is not None
    assert found.tolist() == [one for one in expected if one is not None]


@given(st.lists(st.text(max_size=6)))
def test_a_shape_is_the_text_with_nines_for_digits(texts: list[str]) -> None:
    assert digit_shapes(texts) == [
        "".join("9" if c in "0123456789" else c for c in t) for t in texts
    ]
