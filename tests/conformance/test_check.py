"""What each behaviour of a runtime counts as."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.bundle.target import Target
from pipeline.conformance.check import RuntimeVerdict, check_target
from pipeline.errors import DataError
from tests.conformance import stand_ins
from tests.conformance.stand_ins import found, printing, source, target

CASES = {
    "passing": (printing(found()), RuntimeVerdict.passed, ""),
    "after its setup": (
        target(f"cat done && echo '{found()}'", setup=("touch done",)),
        RuntimeVerdict.passed,
        "",
    ),
    "differing": (printing(found(rows={"flips": 3}), 5), RuntimeVerdict.differs, "3 flips"),
    "differing and ending well": (
        printing(found(rows={"flips": 3})),
        RuntimeVerdict.differs,
        "3 flips",
    ),
    "ending with 5 without a reason": (printing(found(), 5), RuntimeVerdict.differs, "not say why"),
    "without the operators": (
        target("echo operator a.B >&2; exit 4"),
        RuntimeVerdict.cannot,
        "operator a.B",
    ),
    "refusing its files": (printing("changed", 3), RuntimeVerdict.failed, "ended with 3"),
    "crashing": (target("kill -SEGV $$"), RuntimeVerdict.failed, "ended with -11"),
    "hanging": (target("sleep 60"), RuntimeVerdict.failed, "did not end"),
    "printing rubbish": (printing("all is well"), RuntimeVerdict.failed, "of stand-in: got the"),
    "printing nothing": (target("true"), RuntimeVerdict.failed, "of stand-in: got the"),
    "not installing": (
        target("true", setup=("echo no network; exit 9",)),
        RuntimeVerdict.failed,
        "ended with 9",
    ),
    "not here": (
        stand_ins.target("true", program="no-such-program"),
        RuntimeVerdict.absent,
        "apt-get install no-such-program",
    ),
}


@pytest.mark.parametrize(("stand_in", "verdict", "text"), CASES.values(), ids=CASES)
def test_each_behaviour_has_its_verdict(
    tmp_path: Path, stand_in: Target, verdict: RuntimeVerdict, text: str
) -> None:
    outcome = check_target(stand_in, source(tmp_path), limit=2)
    assert (outcome.runtime, outcome.verdict) == ("stand-in", verdict)
    assert text in outcome.text
    if verdict is RuntimeVerdict.passed:
        assert outcome.proof is not None and outcome.size and outcome.seconds is not None


def test_the_last_lines_of_what_failed_are_kept(tmp_path: Path) -> None:
    outcome = check_target(CASES["not installing"][0], source(tmp_path), limit=2)
    assert outcome.words == ("no network",)


def test_a_model_that_a_target_cannot_take_is_no_difference(tmp_path: Path) -> None:
    def refuse(source: object) -> dict[str, str | bytes]:
        raise DataError("dates in words")

    stand_in = Target("stand-in", (), (), "true", refuse)
    outcome = check_target(stand_in, source(tmp_path), limit=2)
    assert (outcome.verdict, outcome.text) == (RuntimeVerdict.cannot, "dates in words")
