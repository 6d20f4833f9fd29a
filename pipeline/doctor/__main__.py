"""Diagnoses installation, store and registry: `python -m pipeline.doctor`.

Exit code 0 when nothing is wrong or all of it was repaired, 1 when problems remain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import app as cli
from pipeline.doctor.run import run_checks

if TYPE_CHECKING:
    from pipeline.doctor.finding import Finding, Status

app = cli.create_application()

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
        findings = list(run_checks(names or (), fix))
        _say_json(findings) if as_json else _say(findings)
        if any(finding.status == "problem" for finding in findings):
            raise typer.Exit(PROBLEMS)


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
    problems, notes, fixed = _count_by_status(findings).values()
    more = any(f.fixable for f in findings if f.status in ("note", "problem"))
    return (
        f"{problems} problem{'s' * (problems != 1)}, {notes} note{'s' * (notes != 1)}, "
        f"{fixed} fixed{' (--fix repairs what it can)' if more else ''}"
    )


def _count_by_status(findings: Sequence[Finding]) -> dict[str, int]:
    words: dict[str, Status] = {"problems": "problem", "notes": "note", "fixed": "fixed"}
    return {word: sum(f.status == status for f in findings) for word, status in words.items()}


def _say_json(findings: Sequence[Finding]) -> None:
    import json

    counted = _count_by_status(findings)
    content = {"ok": not counted["problems"], **counted}
    content["findings"] = [finding.as_json() for finding in findings]  # type: ignore[assignment]
    cli.say(json.dumps(content, indent=2))


if __name__ == "__main__":
    app()
