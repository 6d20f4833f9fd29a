"""The report as files: what MLflow shows, and a page that a person reads."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser

from pipeline.config.retrain_config import Drift
from pipeline.drift import Baseline, DriftReport, Problem, detect_drift, write_drift_report
from pipeline.drift.charts import pair_bars
from pipeline.drift.page import MOST_ROWS, render_drift_report
from pipeline.report.chapters import read_tables
from tests.browser import browsing
from tests.drift.weekly import edited, table, week
from tests.report.page import Page

HOSTILE = '<script>alert(1)</script> & "quoted" $x$ 青'


OVERHANG = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


LONGEST = "Math.max(...[...document.querySelectorAll('.bars i')].map(i => i.offsetWidth))"


def spoilt(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="age").head(100).rename(columns={"name": HOSTILE})


@pytest.fixture(scope="module")
def report() -> DriftReport:
    """Drift in a table that is refused, with a name that browsers could take for a script."""
    first = edited(week(0), lambda frame: frame.rename(columns={"name": HOSTILE}))
    return detect_drift(Baseline.of(first), edited(week(1, drift=1.0), spoilt), Drift())


@pytest.fixture(scope="module")
def folder(report: DriftReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("drift") / "new"
    assert write_drift_report(place, report) == place / "reports" / "drift.html"
    return place


def test_the_page_needs_nothing_but_itself(folder: Path) -> None:
    page = Page((folder / "reports" / "drift.html").read_text(encoding="utf-8"))
    assert page.attributes("src", "srcset", "href", "onclick", "onload") == []
    assert "script" not in {tag for tag, _ in page.tags}
    (policy,) = (attrs["content"] for tag, attrs in page.tags if "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'")


def test_the_verdict_comes_first_and_every_problem_is_told(
    folder: Path, report: DriftReport
) -> None:
    said = Page((folder / "reports" / "drift.html").read_text(encoding="utf-8")).said
    assert len(report.problems) == 2
    places = [said.index(text) for text in ("Data refused", *(p.message for p in report.problems))]
    assert places == sorted(places)
    assert all(problem.hint in said for problem in report.problems)
    assert f"{len(report.drifted)} of {len(report.columns)} columns drifted" in said
    assert HOSTILE[:39] in said


@pytest.mark.parametrize(
    ("drift", "headline"), [(0.0, "No drift"), (1.0, "Drift found, data accepted")]
)
def test_the_headline_is_the_verdict(drift: float, headline: str) -> None:
    found = detect_drift(Baseline.of(week(0)), week(1, drift=drift), Drift())
    page = Page(render_drift_report(found))
    assert page.blocks("h2")[0] == headline
    assert "refused" not in page.said


def test_the_headline_names_what_the_champion_has_never_seen() -> None:
    def unseen(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(city=frame["city"].where(frame.index > 2, "Genève"))

    found = detect_drift(Baseline.of(week(0)), edited(week(1), unseen), Drift())
    page = Page(render_drift_report(found))
    assert page.blocks("h2")[0] == "Watch: words never seen in 'city' ('Genève')"


def test_the_tables_say_what_the_report_says(folder: Path, report: DriftReport) -> None:
    tables = read_tables(folder)
    rows = tables["drift.json"].to_dict("records")
    for row, column in zip(rows, report.columns, strict=True):
        assert (row["column"], row["kind"]) == (column.name, column.kind)
        assert row["drifted"] == column.drifted
        assert row["psi"] == pytest.approx(column.change.psi)
        assert row["statistic"] == pytest.approx(column.change.statistic)
        assert row["p_value"] == pytest.approx(column.change.p_value, abs=1e-14)
        assert (row["missing_before"], row["missing_after"]) == pytest.approx(column.missing)
    problems = tables["drift_problems.json"].to_dict("records")
    assert tuple(Problem(**row) for row in problems) == report.problems


def test_good_data_has_a_table_of_no_problems(tmp_path: Path) -> None:
    write_drift_report(tmp_path, detect_drift(Baseline.of(week(0)), week(1), Drift()))
    table = read_tables(tmp_path)["drift_problems.json"]
    assert list(table) == ["what", "found", "expected", "hint"]
    assert len(table) == 0


def test_many_columns_are_cut_off_on_the_page() -> None:
    frame = pd.DataFrame({f"c{k}": range(30) for k in range(MOST_ROWS + 50)})
    dataset = table(frame, "c0", "regression")
    said = Page(render_drift_report(detect_drift(Baseline.of(dataset), dataset, Drift()))).said
    assert "and 50 more in tables/drift.json" in said


def test_a_table_that_has_no_column_in_common_gives_a_page() -> None:
    other = edited(week(1), lambda frame: frame.add_prefix("new "))
    found = detect_drift(Baseline.of(week(0)), other, Drift())
    assert found.columns == ()
    assert "Data refused" in Page(render_drift_report(found)).said


def test_bars_are_shares_of_all_rows(report: DriftReport) -> None:
    for column in report.columns:
        found = pair_bars(column)
        assert [sum(side) for side in zip(*(bar.shares for bar in found), strict=True)] == (
            pytest.approx([100, 100])
        )
        assert max(max(bar.lengths) for bar in found) == pytest.approx(100)


@pytest.mark.long
def test_the_page_is_whole_in_a_browser(folder: Path, chromium: Browser) -> None:
    grounds = []
    for scheme, width in (("light", 1280), ("dark", 390)):
        options = {"color_scheme": scheme, "viewport": {"width": width, "height": 844}}
        with browsing.visit(chromium, **options) as seen:
            seen.page.goto((folder / "reports" / "drift.html").as_uri())
            assert seen.page.evaluate(OVERHANG) <= 0
            assert seen.page.evaluate(LONGEST) > 100
            assert seen.failures == []
            ground = "getComputedStyle(document.body).backgroundColor"
            grounds.append(seen.page.evaluate(ground))
    assert grounds[0] != grounds[1]
