"""What an analyst sees in MLflow: the run, its model and the registered version."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.browsing import visit
from tests.browser.shown import Shown, artifact

pytestmark = pytest.mark.long

WIDE = {"viewport": {"width": 1400, "height": 1000}}


def opened(page: Page, address: str, text: str) -> None:
    page.goto(address)
    page.get_by_text(text).first.wait_for()


def bottom(page: Page, text: str) -> float:
    box = page.get_by_text(text).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def test_the_printed_link_opens_the_run_among_the_pages_for_models(
    chromium: Browser, run: Shown
) -> None:
    record = json.loads((run.folder / "out" / "config" / "run.json").read_bytes())
    with visit(chromium, **WIDE) as seen:
        opened(seen.page, run.run, record["run_name"])
        assert run.run_id in seen.page.url
        seen.page.get_by_text("Model registry").first.wait_for()  # absent from those for agents


def test_verdict_model_and_links_are_read_without_unfolding(chromium: Browser, run: Shown) -> None:
    with visit(chromium, **WIDE) as seen:
        opened(seen.page, run.run, "Parity passed on")
        fold = seen.page.get_by_text("Show more").first.bounding_box()
        assert fold is not None
        for text in ("Parity passed on", "on the holdout", "model card"):
            assert bottom(seen.page, text) < fold["y"]


def test_the_descriptions_links_open_report_and_model(chromium: Browser, run: Shown) -> None:
    with visit(chromium, **WIDE) as seen:
        opened(seen.page, run.run, "Parity passed on")
        with seen.page.context.expect_page() as tab:
            seen.page.get_by_role("link", name="report", exact=True).click()
        assert "predicts charges" in artifact(tab.value).inner_text("h1")
        with seen.page.context.expect_page() as tab:
            seen.page.get_by_role("link", name="model", exact=True).click()
        tab.value.get_by_text("About this logged model").wait_for()
        tab.value.get_by_text(re.compile("insurance \\(#")).first.wait_for()  # its dataset


@pytest.mark.parametrize("name", ["leaderboard", "parity"])
def test_tables_are_shown_as_tables(chromium: Browser, run: Shown, name: str) -> None:
    file = ("experiments", "1", "runs", run.run_id, "artifacts", "tables", f"{name}.json")
    content = json.loads((run.folder / "out" / "tables" / f"{name}.json").read_bytes())
    with visit(chromium, **WIDE) as seen:
        opened(seen.page, run.page(*file), "View as table")
        for column in content["columns"][:3]:
            seen.page.get_by_text(column, exact=True).first.wait_for()


def test_the_version_is_described_by_its_model_card(chromium: Browser, run: Shown) -> None:
    with visit(chromium, **WIDE) as seen:
        opened(seen.page, run.page("models", "insurance", "versions", "1"), "Parity passed.")
        seen.page.get_by_role("heading", name="Intended use").wait_for()
        seen.page.get_by_text("champion").first.wait_for()
        assert "**" not in seen.page.inner_text("body")  # Markdown that nobody rendered


def test_the_registered_model_says_what_it_predicts(chromium: Browser, run: Shown) -> None:
    with visit(chromium, **WIDE) as seen:
        opened(seen.page, run.page("models", "insurance"), "Models that predict charges")
