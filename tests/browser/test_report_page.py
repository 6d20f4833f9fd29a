"""The report in a browser: from disk, and inside MLflow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.browser.browsing import visit
from tests.browser.shown import Shown, artifact

pytestmark = pytest.mark.long

BROKEN = "[...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.alt)"
EMPTY = "[...document.querySelectorAll('figure')].filter(f => !f.querySelector('img')).length"
OVERHANG = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PICTURES = "[...document.querySelectorAll('picture img')].map(i => i.currentSrc)"


def _address(run: Shown) -> tuple[str, ...]:
    return ("experiments", "1", "runs", run.run_id, "artifacts", "reports", "report.html")


def assert_whole(page: Page | Frame) -> None:
    assert page.evaluate("document.images.length") > 2
    assert page.evaluate(BROKEN) == []
    assert page.evaluate(EMPTY) == 0


def test_the_report_from_disk_is_whole_and_asks_for_nothing(chromium: Browser, run: Shown) -> None:
    with visit(chromium) as seen:
        requests: list[str] = []
        seen.page.on("request", lambda request: requests.append(request.url))
        seen.page.goto(run.report)
        assert_whole(seen.page)
        assert seen.failures == []
        assert {url for url in requests if not url.startswith("data:")} == {run.report}


def test_the_report_inside_mlflow_is_whole(chromium: Browser, run: Shown) -> None:
    with visit(chromium) as seen:
        seen.page.goto(run.page(*_address(run)))
        frame = artifact(seen.page)
        assert_whole(frame)
        assert frame.evaluate(OVERHANG) <= 0
        assert seen.failed("blob:") == []


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_screen(chromium: Browser, run: Shown, width: int) -> None:
    with visit(chromium, viewport={"width": width, "height": 844}) as seen:
        seen.page.goto(run.report)
        seen.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert seen.page.evaluate(OVERHANG) <= 0


def test_a_dark_screen_gets_dark_pictures(chromium: Browser, run: Shown) -> None:
    found = []
    for scheme in ("light", "dark"):
        with visit(chromium, color_scheme=scheme) as seen:
            seen.page.goto(run.report)
            assert_whole(seen.page)
            ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
            found.append((ground, seen.page.evaluate(PICTURES)))
    (light, pictures), (dark, others) = found
    assert light != dark
    assert pictures
    assert all(one != other for one, other in zip(pictures, others, strict=True))


def assert_links_scroll(frame: Page | Frame) -> None:
    for link in frame.query_selector_all("nav a"):
        frame.evaluate("scrollTo(0, 0)")
        link.click()
        target = frame.query_selector(str(link.get_attribute("href")))
        assert target is not None
        place = target.evaluate("place => place.getBoundingClientRect().y")
        height = frame.evaluate("innerHeight")
        assert -1 < place < height, link.inner_text()  # browsers scroll by whole pixels


def test_every_link_to_a_section_scrolls_there(chromium: Browser, run: Shown) -> None:
    with visit(chromium) as seen:
        seen.page.goto(run.report)
        assert_links_scroll(seen.page)


def test_every_link_to_a_section_scrolls_there_inside_mlflow(chromium: Browser, run: Shown) -> None:
    with visit(chromium) as seen:
        seen.page.goto(run.page(*_address(run)))
        assert_links_scroll(artifact(seen.page))
        assert seen.failed("blob:") == []
