"""Runs every check of installation, store and registry, with the repairs that are safe."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module

from pipeline.doctor.finding import Check, Finding, describe_error

logger = logging.getLogger(__name__)

CHECKS = ("versions", "disk", "store", "paths", "runs", "leftovers", "registry", "models")
"""In their order; each is the function `check` of the module of its name."""


def run_checks(names: Sequence[str], fix: bool = False) -> Iterator[Finding]:
    """Every finding of every check, those that were repaired with the status `fixed`.

    A store that does not answer, or is not there, ends it: the rest would ask it again. Models
    are not looked at where their folder was moved.

    Args:
        names: of registered models; none: all.
        fix: repair what is safe to repair.
    """
    seen: set[str] = set()  # checks that have not found everything in order
    for name in CHECKS:
        if name == "models" and "paths" in seen:
            continue  # every model would look lost
        found = _one(name, names, fix)
        yield from found
        seen |= {f.check for f in found if f.status == "problem"}
        if name == "store" and any(finding.status != "ok" for finding in found):
            return


def _one(name: str, names: Sequence[str], fix: bool) -> list[Finding]:
    """One check's findings; after a repair it looks again."""
    found = _run_check(name, names)
    repaired = [done for f in found if fix and f.repair and (done := _repair(f)) is not None]
    return [*repaired, *_run_check(name, names)] if repaired else found


def _run_check(name: str, names: Sequence[str]) -> list[Finding]:
    check: Check = import_module(f"pipeline.doctor.check_{name}").check
    try:
        found = list(check(names))
    except Exception as err:
        logger.debug("check %s", name, exc_info=True)
        text = f"{type(err).__name__}: {describe_error(err)}"
        found = [Finding("check", "problem", text, "a check that ends")]
    return [replace(finding, check=name) for finding in found]


def _repair(finding: Finding) -> Finding | None:
    """The finding as fixed; None where the repair failed, which the next look shows."""
    assert finding.repair is not None
    try:
        finding.repair()
    except Exception as err:  # noqa: BLE001  a repair that fails leaves its finding
        logger.warning("%s %s was not repaired: %s", finding.check, finding.subject, err)
        return None
    return replace(finding, status="fixed", action="", repair=None)
