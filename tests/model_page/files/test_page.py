"""The page in Chromium, opened from disk: what it answers is what the Scorer answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from pipeline.model_page.render import render_model_page
from pipeline.runtime.scorer import Scorer
from tests.browser.browsing import PATIENCE, visit
from tests.bundle import proven

STATE = "document.body.dataset.state"
WIDTHS = [1280, 375]


@contextmanager
def opened(chromium: Browser, model: Path, **options: Any) -> Iterator[Page]:
    """The page once its proof was replayed; it must have asked for nothing, and nothing failed."""
    file = model.with_name("try.html")
    file.write_text(render_model_page(model.parent, Scorer(model).manifest), encoding="utf-8")
    with visit(chromium, **options) as seen:
        asked: list[str] = []
        seen.page.on("request", lambda request: asked.append(request.url))
        seen.page.goto(file.as_uri())
        until(seen.page, f"['proven', 'failed'].includes({STATE})")
        yield seen.page
        assert [each for each in asked if not each.startswith("blob:")] == [file.as_uri()]
        assert seen.failures == []


def until(page: Page, condition: str) -> None:
    """Ask again and again: the page's policy forbids what Playwright would wait with."""
    for _ in range(PATIENCE // 50):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {condition}")


def upload(page: Page, text: str) -> None:
    file = {"name": "new.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.set_input_files("#file", file)  # type: ignore[arg-type]
    until(page, "!/…$/.test(document.querySelector('#scored').textContent || '…')")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_the_proof_is_replayed_and_the_page_fits(
    chromium: Browser, tmp_path: Path, width: int, kind: str
) -> None:
    make: Any = getattr(proven, kind)
    model = make(tmp_path, *([("no", "yes")] if kind == "classification" else []))
    with opened(chromium, model, viewport={"width": width, "height": 800}) as page:
        assert page.evaluate(STATE) == "proven"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        unnamed = "[...document.querySelectorAll('input, select')].filter((e) => !e.labels.length"
        assert page.evaluate(f"{unnamed} && !e.ariaLabel).length") == 0


def test_typing_changes_the_answer_and_what_is_unusual_is_said(
    chromium: Browser, tmp_path: Path
) -> None:
    model = proven.regression(tmp_path)
    row: dict[str, Any] = {"member": "true", "joined": "2021-03-04", "smoker": "yes"}
    with opened(chromium, model) as page:
        mass = page.get_by_label("body mass [kg]", exact=True)
        for text, said in (("80.5", ""), ("500", "outside the range"), ("", "")):
            mass.fill(text)
            expected = Scorer(model).predict_one({**row, "body mass [kg]": text or None})
            wanted = f"{expected['prediction_label']:.7g}"
            until(page, f"document.querySelector('#value').title.startsWith('{wanted[:6]}')")
            assert said in page.inner_text("#warnings")
        mass.fill("heavy")
        until(page, "document.querySelector('[aria-invalid=true]')")
        assert "got “heavy”" in page.inner_text("#form")


def test_a_file_is_scored_as_by_the_scorer(chromium: Browser, tmp_path: Path) -> None:
    model = proven.regression(tmp_path)
    columns: dict[str, list[str]] = {
        "customer": ["a, b", 'c "d"', "e"],
        "body mass [kg]": ["70.5", "NA", "1e2"],
        "smoker": ["yes", "", "never seen"],
        "member": ["true", "0", "FALSE"],
        "joined": ["2021-03-04", "03.04.2021", ""],
    }
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([columns, *zip(*columns.values(), strict=True)])
    with opened(chromium, model) as page:
        upload(page, text.getvalue())
        with page.expect_download() as download:
            page.get_by_role("link", name="Save").click()
        found = list(csv.DictReader(download.value.path().read_text("utf-8").splitlines()))
        said = page.inner_text("#scored")
    names = [each.name for each in Scorer(model).manifest.inputs]
    wanted = Scorer(model).predict({name: columns[name] for name in names})
    labels = [float(row["prediction_label"]) for row in found]
    assert labels == pytest.approx(wanted["prediction_label"].tolist(), rel=1e-12)
    assert [row["customer"] for row in found] == columns["customer"]
    assert "a category that training never saw" in said


def test_a_file_that_is_dropped_is_scored(chromium: Browser, tmp_path: Path) -> None:
    model = proven.regression(tmp_path)
    made = """() => {
        const transfer = new DataTransfer();
        const text = "body mass [kg],smoker,member,joined\\n7.5,yes,true,2021-03-04\\n";
        transfer.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
        return transfer;
    }"""
    row = {"body mass [kg]": 7.5, "smoker": "yes", "member": True, "joined": "2021-03-04"}
    with opened(chromium, model) as page:
        carried = {"dataTransfer": page.evaluate_handle(made)}
        page.dispatch_event("#drop", "dragenter", carried)
        assert "over" in (page.get_attribute("#drop", "class") or "")
        page.dispatch_event("#drop", "drop", carried)
        until(page, "document.querySelector('#scored a')")
        assert "over" not in (page.get_attribute("#drop", "class") or "").split()
        assert page.inner_text("#scored").startswith("1 row of dropped.csv")
        with page.expect_download() as download:
            page.get_by_role("link", name="Save").click()
        (found,) = csv.DictReader(download.value.path().read_text("utf-8").splitlines())
    wanted = Scorer(model).predict_one(row)["prediction_label"]
    assert float(found["prediction_label"]) == pytest.approx(wanted, rel=1e-12)


def test_bad_cells_are_named_and_nothing_is_scored(chromium: Browser, tmp_path: Path) -> None:
    text = "body mass [kg],smoker,member,joined\n1,yes,true,\nx,no,maybe,\n"
    with opened(chromium, proven.regression(tmp_path)) as page:
        upload(page, text)
        said = page.inner_text("#scored")
        assert "row 2 (line 3), column “body mass [kg]”: got “x”" in said
        assert "column “member”: got “maybe”" in said
        assert page.query_selector("#scored a") is None
        upload(page, "smoker\nyes\n")
        assert "lacks" in page.inner_text("#scored")


def test_a_page_that_was_changed_says_so(chromium: Browser, tmp_path: Path) -> None:
    model = proven.regression(tmp_path)
    golden = model.with_name("golden.json")
    text = golden.read_text(encoding="utf-8")
    golden.write_text(text.replace('"tolerance": 1e-12', '"tolerance": -1'), encoding="utf-8")
    with opened(chromium, model) as page:
        assert page.evaluate(STATE) == "failed"
        assert "do not use" in page.inner_text("#verdict")
