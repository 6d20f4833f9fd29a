"""Every check of an installation, its store and its registry, with the repairs that are safe."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.doctor.finding import Check, Finding

logger = logging.getLogger(__name__)


def examined(names: Sequence[str], fix: bool = False) -> Iterator[Finding]:
    """Every finding of every check, those that were repaired with the status `fixed`.

    A store that does not answer, or is not there, ends it: the rest would ask it again. Models
    are not looked at where their folder was moved.

    Args:
        names: of registered models; none: all.
        fix: repair what is safe to repair.
    """
    from pipeline.doctor import (
        check_disk,
        check_leftovers,
        check_models,
        check_paths,
        check_registry,
        check_runs,
        check_store,
        check_versions,
    )

    seen: set[str] = set()  # checks that have not found everything in order
    for module in (
        check_versions,
        check_disk,
        check_store,
        check_paths,
        check_runs,
        check_leftovers,
        check_registry,
        check_models,
    ):
        if module is check_models and check_paths.NAME in seen:
            continue  # every model would look lost
        found = _one(module.NAME, module.check, names, fix)
        yield from found
        seen |= {f.check for f in found if f.status == "problem"}
        if module is check_store and any(finding.status != "ok" for finding in found):
            return


def _one(name: str, check: Check, names: Sequence[str], fix: bool) -> list[Finding]:
    """One check's findings; after a repair it looks again."""
    found = _tried(name, check, names)
    repaired = [done for f in found if fix and f.repair and (done := _repaired(f)) is not None]
    return [*repaired, *_tried(name, check, names)] if repaired else found


def _tried(name: str, check: Check, names: Sequence[str]) -> list[Finding]:
    from pipeline.doctor.finding import Finding, reason

    try:
        return list(check(names))
    except Exception as err:
        logger.debug("check %s", name, exc_info=True)
        text = f"{type(err).__name__}: {reason(err)}"
        return [Finding(name, "check", "problem", text, "a check that ends")]


def _repaired(finding: Finding) -> Finding | None:
    """The finding as fixed; None where the repair failed, which the next look shows."""
    assert finding.repair is not None
    try:
        finding.repair()
    except Exception as err:  # noqa: BLE001  a repair that fails leaves its finding
        logger.warning("%s %s was not repaired: %s", finding.check, finding.subject, err)
        return None
    return replace(finding, status="fixed", action="", repair=None)
