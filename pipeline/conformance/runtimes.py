"""Lists the runtimes of a conformance: every bundle, and some that are none."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.bundle import python
from pipeline.bundle.model_files import BundleSource
from pipeline.bundle.target import Target
from pipeline.bundle.write import TARGETS
from pipeline.errors import UsageError
from pipeline.manifest import Manifest

REFERENCE, MINIMUM = "reference", "minimum"
_NUMPY = "1.26.4"
"""onnxruntime before 1.19 was built against numpy 1, and later releases take both."""
_PROJECT = Path(__file__).parents[2]


def list_runtimes(
    manifest: Manifest, only: Sequence[str] = (), releases: Sequence[str] = ()
) -> Mapping[str, Target]:
    """The runtimes to try, by name.

    Args:
        only: names of them; none means all.
        releases: of onnxruntime, besides.

    Raises:
        UsageError: there is none of this name.
    """
    known = {**TARGETS, REFERENCE: make_reference()}
    if manifest.minimum_onnxruntime:
        known[MINIMUM] = pin_onnxruntime(MINIMUM, manifest.minimum_onnxruntime)
    if strange := [name for name in only if name not in known]:
        raise UsageError(
            f"got the runtime {strange[0]!r}, expected some of {', '.join(known)}",
            hint="Separate them by commas: --only python,node",
        )
    pinned = [pin_onnxruntime(f"onnxruntime {release}", release) for release in releases]
    return {name: known[name] for name in only or known} | {each.name: each for each in pinned}


def pin_onnxruntime(name: str, release: str) -> Target:
    """The bundle for Python with a release of onnxruntime, as a runtime of its own."""
    pins = f"numpy=={_NUMPY}\nonnxruntime=={release}\n"

    def render(source: BundleSource) -> dict[str, str | bytes]:
        return {**python.TARGET.render(source), "requirements.txt": pins}

    return replace(python.TARGET, name=name, render=render)


def make_reference() -> Target:
    """onnx's ReferenceEvaluator: the operators as the standard defines them, no onnxruntime."""
    verifier = (sys.executable, "-m", "pipeline.conformance.reference")
    return Target(
        name=REFERENCE,
        tools=(),
        setup=(),
        verify=f"PYTHONPATH={shlex.quote(str(_PROJECT))} {shlex.join(verifier)}",
        render=lambda source: {},
    )
