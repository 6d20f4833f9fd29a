"""Flags packed into words of 31 bits come back, and are told by the columns' names."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.manifest import Mask
from pipeline.manifest.columns import Input, Known
from pipeline.runtime.masks import WARNS, flag_rows, list_warnings, pack_flags, unpack_mask


@given(st.integers(0, 4), st.integers(1, 100), st.randoms(use_true_random=False))
def test_flags_come_back(rows: int, columns: int, chance: st.DataObject) -> None:
    flags = np.array([[chance.random() < 0.5 for _ in range(columns)] for _ in range(rows)])
    flags = flags.reshape(rows, columns).astype(bool)
    mask = pack_flags(flags)
    assert (mask.dtype, mask.shape) == (np.int32, (rows, -(-columns // 31)))
    assert (mask >= 0).all()
    np.testing.assert_array_equal(unpack_mask(mask, columns), flags)


def test_rows_are_told_by_names() -> None:
    inputs = (
        Input("age", "number", None, Known(None, 18, 64)),
        Input("region", "text", None, Known(("east",))),
    )
    tensors = {
        "age": np.array([[np.nan], [18.0], [65.0]]),
        "region": np.array([["north"], ["east"], [""]], dtype=object),
    }
    masks = [Mask(warns.upper(), warns, "") for warns in WARNS]
    found = {w.upper(): pack_flags(flags) for w, flags in flag_rows(inputs, tensors).items()}
    assert list_warnings(inputs, masks, found) == [
        {"missing": ["age"], "unseen": ["region"]},
        {},
        {"missing": ["region"], "range": ["age"]},
    ]
