"""Few resamples, for verdicts that are clear."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.gate import bootstrap

FEW = 40
"""Resamples, which decide as 2,000 do where the difference is clear."""


@pytest.fixture(scope="module")
def few_resamples() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MOST", "OF_CLASSES", "LEAST"):
            patch.setattr(bootstrap, name, FEW)
        yield
