"""What the two runs were told, and the packages that they ran with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.compare.runs import Run
from pipeline.compare.section import Section, shown
from pipeline.rendering.wording import counted, listed

Change = dict[str, Any]

NAMED = 5


def settings(a: Run, b: Run) -> Section:
    """Settings and versions that differ."""
    told = differences(dict(_flat(a.settings)), dict(_flat(b.settings)))
    packages = differences(a.facts["versions"], b.facts["versions"])
    tables = [
        shown(title, (name, "A", "B"), map(_cells, found), texts="text")
        for title, name, found in (
            ("Settings that differ", "setting", told),
            ("Packages of another version", "package", packages),
        )
        if found
    ]
    said = (
        _said(told, "setting", "The settings are the same."),
        _said(packages, "package version", "The versions of all packages are the same."),
    )
    return Section(
        "settings", "Settings", said, tuple(tables), {"settings": told, "versions": packages}
    )


def differences(older: Mapping[str, Any], newer: Mapping[str, Any]) -> list[Change]:
    """The keys whose values differ; None stands for one that is not there."""
    return [
        {"name": name, "a": older.get(name), "b": newer.get(name)}
        for name in dict.fromkeys([*newer, *older])
        if older.get(name) != newer.get(name)
    ]


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """`setup.imputation_type` and its value, however deep it lies."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _said(changes: list[Change], what: str, none: str) -> str:
    if not changes:
        return none
    texts = [f"{name}: {older} → {newer}" for name, older, newer in map(_cells, changes)]
    return f"{counted(len(changes), what)} changed: {listed(texts, NAMED, '; ')}."


def _cells(change: Change) -> tuple[str, str, str]:
    return change["name"], _shown(change["a"]), _shown(change["b"])


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
