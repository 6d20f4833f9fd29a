"""Findings taken apart, and a store that is damaged on purpose."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from pipeline.doctor.finding import Finding


def only(found: Iterator[Finding]) -> Finding:
    (finding,) = found
    return finding


def not_ok(check: Callable[..., object], *names: str) -> list[Finding]:
    return [f for f in check(names) if f.status != "ok"]  # type: ignore[attr-defined]


def repair(finding: Finding) -> None:
    assert finding.repair is not None
    finding.repair()


def sql(project: Path, *statements: str) -> None:
    with closing(sqlite3.connect(project / "mlflow.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)
