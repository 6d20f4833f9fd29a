"""When a row under test fails: outside its bound or flipped, and not excused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pipeline.parity.trial import Trial
from tests.parity.trials import plain_trial

OUTCOMES = list(
    product((0.5, 1.0, 1.5, np.nan), (False, True), (None, "ties", "rounded", "refused"))
)


@pytest.fixture(scope="module")
def trial() -> Trial:
    errors, flips, excuses = zip(*OUTCOMES, strict=True)
    marks = {
        name: [excuse == name for excuse in excuses] for name in ("ties", "rounded", "refused")
    }
    return plain_trial(errors, flips=flips, **marks)


def test_a_row_fails_outside_its_bound_or_flipped_unless_it_is_excused(trial: Trial) -> None:
    for place, (error, flip, excuse) in enumerate(OUTCOMES):
        assert trial.excused[place] == (excuse is not None)
        is_outside = not error <= 1.0  # an error that is no number is none that is small
        assert trial.failed[place] == ((is_outside or flip) and excuse is None)
