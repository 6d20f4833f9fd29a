"""Compares the settings of the two runs, and the versions of their packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.compare.runs import ComparedRun
from pipeline.compare.section import Section, make_page_table
from pipeline.rendering.wording import format_count, join_items

Change = dict[str, Any]

NAMED = 5


def compare_settings(a: ComparedRun, b: ComparedRun) -> Section:
    """Settings and versions that differ."""
    changes = find_differing_settings(dict(_flat(a.settings)), dict(_flat(b.settings)))
    packages = find_differing_settings(a.facts["versions"], b.facts["versions"])
    tables = [
        make_page_table(title, (name, "A", "B"), map(_cells, found), texts="text")
        for title, name, found in (
            ("Settings that differ", "setting", changes),
            ("Packages of another version", "package", packages),
        )
        if found
    ]
    said = (
        _describe_changes(changes, "setting", "The settings are the same."),
        _describe_changes(
            packages, "package version", "The versions of all packages are the same."
        ),
    )
    return Section(
        "settings", "Settings", said, tuple(tables), {"settings": changes, "versions": packages}
    )


def find_differing_settings(older: Mapping[str, Any], newer: Mapping[str, Any]) -> list[Change]:
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


def _describe_changes(changes: list[Change], what: str, none: str) -> str:
    if not changes:
        return none
    texts = [f"{name}: {older} → {newer}" for name, older, newer in map(_cells, changes)]
    return f"{format_count(len(changes), what)} changed: {join_items(texts, NAMED, '; ')}."


def _cells(change: Change) -> tuple[str, str, str]:
    return change["name"], _format(change["a"]), _format(change["b"])


def _format(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
