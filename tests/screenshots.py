"""Pictures of what an analyst sees: `python tests/screenshots.py [DIR]`, docs/img by default."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # started as a script, Python looks for modules in tests/ alone

from playwright.sync_api import Browser, Page  # noqa: E402

from tests.browser.browsing import browser, visit  # noqa: E402
from tests.browser.shown import Shown, shown  # noqa: E402

LARGEST = 150_000
COLOURS = (0, 256, 128, 64, 32)
"""How many a picture may keep; 0 is all of them."""
SETTLED = 1500
"""Milliseconds in which MLflow fills in the rest of a page."""


def save(page: Page, file: Path) -> None:
    """A small PNG of what is on the screen, in all its colours if they fit."""
    whole = Image.open(BytesIO(page.screenshot())).convert("RGB")
    for count in COLOURS:
        few = whole.quantize(count, dither=Image.Dither.NONE) if count else whole
        few.save(file, "PNG", optimize=True)
        if file.stat().st_size <= LARGEST:
            return


def picture(started: Browser, run: Shown, folder: Path) -> None:
    """All pictures of one run."""
    with screen(started) as page:
        page.goto(run.run)
        page.get_by_text("Parity passed on").first.wait_for()
        page.get_by_text("Show more").first.click()
        page.get_by_role("link", name="Linear Regression").wait_for()  # a candidate's own run
        page.wait_for_timeout(SETTLED)
        save(page, folder / "mlflow-run.png")
    with screen(started) as page:
        page.goto(run.page("models", "insurance", "versions", "1"))
        page.get_by_text("Parity passed.").first.wait_for()
        page.wait_for_timeout(SETTLED)
        save(page, folder / "mlflow-version.png")
    for name, place in {"report": "", "report-metrics": "#metrics", "parity": "#parity"}.items():
        with screen(started) as page:
            page.goto(run.report + place)
            save(page, folder / f"{name}.png")
    with screen(started, viewport={"width": 390, "height": 844}) as page:
        page.goto(run.report)
        save(page, folder / "report-phone.png")


@contextmanager
def screen(started: Browser, **options: Any) -> Iterator[Page]:
    """A page as wide as a notebook's, or as `options` say."""
    with visit(started, **{"viewport": {"width": 1280, "height": 900}, **options}) as seen:
        yield seen.page


def main(folder: Path) -> None:
    """Train, and write the pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, browser() as started, shown(Path(name)) as run:
        picture(started, run, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "img")
