"""Summaries as tests want them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pipeline.config.retrain_config import RetrainOutcome
from pipeline.notify.summary import Summary, Times

TIMES = Times("2026-03-01T02:00:00.000+00:00", "2026-03-01T02:01:30.500+00:00", 90.5)


def summary(
    outcome: RetrainOutcome = RetrainOutcome.promoted, exit_code: int = 0, **values: Any
) -> Summary:
    """A run of the model `insurance` on 1 March 2026, UTC."""
    return Summary(
        **{"model": "insurance", "times": TIMES, **values}, outcome=outcome, exit_code=exit_code
    )


HOSTILE = st.one_of(
    st.text(),
    st.text(st.characters(codec=None, categories=["Cs", "Cc", "Zl", "Zp", "Po"])),
    st.sampled_from(
        ['"', "\\", "\\n", "\n", "\r\n", '\\"', "a\\", "\u2028", "\udcff", "\x00", "}", "# HELP"]
    ),
)
"""Texts that break formats: control characters, quotes, halves of surrogate pairs."""
