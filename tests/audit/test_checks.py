"""Each check sees through the table that was made for it, and says nothing of its clean sibling."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks import audit_page
from benchmarks.audit import audited
from benchmarks.leaks import MADE, amounts, classes
from benchmarks.real import TABLES
from pipeline import audit
from pipeline.audit import scores
from pipeline.config.train_config import TrainConfig
from tests.audit.stand_in import alarms, dataset, early, trained
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
