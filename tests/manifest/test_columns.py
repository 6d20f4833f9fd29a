"""What may be personal of a column is decided in one place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.manifest.columns import MOST_SHOWN, Input, Known
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven


def texts(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


@pytest.mark.parametrize(
    ("column", "is_personal"),
    [
        (Input("a", "text", known=Known()), True),  # too many to list, or taken word by word
        (Input("a", "text", known=Known(texts(MOST_SHOWN + 1))), True),
        (Input("a", "text", known=Known(texts(MOST_SHOWN))), False),
        (Input("a", "text"), False),
        (Input("a", "number", known=Known(None, 0, 1)), False),
        (Input("a", "date", known=Known(None, 0, 1)), False),
    ],
)
def test_a_column_of_many_texts_may_be_personal(column: Input, is_personal: bool) -> None:
    assert column.is_personal == is_personal


def test_a_manifest_names_such_columns(tmp_path: Path) -> None:
    manifest = Scorer(proven.regression(tmp_path)).manifest
    assert manifest.personal_columns == []
    inputs = tuple(
        replace(each, known=Known()) if each.kind == "text" else each for each in manifest.inputs
    )
    assert replace(manifest, inputs=inputs).personal_columns == ["smoker"]
