"""Settings and versions that differ."""

from __future__ import annotations

from dataclasses import replace

from pipeline.compare.settings import compare_settings, find_differing_settings
from tests.compare.conftest import REMOVED, Pair


def test_columns_and_settings_that_changed_are_named(numbers: Pair) -> None:
    found = numbers.compared()
    changes = {c["name"]: c["change"] for c in found["data"].values["columns"]}
    assert {name for name, change in changes.items() if change} == {REMOVED}
    assert changes[REMOVED] == "added"
    told = {row["name"]: (row["a"], row["b"]) for row in found["settings"].values["settings"]}
    assert told["seed"] == (2, 1)
    assert told["include"] == (["lr"], ["lr", "dt"])
    assert "fold" not in told


def test_settings_that_are_there_in_one_run_only_differ() -> None:
    assert find_differing_settings({"a": 1, "b": 2}, {"b": 2, "c": [3]}) == [
        {"name": "c", "a": None, "b": [3]},
        {"name": "a", "a": 1, "b": None},
    ]


def test_settings_are_named_however_deep_they_lie(numbers: Pair) -> None:
    a, _ = numbers.runs
    other = replace(a, settings={**a.settings, "setup": {"x": {"class": "sklearn.X"}}})
    found = compare_settings(a, other)
    assert found.values["settings"] == [{"name": "setup.x.class", "a": None, "b": "sklearn.X"}]
    assert found.said[0] == "1 setting changed: setup.x.class: not set → sklearn.X."


def test_another_version_of_a_package_is_named(numbers: Pair) -> None:
    a, _ = numbers.runs
    versions = {**a.facts["versions"], "numpy": "0.1"}
    found = compare_settings(a, replace(a, facts={**a.facts, "versions": versions}))
    assert [row["name"] for row in found.values["versions"]] == ["numpy"]
    assert f"numpy: {a.facts['versions']['numpy']} → 0.1" in found.said[1]
