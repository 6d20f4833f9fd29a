"""The audit stands above the verdict on the graph, in the report and on the card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.audit import Audit
from pipeline.report import chapters, page
from pipeline.track.training_result import Converted
from tests.audit.test_shown import CLEAN, FOUND
from tests.report.page import Page

Show = Callable[[Audit | None], tuple[str, str]]


@pytest.fixture
def show(
    insurance: Converted,
    kept: Callable[[Converted], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Show:
    """Report and card of a training with this audit, without pictures; None: from before it."""
    folder = tmp_path / "run"
    shutil.copytree(kept(insurance), folder)
    monkeypatch.setattr(chapters, "draw_chapters", lambda *_: ())

    def shown(audit: Audit | None) -> tuple[str, str]:
        facts = page.read_facts(folder)
        facts.pop("audit", None)
        if audit is not None:
            facts["audit"] = audit.record
        (folder / page.FACTS).write_text(json.dumps(facts), encoding="utf-8")
        page.build_report(folder)
        report, card = ((folder / f).read_text("utf-8") for f in (page.REPORT, page.CARD))
        return report, card

    return shown


def test_alarms_stand_above_a_verdict_that_is_not_green(show: Show) -> None:
    report, card = show(FOUND)
    assert report.index('class="verdict audit red"') < report.index("<h2>Parity passed</h2>")
    assert 'class="verdict plain"' in report and 'class="verdict pass"' not in report
    assert "<b>a | b</b> alone gives R2 0.999." in Page(report).said  # as text
    assert card.index("single column") < card.index("Parity passed")


def test_nothing_found_is_one_line(show: Show) -> None:
    report, card = show(CLEAN)
    assert "Audit: 3 checks, nothing found." in Page(report).said
    assert 'class="verdict pass"' in report
    assert "Audit: 3 checks, nothing found." in card


def test_a_training_from_before_the_audit_is_shown_without(show: Show) -> None:
    for text in show(None):
        assert "Audit" not in text
