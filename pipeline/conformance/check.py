"""Bundles a model for one runtime, installs, verifies, and judges what it has shown."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipeline.bundle.model_files import BundleSource
from pipeline.bundle.target import Target
from pipeline.bundle.write import write_bundle
from pipeline.conformance.proof import Proof, find_differences, read_proof
from pipeline.conformance.steps import Ended, run_line
from pipeline.errors import DataError

DIFFERS, CANNOT = 5, 4
"""Exit codes of verify: the answers are others; the runtime has no such operator."""


class RuntimeVerdict(StrEnum):
    """How a runtime came out."""

    passed = "pass"
    differs = "DIFFERS"
    failed = "FAILED"
    cannot = "cannot"
    absent = "not here"


@dataclass(frozen=True)
class RuntimeOutcome:
    """What one runtime has shown.

    Attributes:
        runtime: its name among the targets.
        text: why the verdict is none to be glad about; else empty.
        size: bytes of the bundle with all that it has installed.
        seconds: of the whole verification.
        words: the last lines of a step that failed.
    """

    runtime: str
    verdict: RuntimeVerdict
    text: str = ""
    proof: Proof | None = None
    size: int | None = None
    seconds: float | None = None
    words: tuple[str, ...] = ()


def check_target(
    target: Target, source: BundleSource, *, limit: float, measured: bool = True
) -> RuntimeOutcome:
    """Prove one bundle in a folder that is removed afterwards.

    Args:
        limit: seconds for each line.
        measured: ask for its speed, too.
    """
    if missing := [tool for tool in target.tools if shutil.which(tool.program) is None]:
        lines = "; ".join(dict.fromkeys(tool.install for tool in missing))
        return RuntimeOutcome(target.name, RuntimeVerdict.absent, lines)
    with tempfile.TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True) as place:
        folder = Path(place, "bundle")
        try:
            write_bundle(source, target, folder, with_personal_data=True)  # it stays here
        except DataError as err:
            return RuntimeOutcome(target.name, RuntimeVerdict.cannot, str(err))
        for line in target.setup:
            if (ended := run_line(line, folder, limit)).code != 0:
                return _report_failure(target, str(ended), ended)
        verify = f"{target.verify} --measure" if measured else target.verify
        ended = run_line(verify, folder, limit)
        return _judge(target, source, ended, sum(_sizes(folder)))


def _judge(target: Target, source: BundleSource, ended: Ended, size: int) -> RuntimeOutcome:
    if ended.code == CANNOT:
        return RuntimeOutcome(target.name, RuntimeVerdict.cannot, (ended.last_words or [""])[-1])
    if ended.code not in (0, DIFFERS):
        text = ": ".join([str(ended), *ended.last_words[-1:]])
        return _report_failure(target, text, ended)
    try:
        proof = read_proof(ended.output)
    except ValueError as err:
        return _report_failure(target, f"`{ended.line}` of {target.name}: {err}", ended)
    found = list(find_differences(proof, source))
    if ended.code == DIFFERS and not found:
        found = [f"{ended}, and does not say why"]
    verdict = RuntimeVerdict.differs if found else RuntimeVerdict.passed
    return RuntimeOutcome(target.name, verdict, "; ".join(found), proof, size, ended.seconds)


def _report_failure(target: Target, text: str, ended: Ended) -> RuntimeOutcome:
    return RuntimeOutcome(target.name, RuntimeVerdict.failed, text, words=tuple(ended.last_words))


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file() and not path.is_symlink():
                yield path.stat().st_size
