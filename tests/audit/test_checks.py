"""Each check sees through the table that was made for it, and says nothing of its clean sibling."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import audit_page
from benchmarks.audit import audited
from benchmarks.leaks import MADE, amounts, classes
from benchmarks.real import TABLES, Loaded
from pipeline import audit
from pipeline.audit import balance, scores
from pipeline.automl.out_of_time import OutOfTimeResult
from pipeline.config.train_config import TrainConfig
from pipeline.config.validation import Validation
from tests.audit.stand_in import Candidate, alarms, dataset, early, trained
from tests.commands import ROOT

TRAINED = (scores.DISAGREES, scores.LATER)
"""Checks that need folds or one more fit: benchmarks/audit.py trains for them."""
FITTED = {name: made for name, made in MADE.items() if made.check not in TRAINED}


def model(name: str) -> str:
    return MADE[name].include[0] if name != "sum" else "lr"


@pytest.mark.parametrize("name", FITTED)
def test_each_check_fires_on_its_table_and_names_the_column(name: str) -> None:
    made = MADE[name]
    found = alarms(made.bad(), model(name))
    assert made.check in found
    assert found[made.check].columns == ((made.column,) if made.column else ())
    assert found[made.check].text.strip() and found[made.check].todo.strip()


@pytest.mark.parametrize("name", FITTED)
def test_no_check_fires_on_the_clean_sibling(name: str) -> None:
    assert alarms(MADE[name].clean(), model(name)) == {}


def test_an_identifier_is_red_only_where_it_carries_the_target() -> None:
    assert alarms(MADE["row number"].bad())["identifier"].level == "red"
    assert alarms(MADE["customer number"].bad(), "lr")["identifier"].level == "amber"


BEFORE = [c.name for c in audit.CHECKS if c.known == "before"]


@pytest.mark.parametrize("name", [n for n, made in MADE.items() if made.check in BEFORE])
def test_what_the_table_tells_is_known_before_the_training(name: str) -> None:
    made = MADE[name]
    if made.check == "single column":  # held against the model's score
        return
    found = early(made.bad())
    assert made.check in found
    assert found[made.check].columns == ((made.column,) if made.column else ())
    assert made.check not in early(made.clean()) or made.check == "imbalance"


ORDERED = {"row number": "identifier"}
"""Checks that look at the order of the rows."""


@pytest.mark.parametrize("name", MADE)
def test_the_order_of_the_rows_changes_no_alarm(name: str) -> None:
    loaded = MADE[name].bad()
    mixed = loaded.frame.sample(frac=1, random_state=3, ignore_index=True)
    before, after = early(loaded), early(loaded._replace(frame=mixed))
    assert {n: a.columns for n, a in before.items()} == {n: a.columns for n, a in after.items()}
    kept = {n: a for n, a in before.items() if n != ORDERED.get(name)}
    assert kept == {n: a for n, a in after.items() if n != ORDERED.get(name)}


def validated(loaded: Loaded, **validation: str) -> dict[str, audit.Alarm]:
    """What the audit says of a table whose rows are to be split by a column."""
    table = dataset(loaded)
    spec = table.spec.model_copy(update={"validation": Validation(**validation)})
    run = trained(loaded, "lr")
    found = audit.audit_training(replace(table, spec=spec), TrainConfig(), run, "")  # type: ignore[arg-type]
    return {alarm.check: alarm for alarm in found.alarms}


def test_a_column_alone_is_judged_by_the_rows_that_the_model_is_judged_by() -> None:
    random = np.random.default_rng(6)
    shop = random.integers(0, 12, 600)
    frame = pd.DataFrame({"shop": shop, "x": random.normal(size=600)})
    frame["y"] = random.normal(size=12)[shop] * 10 + random.normal(size=600) * 0.1
    frame["day"] = pd.date_range("2020-01-01", periods=600)
    frame["walk"] = 100 * np.sin(np.arange(600) / 60) + random.normal(size=600)
    shops, walks = (
        Loaded(frame[list(names)], names[-1], "regression")
        for names in (("shop", "x", "y"), ("day", "x", "walk"))
    )
    for loaded, column in ((shops, "shop"), (walks, "day")):
        assert early(loaded)["single column"].columns == (column,)
    assert "single column" not in validated(shops, group="shop")
    assert "single column" not in validated(walks, time="day")


def test_what_only_some_of_a_class_have_tells_it() -> None:
    random = np.random.default_rng(7)
    frame = pd.DataFrame({"x": random.normal(size=600)})
    frame["left"] = np.where(random.random(600) < 0.2, "yes", "no")
    asked = random.random(600) < 0.6
    reasons = pd.Series(random.choice(["price", "moved"], 600)).where(asked)
    told = frame.assign(reason=reasons.where(frame["left"] == "yes"))
    found = early(Loaded(told, "left", "classification"))["gaps that tell the target"]
    assert (found.level, found.columns) == ("amber", ("reason",))
    everybody = Loaded(frame.assign(reason=reasons), "left", "classification")
    assert "gaps that tell the target" not in early(everybody)


def test_a_flag_of_one_class_and_a_copy_with_gaps_are_seen() -> None:
    frame, target, task = classes()
    random = np.random.default_rng(8)
    flag = (frame[target] == "mid").astype(int)
    found = early(Loaded(frame.assign(flag=flag), target, task))["copy of the target"]
    assert (found.level, found.columns) == ("amber", ("flag",))
    noisy = flag.where(random.random(len(frame)) < 0.9, 0)
    assert "copy of the target" not in early(Loaded(frame.assign(flag=noisy), target, task))
    some = frame[target].where(random.random(len(frame)) < 0.3)
    found = early(Loaded(frame.assign(z=some), target, task))["copy of the target"]
    assert (found.level, found.columns) == ("red", ("z",))


def test_a_trend_is_no_leak_and_a_year_no_number_of_its_rows() -> None:
    random = np.random.default_rng(3)
    sales = 100 + 3 * np.arange(200.0) + random.normal(size=200) + random.integers(0, 9, 200)
    month = pd.date_range("2000-01-01", periods=200, freq="MS")
    for time in (month, np.arange(1820, 2020)):
        loaded = Loaded(pd.DataFrame({"when": time, "sales": sales}), "sales", "regression")
        found = early(loaded)
        assert "identifier" not in found
        if "copy of the target" not in found:
            assert found["single column"].level == "amber"
            assert '[validation] time = "when"' in found["single column"].todo
        run = replace(trained(loaded, "lr"), forward=OutOfTimeResult("when", 60, {"R2": 0.9}))
        after = audit.audit_training(dataset(loaded), TrainConfig(), run, "")  # type: ignore[arg-type]
        assert "single column" not in {alarm.check for alarm in after.alarms}


def test_a_number_of_its_own_hides_no_copied_row() -> None:
    frame, target, task = amounts(150)
    numbers = np.random.default_rng(9).permutation(600)
    copied = pd.concat([frame] * 4, ignore_index=True).assign(order=numbers)
    copied["code"] = [f"A-{n:04d}" for n in numbers]
    for said in (early, alarms):
        found = said(Loaded(copied, target, task))["duplicate rows"]  # type: ignore[operator]
        assert "apart from" in found.text
    assert alarms(Loaded(copied, target, task))["duplicate rows"].level == "red"


def test_of_few_columns_the_target_tells_whether_rows_come_again() -> None:
    random = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"a": random.normal(size=150).round(3), "k": random.choice(list("xyz"), 150)}
    )
    frame["y"] = random.normal(size=150).round(2)
    copied = pd.concat([frame] * 4).sample(frac=1, random_state=1, ignore_index=True)
    assert alarms(Loaded(copied, "y", "regression"))["duplicate rows"].level == "red"
    few = frame.assign(a=random.integers(0, 5, 150))
    assert "duplicate rows" not in alarms(Loaded(few, "y", "regression"), "lr")


def test_an_amount_by_which_a_table_is_sorted_is_no_number_of_its_rows() -> None:
    frame, target, task = amounts(200)
    amount = np.sort(np.random.default_rng(1).choice(10**6, 200, replace=False))
    assert "identifier" not in early(Loaded(frame.assign(population=amount), target, task))
    assert "identifier" in early(Loaded(frame.assign(customer_id=amount), target, task))


def test_advice_names_what_has_not_been_done() -> None:
    frame, target, task = MADE["few yes"].bad()
    todo = early(Loaded(frame, target, task), fix_imbalance=True)["imbalance"].todo
    assert "fix_imbalance" not in todo and "--metric AUC" in todo and "[threshold]" in todo
    text = [" ".join([f"word{k % 7}", "one", "two", "three", str(k)]) for k in frame.index]
    todo = early(Loaded(frame.assign(note=text), target, task))["identifier"].todo
    assert 'text_features = ["note"]' in todo


def test_running_numbers_with_gaps_are_seen_by_their_order_alone() -> None:
    frame, target, task = classes()
    numbers = np.cumsum(np.random.default_rng(1).integers(1, 9, len(frame)))
    in_order = Loaded(frame.assign(n=numbers), target, task)
    mixed = frame.assign(n=np.random.default_rng(2).permutation(numbers))
    assert early(in_order)["identifier"].columns == ("n",)
    assert "identifier" not in early(Loaded(mixed, target, task))
    named = Loaded(mixed.rename(columns={"n": "customer_id"}), target, task)
    assert early(named)["identifier"].columns == ("customer_id",)


def test_words_of_which_most_are_met_once_name_rows_and_few_words_do_not() -> None:
    frame, target, task = classes()
    random = np.random.default_rng(4)
    once = [f"name {k}" for k in random.integers(0, 2 * len(frame), len(frame))]
    often = [f"town {k}" for k in random.integers(0, len(frame) // 4, len(frame))]
    found = early(Loaded(frame.assign(name=once, town=often), target, task))
    assert found["identifier"].columns == ("name",)


def test_dates_and_texts_that_are_taken_apart_name_no_rows() -> None:
    frame, target, task = classes()
    days = pd.date_range("2020-01-01", periods=len(frame))
    assert "identifier" not in early(Loaded(frame.assign(day=days), target, task))
    noted = Loaded(frame.assign(note=[f"text {k}" for k in frame.index]), target, task)
    assert "identifier" in early(noted)
    assert "identifier" not in early(noted, text_features=["note"])


def test_rows_of_a_few_categories_meet_by_chance() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({name: random.choice(list("xyz"), 600) for name in "abcd"})
    frame["y"] = np.where((frame["a"] == "x") ^ (random.random(600) < 0.2), "p", "q")
    loaded = Loaded(frame, "y", "classification")
    assert "duplicate rows" not in alarms(loaded) and "duplicate rows" not in early(loaded)


def test_rows_of_a_few_categories_that_stand_together_are_those_of_one_person() -> None:
    random = np.random.default_rng(0)
    people = pd.DataFrame({name: random.choice(list("xyz"), 150) for name in "abcd"})
    people["y"] = random.choice(["p", "q"], 150)
    frame = people.loc[people.index.repeat(4)].reset_index(drop=True)
    task = "classification"
    assert "duplicate rows" in early(Loaded(frame, "y", task))
    assert "duplicate rows" in alarms(Loaded(frame, "y", task))
    ordered = frame.sample(frac=1, random_state=0).sort_values(list("abcd"), ignore_index=True)
    assert "duplicate rows" not in early(Loaded(ordered, "y", task))


def test_the_score_on_rows_without_a_twin_is_said() -> None:
    frame, target, task = classes(300)
    random = np.random.default_rng(3)
    frame[target] = random.permutation(frame[target].to_numpy())  # nothing to learn but by heart
    copies = pd.concat([frame, frame.head(150), frame.head(150)], ignore_index=True)
    found = alarms(Loaded(copies, target, task))["duplicate rows"]
    assert found.level == "red" and "on the others" in found.text


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_model_that_says_the_same_of_every_row_is_red(task: str) -> None:
    loaded = classes() if task == "classification" else amounts()
    name = "classes never predicted" if task == "classification" else "nothing learned"
    assert alarms(loaded, "dummy")[name].level == "red"


def test_a_model_that_is_farther_off_than_a_constant_is_amber() -> None:
    loaded = amounts()
    model = trained(loaded, "lr")
    actual = model.holdout_predictions[loaded.target]
    shifted = model.holdout_predictions.assign(prediction_label=actual + 3 * actual.std())
    worse = replace(model, holdout_predictions=shifted)
    found = audit.audit_training(dataset(loaded), TrainConfig(), worse, "")  # type: ignore[arg-type]
    (alarm,) = [alarm for alarm in found.alarms if alarm.check == balance.NOTHING]
    assert alarm.level == "amber" and "R2 is -" in alarm.text
    known = replace(worse, alarms=(replace(alarm, level="red"),))
    found = audit.audit_training(dataset(loaded), TrainConfig(), known, "")  # type: ignore[arg-type]
    assert [a.level for a in found.alarms if a.check == balance.NOTHING] == ["red"]


def test_the_holdout_is_held_against_the_folds_and_their_spread() -> None:
    made = trained(amounts(), "lr")

    def said(value: float, **settings: Any) -> list[str]:
        best = Candidate("lr", {"R2": 0.8}, {"R2": 0.02})
        run = replace(made, candidates=(best,), holdout={"R2": value})
        config = TrainConfig(**settings)
        found = audit.audit_training(dataset(amounts()), config, run, "R2")  # type: ignore[arg-type]
        return [a.check for a in found.alarms]

    assert said(0.78) == [] and said(float("nan")) == []
    assert said(0.7) == said(0.9) == [scores.DISAGREES]
    assert said(0.7, fold=2) == []
    even = replace(made, candidates=(Candidate("lr", {"R2": 1.0}, {"R2": 0.0}),))
    for value, expected in ((0.99, []), (0.95, [scores.DISAGREES])):
        run = replace(even, holdout={"R2": value})
        found = audit.audit_training(dataset(amounts()), TrainConfig(), run, "R2")  # type: ignore[arg-type]
        assert [a.check for a in found.alarms] == expected


def test_what_a_stage_has_found_is_part_of_the_audit() -> None:
    own = audit.Alarm("forward split", "red", ("day",), "It fails on later rows.", "Set time.")
    run = replace(trained(classes(), "lr"), alarms=(own,))
    found = audit.audit_training(dataset(classes()), TrainConfig(), run, "")  # type: ignore[arg-type]
    assert found.alarms == (own,) and found.level == "red"
    assert set(found.checks) == {"forward split", *(c.name for c in audit.CHECKS)}


def test_a_check_that_fails_costs_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_case: audit.AuditCase) -> Any:
        raise ZeroDivisionError

    failing = audit.AuditCheck("broken", "after", broken, "")
    monkeypatch.setattr(audit, "CHECKS", (failing, *audit.CHECKS))
    found = audit.audit_training(dataset(classes()), TrainConfig(), trained(classes()), "")  # type: ignore[arg-type]
    assert "broken" not in found.checks and len(found.checks) == len(audit.CHECKS) - 1


def test_random_tables_without_a_leak_rarely_alarm() -> None:
    """At most one in twenty, with every kind of column."""
    alarmed = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        loaded = (classes if seed % 2 else amounts)(int(random.integers(100, 800)), seed)
        rows = len(loaded.frame)
        extra = loaded.frame.assign(
            kind=random.choice(["one", "two", "three"], rows),
            count=random.poisson(3, rows),
            flag=random.random(rows) < 0.3,
            code=random.integers(0, 10**6, rows),
            hole=np.where(random.random(rows) < 0.3, np.nan, random.normal(size=rows)),
        )
        alarmed += bool(alarms(loaded._replace(frame=extra), "lr"))
    assert alarmed <= 2


FIGURES = json.loads((ROOT / "docs" / "figures" / "audit.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MADE)
def test_the_page_says_what_each_made_table_was_made_for(name: str) -> None:
    made, entry = MADE[name], FIGURES["made"][name]
    (found,) = [a for a in entry["audit"]["alarms"] if a["check"] == made.check]
    assert found["columns"] == ([made.column] if made.column else [])
    assert entry["clean"].endswith("nothing found")


def test_the_page_has_all_real_tables_and_judges_every_alarm() -> None:
    assert list(FIGURES["real"]) == list(TABLES)
    fired = {
        (name, alarm["check"])
        for name, entry in FIGURES["real"].items()
        for alarm in entry.get("audit", {}).get("alarms", ())
    }
    assert fired == audit_page.TRUE.keys() | audit_page.FALSE.keys()
    assert len({name for name, _ in audit_page.FALSE}) <= audit_page.MOST_FALSE


def test_every_check_has_a_made_table() -> None:
    assert {made.check for made in MADE.values()} == {check.name for check in audit.CHECKS}


@pytest.mark.long
@pytest.mark.parametrize("name", [n for n, made in MADE.items() if made.check in TRAINED])
def test_a_whole_training_shows_what_one_fit_does_not(name: str) -> None:
    made = MADE[name]
    found = audited(name, made.bad(), made.include)["audit"]["alarms"]
    assert made.check in {alarm["check"] for alarm in found}
    assert audited(name, made.clean(), made.include)["audit"]["alarms"] == []
