"""Drift where there is drift, none where there is none, and a reason for every refusal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, ks_2samp

from pipeline.config.retrain_config import Drift
from pipeline.data.dataset import Dataset
from pipeline.drift import Baseline, DriftReport, detect_drift
from pipeline.drift.numeric import POINTS
from pipeline.errors import DataError
from tests import tables
from tests.drift.weekly import Edit, edited, table, week

DRIFTING = {"spent", "visits", "city", "member", "joined"}
SEEDS = range(20)


def examined(dataset: object, edit: Edit | None = None, **settings: object) -> DriftReport:
    """A later week against the first one."""
    found = edited(dataset, edit) if edit else dataset  # type: ignore[arg-type]
    return detect_drift(Baseline.of(week(0)), found, Drift(**settings))  # type: ignore[arg-type]


def test_what_drifts_is_found_and_nothing_else() -> None:
    for seed in range(5):
        report = examined(week(seed + 1, drift=1.0))
        assert {column.name for column in report.drifted} == DRIFTING
        assert report.problems == ()


def test_equal_weeks_seldom_drift() -> None:
    """One test in a thousand may say so by chance, but then its index does not."""
    reports = [examined(week(seed + 1, rows=rows)) for seed in SEEDS for rows in (60, 600)]
    drifted = [column.name for report in reports for column in report.drifted]
    tested = [column.change.p_value < 0.05 for report in reports for column in report.columns]
    assert len(tested) == 8 * len(reports)
    assert drifted == []
    assert np.mean(tested) < 0.06  # 0.05 or less: ties and points between make it rarer


def test_small_differences_in_many_rows_are_not_drift() -> None:
    random = np.random.default_rng(0)
    older, newer = (
        table(
            pd.DataFrame({"x": random.normal(mean, 1, 50_000), "y": range(50_000)}),
            "y",
            "regression",
        )
        for mean in (0, 0.05)
    )
    report = detect_drift(Baseline.of(older), newer, Drift())
    found = {column.name: column for column in report.columns}["x"]
    assert found.change.p_value < 1e-6
    assert not found.drifted


def test_large_differences_of_few_rows_are_not_drift() -> None:
    older, newer = (
        table(pd.DataFrame({"x": values, "y": range(6)}), "y", "regression")
        for values in ([1.0, 2, 3, 4, 5, 6], [4.0, 5, 6, 7, 8, 9])
    )
    report = detect_drift(Baseline.of(older), newer, Drift())
    found = {column.name: column for column in report.columns}["x"]
    assert found.change.psi > 0.25
    assert not found.drifted


def test_every_column_is_tested_as_scipy_does_on_both_tables() -> None:
    first, later = week(0), week(7, rows=400, drift=0.2)
    report = examined(later)
    assert {column.name for column in report.columns} == set(first.frame)
    for column in report.columns:
        older, newer = first.frame[column.name], later.frame[column.name]
        if column.kind in ("number", "date"):
            both = pd.concat([older, newer]).rank(na_option="bottom").to_numpy()
            expected = ks_2samp(both[: len(older)], both[len(older) :], method="asymp")
            assert column.change.statistic == pytest.approx(expected.statistic, abs=1 / POINTS)
            assert column.change.p_value >= expected.pvalue * (1 - 1e-9)
        elif column.name != "name":
            counts = [side.fillna("?").value_counts() for side in (older, newer)]
            found = chi2_contingency(pd.concat(counts, axis=1).to_numpy(), correction=False)
            assert column.change.p_value == pytest.approx(found.pvalue)
        assert column.missing == (older.isna().mean(), newer.isna().mean())


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_same_table_has_not_drifted(task: str) -> None:
    dataset = tables.everything(task)
    report = detect_drift(Baseline.of(dataset), dataset, Drift(max_drifted=0.0))
    report.refuse()
    assert report.text == f"no drift in {len(dataset.frame.columns)} columns"
    assert all(column.change.psi == 0 for column in report.columns)
    assert report.notes == ("The file is the one that the champion was trained on.",)


REFUSED: dict[str, tuple[Edit, str]] = {
    "a column is missing": (
        lambda frame: frame.drop(columns="age"),
        "column 'age': got no such column, expected numbers. Bring it back",
    ),
    "a column is called otherwise": (
        lambda frame: frame.rename(columns={"visits": "visit"}),
        "column 'visits': got no such column, expected numbers. Did you mean 'visit'?",
    ),
    "numbers have become text": (
        lambda frame: frame.assign(age=frame["age"].astype(str)),
        "column 'age': got text, expected numbers. Correct its values",
    ),
    "booleans have gaps": (
        lambda frame: frame.assign(member=frame["member"].map({True: "true", False: None})),
        "column 'member': got text, expected true or false in every row",
    ),
    "dates have become numbers": (
        lambda frame: frame.assign(joined=frame["joined"].dt.year),
        "column 'joined': got numbers, expected dates",
    ),
    "classes have become numbers": (
        lambda frame: frame.assign(returns=frame["returns"].map({"no": 0, "yes": 1})),
        "target 'returns': got numbers, expected text",
    ),
    "a class has vanished": (
        lambda frame: frame.assign(returns=frame["returns"].replace("yes", "perhaps")),
        "target 'returns': got no row of class 'yes', expected rows of every class",
    ),
    "the table has shrunk": (
        lambda frame: frame.head(299),
        "rows: got 299, expected at least 300 (50% of the champion's 600)",
    ),
    "values have gone": (
        lambda frame: frame.assign(age=frame["age"].where(frame.index >= 250)),
        "column 'age': got no value in 41.7% of the rows, expected at most 30.0% more than the "
        "champion's 0.0%",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_data_is_refused_with_a_reason(name: str) -> None:
    edit, reason = REFUSED[name]
    report = examined(week(1), edit)
    (problem,) = report.problems
    assert report.text.startswith("data refused: ")
    with pytest.raises(DataError) as refusal:
        report.refuse()
    assert str(refusal.value).startswith(f"week.csv: {reason}")
    assert refusal.value.exit_code == 3
    assert refusal.value.hint == problem.hint != ""


def test_just_enough_rows_and_values_are_accepted() -> None:
    examined(week(1), lambda frame: frame.head(300)).refuse()
    examined(week(1), lambda f: f.assign(age=f["age"].where(f.index >= 180))).refuse()


def test_gaps_that_the_champion_knew_do_not_count() -> None:
    def rarer(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(spent=frame["spent"].where(frame.index >= 150))

    report = examined(week(1), rarer)
    before, after = next(c.missing for c in report.columns if c.name == "spent")
    assert 0 < before < 0.3 < after
    report.refuse()


def test_another_question_is_refused() -> None:
    dataset = week(1)
    spec = dataset.spec
    other = replace(dataset, spec=spec.model_copy(update={"target": "age", "task": "regression"}))
    messages = [problem.message for problem in examined(other).problems]
    assert messages == [
        "task: got regression, expected classification as the champion has it",
        "target: got 'age', expected 'returns' as the champion has it",
    ]


def test_too_many_drifted_columns_are_refused_where_a_limit_is_set() -> None:
    drifted = week(1, drift=1.0)
    examined(drifted).refuse()
    examined(drifted, max_drifted=5 / 8).refuse()
    with pytest.raises(DataError, match=r"drift: got 5 of 8 columns drifted .* at most 60%"):
        examined(drifted, max_drifted=0.6).refuse()


def test_several_problems_are_told_in_one_message() -> None:
    def spoilt(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.drop(columns=["age", "city"]).head(50)

    with pytest.raises(DataError) as refusal:
        examined(week(1), spoilt).refuse()
    lines = str(refusal.value).splitlines()
    assert lines[0] == "week.csv: 3 problems"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  column 'age'",
        "  column 'city'",
        "  rows",
    ]
    assert len(refusal.value.details["problems"]) == 3


def test_new_columns_and_classes_are_notes() -> None:
    def more(frame: pd.DataFrame) -> pd.DataFrame:
        labels = frame["returns"].where(frame.index % 3 > 0, "perhaps")
        return frame.assign(shoe=range(len(frame)), returns=labels)

    report = examined(week(1), more)
    report.refuse()
    assert report.notes == (
        "New columns, which the champion does not take: 'shoe'.",
        "New classes of the target: 'perhaps'.",
    )


def test_new_and_vanished_values_are_named() -> None:
    report = examined(week(1), lambda f: f.assign(city=f["city"].replace("Köln", "Genève")))
    change = {column.name: column.change for column in report.columns}["city"]
    assert (change.new, change.vanished) == (("Genève",), ("Köln",))


def test_classes_written_as_floats_are_the_same_classes() -> None:
    whole, real = (
        table(pd.DataFrame({"x": range(100), "y": y}), "y", "classification")
        for y in ([0, 1] * 50, [0.0, 1.0] * 50)
    )
    report = detect_drift(Baseline.of(whole), real, Drift())
    report.refuse()
    assert all(column.change.psi == 0 for column in report.columns)


def test_it_is_the_same_after_the_baseline_was_kept() -> None:
    kept = Baseline.from_json(Baseline.of(week(0)).to_json())
    report, expected = detect_drift(kept, week(3, drift=0.3), Drift()), examined(week(3, drift=0.3))
    for one, other in zip(report.columns, expected.columns, strict=True):
        assert one.name == other.name
        assert one.change.psi == other.change.psi
        assert one.change.p_value == other.change.p_value


def grown(edit: Edit) -> tuple[Dataset, NDArray[np.bool_]]:
    """Last week's table with new rows, which somebody has edited; and which these are."""
    old, new = week(0).frame, edit(week(9, rows=120).frame)
    frame = pd.concat([old, new], ignore_index=True)
    return edited(week(0), lambda _: frame), np.arange(len(frame)) >= len(old)


def later(frame: pd.DataFrame) -> pd.DataFrame:
    """A city that nobody knew, first gaps in age, and more spent."""
    city = frame["city"].where(frame.index % 3 > 0, "Genève")
    age = frame["age"].where(frame.index % 20 > 0)
    return frame.assign(city=city, age=age, spent=3 * frame["spent"])


def test_new_rows_are_held_against_the_old_ones_not_drowned_in_them() -> None:
    dataset, fresh = grown(later)
    report = detect_drift(Baseline.of(week(0)), dataset, Drift(), fresh)
    alone = detect_drift(Baseline.of(week(0)), edited(week(9, rows=120), later), Drift())
    assert report.fresh == 120
    assert {c.name: c.change.psi for c in report.columns} == {
        c.name: c.change.psi for c in alone.columns
    }
    assert {"city", "spent"} <= {column.name for column in report.drifted}
    assert report.problems == ()  # all rows count where it asks how many there are


def test_what_is_new_in_a_column_is_said_whatever_its_index() -> None:
    def little(frame: pd.DataFrame) -> pd.DataFrame:
        city = frame["city"].where(frame.index > 0, "Genève")
        return frame.assign(city=city, age=frame["age"].where(frame.index > 0))

    report = examined(week(1), little)
    assert report.drifted == ()
    assert report.news == ("words never seen in 'city' ('Genève')", "first gaps in 'age'")
    assert report.text == "; ".join(report.news)


def test_a_class_is_gone_only_if_the_whole_table_lacks_it() -> None:
    dataset, fresh = grown(lambda frame: frame.assign(returns="no"))
    detect_drift(Baseline.of(week(0)), dataset, Drift(), fresh).refuse()


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(0.50, ""), (0.60, ""), (0.68, "watch"), (0.72, "watch"), (0.80, "drifted")],
)
def test_between_the_two_limits_a_column_is_one_to_watch(share: float, verdict: str) -> None:
    """The index of shares p and q is the sum of (q - p) ln(q / p): 0.04, 0.14, 0.20, 0.42."""
    older, newer = (
        table(
            pd.DataFrame({"x": ["a"] * many + ["b"] * (5000 - many), "y": range(5000)}),
            "y",
            "regression",
        )
        for many in (2500, round(5000 * share))
    )
    report = detect_drift(Baseline.of(older), newer, Drift())
    found = {column.name: column for column in report.columns}["x"]
    assert found.verdict == verdict
    said = {"watch": "1 of 2 columns to watch: 'x'", "drifted": "1 of 2 columns drifted: 'x'"}
    assert report.text == said.get(verdict, "no drift in 2 columns")
