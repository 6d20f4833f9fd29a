"""One browser, one training and one server for all tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import browsing
from tests.browser.shown import Shown, shown
from tests.commands import needed


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    needed(browsing.CHROMIUM or None, "chromium")
    with browsing.browser() as started:
        yield started


@pytest.fixture(scope="session")
def run(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with shown(tmp_path_factory.mktemp("browser")) as started:
        yield started
