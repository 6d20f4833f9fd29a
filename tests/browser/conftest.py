"""One training and one server for all tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import browsing
from tests.browser.shown import Shown, shown
from tests.commands import needed


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    needed(browsing.CHROMIUM or None, "chromium")
    with shown(tmp_path_factory.mktemp("browser")) as started:
        yield started
