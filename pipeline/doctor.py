"""What is wrong with this installation, store and registry: `python -m pipeline.doctor`.

Exit code 0 when nothing is wrong or all of it was repaired, 1 when problems remain.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import cli

if TYPE_CHECKING:
    from pipeline.health_checks.finding import Check, Finding, Status

app = cli.application()
logger = logging.getLogger(__name__)

PROBLEMS = 1
"""Exit code when something is wrong and was not repaired."""


@app.command()
def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="Registered models to look at; all when omitted.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Repair what is safe to repair.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Check versions, store, registry, models, runs and leftovers; exit code 1 for problems."""
    with cli.session(log_format):
        findings = list(examined(names or (), fix))
        _say_json(findings) if as_json else _say(findings)
        if any(finding.status == "problem" for finding in findings):
            raise typer.Exit(PROBLEMS)


def examined(names: Sequence[str], fix: bool = False) -> Iterator[Finding]:
    """Every finding of every check, those that were repaired with the status `fixed`.

    A store that does not answer, or is not there, ends it: the rest would ask it again. Models
    are not looked at where their folder was moved.

    Args:
        names: of registered models; none: all.
        fix: repair what is safe to repair.
    """
    from pipeline.health_checks import (
        aliases,
        disk,
        leftovers,
        models,
        paths,
        runs,
        storage,
        versions,
    )

    seen: set[str] = set()  # checks that have not found everything in order
    for module in (versions, disk, storage, paths, runs, leftovers, aliases, models):
        if module is models and paths.NAME in seen:
            continue  # every model would look lost
        found = _one(module.NAME, module.check, names, fix)
        yield from found
        seen |= {f.check for f in found if f.status == "problem"}
        if module is storage and any(finding.status != "ok" for finding in found):
            return


def _one(name: str, check: Check, names: Sequence[str], fix: bool) -> list[Finding]:
    """One check's findings; after a repair it looks again."""
    found = _tried(name, check, names)
    repaired = [done for f in found if fix and f.repair and (done := _repaired(f)) is not None]
    return [*repaired, *_tried(name, check, names)] if repaired else found


def _tried(name: str, check: Check, names: Sequence[str]) -> list[Finding]:
    from pipeline.health_checks.finding import Finding, reason

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


def _say(findings: Sequence[Finding]) -> None:
    for finding in findings:
        head = f"{finding.status:<8} {finding.check:<10} "
        cli.say(_line(f"{head}{finding.subject}: {_text(finding)}"))
        if finding.action:
            cli.say(_line(f"{'':<19} do: {finding.action}"))
    cli.say(_total(findings))


def _line(text: str) -> str:
    """One line: names of files, which others may choose, move no cursor and begin no other."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _text(finding: Finding) -> str:
    if not finding.expected:
        return finding.found
    return f"got {finding.found}, expected {finding.expected}"


def _total(findings: Sequence[Finding]) -> str:
    problems, notes, fixed = _counted(findings).values()
    more = any(f.fixable for f in findings if f.status in ("note", "problem"))
    return (
        f"{problems} problem{'s' * (problems != 1)}, {notes} note{'s' * (notes != 1)}, "
        f"{fixed} fixed{' (--fix repairs what it can)' if more else ''}"
    )


def _counted(findings: Sequence[Finding]) -> dict[str, int]:
    words: dict[str, Status] = {"problems": "problem", "notes": "note", "fixed": "fixed"}
    return {word: sum(f.status == status for f in findings) for word, status in words.items()}


def _say_json(findings: Sequence[Finding]) -> None:
    import json

    counted = _counted(findings)
    content = {"ok": not counted["problems"], **counted}
    content["findings"] = [finding.as_json() for finding in findings]  # type: ignore[assignment]
    cli.say(json.dumps(content, indent=2))


if __name__ == "__main__":
    app()
