"""The audit stands above the verdict on the graph, in the report and on the card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.audit import Audit
from pipeline.report import page
from pipeline.tracking.evidence import Evidence
from tests.audit.test_shown import CLEAN, FOUND
from tests.report.page import Page

Kept = Callable[[Evidence], Path]


def shown(folder: Path, audit: Audit | None) -> tuple[str, str]:
    """Report and card of a training with this audit, without pictures; None: from before it."""
    values = {**page.read_facts(folder), "importance": None, "graph_uri": "", **page._links()}
    values |= {"plots": page.by_section([])}
    if audit is None:
        values.pop("audit")
    else:
        values["audit"] = audit.record
    report, card = (page.rendered(name, values) for name in ("report.html", "model_card.md"))
    return report, card


def test_alarms_stand_above_a_verdict_that_is_not_green(insurance: Evidence, kept: Kept) -> None:
    report, card = shown(kept(insurance), FOUND)
    assert report.index('class="verdict audit red"') < report.index("<h2>Parity passed</h2>")
    assert 'class="verdict plain"' in report and 'class="verdict pass"' not in report
    assert "<b>a | b</b> alone gives R2 0.999." in Page(report).said  # as text
    assert card.index("single column") < card.index("Parity passed")


def test_nothing_found_is_one_line(insurance: Evidence, kept: Kept) -> None:
    report, card = shown(kept(insurance), CLEAN)
    assert "Audit: 3 checks, nothing found." in Page(report).said
    assert 'class="verdict pass"' in report
    assert "Audit: 3 checks, nothing found." in card


def test_a_training_from_before_the_audit_is_shown_without(insurance: Evidence, kept: Kept) -> None:
    for text in shown(kept(insurance), None):
        assert "Audit" not in text
