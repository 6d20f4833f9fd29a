"""One process of Node.js for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.model_page.evaluator import Evaluator, started


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    with started() as process:
        yield process
