"""What the tests attack, how often and with what outcome: the table of docs/security.md.

One line puts a test into the table, and each of its cases is a try that had this outcome:

    @pytest.mark.attack("a killed promotion, before each of its changes", "repaired")

A test that tries more than once, or counts what it meets, says so; its outcome may name the counts:

    @pytest.mark.attack("CSV files, changed at random", "{refused} refused, {same} answered")
    def test_no_csv_crashes(counted: Counted) -> None:
        counted(tries=2000, refused=1500, same=500)

`python -m pytest -m attack --record-attacks FILES` writes what is counted into
docs/figures/attacks.json, then `python docs/build.py` the table. Without the flag a test fails that
counts other tries or outcomes than are recorded, and so does one in tests/docs/test_attacks.py
where cases or words of the table are not those of the tests.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "figures" / "attacks.json"
FLAG = "--record-attacks"
MARKER = "attack(what, outcome): a line of the table in docs/security.md; see tests/attacks.py"
Words = tuple[str, str]
"""Attack and outcome, as the table has them."""
CASES = pytest.StashKey[Counter[tuple[str, Words]]]()
"""How many cases each test function was collected with."""
FILES = pytest.StashKey[frozenset[str]]()
"""What was collected, whatever tier is run."""


class Counted(Protocol):
    """Says what a test has counted: at least `tries`, and what its outcome names."""

    def __call__(self, *, tries: int, **counts: int) -> None: ...


def recorded() -> dict[str, Any]:
    """By attack: `outcome`, and `tests`, the counts of each test."""
    known: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return known


def words(item: pytest.Item) -> Words | None:
    """The line of the table that a test belongs to."""
    mark = item.get_closest_marker("attack")
    return None if mark is None else (mark.args[0], mark.args[1])


def function(nodeid: str) -> str:
    """A test without the parameters of its case."""
    return nodeid.partition("[")[0]


def counter(item: pytest.Item) -> Counted:
    """What the fixture `counted` is to a test."""
    item.user_properties.append(("counting", True))
    return lambda **counts: count(item, counts)


def count(item: pytest.Item, counts: Mapping[str, int]) -> None:
    """Keep what a test has counted for its report; it fails if other tries are recorded.

    How many of them come to which outcome is the recording machine's: another zlib packs the same
    table into other bytes, which a try then changes.
    """
    line = words(item)
    assert line is not None, f"{item.nodeid} counts and has no mark: {MARKER}"
    line[1].format(**counts)
    item.user_properties.append(("counts", dict(counts)))
    if not item.config.getoption(FLAG):
        known = recorded().get(line[0], {"tests": {}})["tests"].get(item.nodeid, {})
        told = known.get("tries") == counts["tries"] and known.keys() == {"cases", *counts}
        assert told, f"python -m pytest -m attack {FLAG} records anew"


class Recorder:
    """Adds up the tries of a session, and writes them where the flag asks for it."""

    def __init__(self, config: pytest.Config) -> None:
        self._writes = bool(config.getoption(FLAG)) and not hasattr(config, "workerinput")
        self._config = config
        self._tries: dict[Words, dict[str, Counter[str]]] = {}
        self._failed: set[str] = set()

    @pytest.hookimpl(tryfirst=True)  # before those of another tier are left out
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        found = self._config.stash[CASES] = Counter()
        self._config.stash[FILES] = frozenset(item.nodeid.partition("::")[0] for item in items)
        for item in items:
            if (line := words(item)) is not None:
                item.user_properties.append(("attack", line))
                found[function(item.nodeid), line] += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = dict(report.user_properties)
        if "attack" not in said or (report.when != "call" and report.passed):
            return
        if not report.passed:
            self._failed.add(function(report.nodeid))
            return
        counts: dict[str, int] = said.get("counts", {"tries": 1})
        if "counting" in said and "counts" not in said:  # another seed than the recorded one
            return
        name = report.nodeid if "counts" in said else function(report.nodeid)
        line = self._tries.setdefault(tuple(said["attack"]), {})
        line.setdefault(name, Counter()).update({"cases": 1, **counts})

    def pytest_sessionfinish(self) -> None:
        if not self._writes:
            return
        known = recorded() if FILE.exists() else {}
        for (what, outcome), tests in self._tries.items():
            line = known.setdefault(what, {"outcome": outcome, "tests": {}})
            whole = {n: dict(c) for n, c in tests.items() if function(n) not in self._failed}
            for other in known.values():  # where a test was before its line had other words
                other["tests"] = {n: c for n, c in other["tests"].items() if n not in whole}
            line["outcome"] = outcome
            line["tests"] = dict(sorted({**line["tests"], **whole}.items()))
        known = {what: line for what, line in known.items() if line["tests"]}
        text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
        FILE.write_text(text + "\n", encoding="utf-8")


def differences(found: Counter[tuple[str, Words]], files: Iterable[str]) -> list[str]:
    """Where the tests of some files, collected as a whole, are not what is recorded of them."""
    stated: Counter[tuple[str, Words]] = Counter()
    for what, line in recorded().items():
        for name, counts in line["tests"].items():
            stated[function(name), (what, line["outcome"])] += counts["cases"]
    return [
        f"{name}: {found[name, line]} cases of {line}, recorded are {stated[name, line]}"
        for name, line in sorted(found | stated)
        if name.partition("::")[0] in set(files) and found[name, line] != stated[name, line]
    ]
