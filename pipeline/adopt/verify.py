"""Holds a graph against the model it was made of: on every case, with every provider.

Two arrays agree as `numpy.testing.assert_allclose` has it: |got - want| <= atol + rtol * |want|,
NaN with NaN and infinity with the same infinity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.edge_inputs import Case, make_cases
from pipeline.adopt.mistakes import explain_mismatch, find_nondeterminism
from pipeline.errors import PipelineError, UsageError
from pipeline.manifest.tensors import Tensor

Arrays = Mapping[str, NDArray[Any]]
Predict = Callable[[Arrays], Arrays]

REMOTE = ("AzureExecutionProvider",)
"""Providers that run nothing on this machine: they call a service, and have no operators."""
RATIO = 100
"""rtol over atol of the outer bound, 1e-3 and 1e-5, kept by every tighter one."""
BOUNDS = (0.0, *(float(f"{digit}e-{power}") for power in range(16, 2, -1) for digit in (1, 2, 5)))
"""Values of rtol, ascending, among which the tightest that holds is looked for."""


@dataclass(frozen=True)
class Bound:
    """How far two numbers may be apart, as `numpy.testing.assert_allclose` takes it."""

    rtol: float
    atol: float


@dataclass(frozen=True)
class Comparison:
    """One case on one provider.

    Attributes:
        counts: whether the verdict depends on it.
        error: largest absolute difference over all outputs.
        rtol: the smallest of `BOUNDS` that holds; NaN where none does.
        flips: rows of which the largest score is another one, beyond the bound's own margin.
        ties: rows where it is another one, but the model's own two scores are within the bound.
        refused: why the model itself does not take this case; nothing was compared then.
        why: what an ordinary mistake would explain of a failure.
    """

    case: str
    provider: str
    rows: int
    counts: bool
    passed: bool
    error: float = 0.0
    rtol: float = 0.0
    flips: int = 0
    ties: int = 0
    refused: str = ""
    why: str = ""


@dataclass(frozen=True)
class Proof:
    """All comparisons, and what holds for each that counts.

    Attributes:
        rtol, atol: the tightest bound that holds for all, at the ratio of the outer one.
        warnings: what a person should know even where all is well.
    """

    comparisons: tuple[Comparison, ...]
    rtol: float
    atol: float
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything that counts agreed."""
        return all(each.passed for each in self.comparisons if each.counts)

    @property
    def text(self) -> str:
        """One sentence."""
        counted = [each for each in self.comparisons if each.counts and not each.refused]
        rows = sum(each.rows for each in counted)
        if failed := [each for each in counted if not each.passed]:
            worst = max(failed, key=lambda each: each.error)
            return (
                f"{len(failed)} of {len(counted)} comparisons differ, most in {worst.case!r} on "
                f"{worst.provider}: by {worst.error:.2g}" + (f"; {worst.why}" if worst.why else "")
            )
        error = max((each.error for each in counted), default=0.0)
        return (
            f"{len(counted)} comparisons of {rows:,} rows agree within rtol {self.rtol:g} and atol "
            f"{self.atol:g}: largest error {error:.2g}, no label flipped"
        )

    def to_table(self) -> list[dict[str, Any]]:
        """A row per comparison."""
        return [asdict(each) for each in self.comparisons]


def verify_graph(
    graph: bytes, predict: Predict, inputs: Sequence[Tensor], feeds: Arrays, bound: Bound
) -> Proof:
    """Compare graph and model on every case, with every provider that onnxruntime offers.

    Args:
        graph: the serialized model.
        predict: the reference; it refuses a case that it does not take with a PipelineError.
        inputs: with the dynamic axes named.
        feeds: the sample's arrays by input.
        bound: the outer one.

    Raises:
        UsageError: the model refuses the sample itself.
    """
    import onnxruntime

    offered = onnxruntime.get_available_providers()
    sessions = {name: _open(graph, name) for name in offered if name not in REMOTE}
    warnings = find_nondeterminism(predict(feeds), predict(feeds))
    found = []
    for case in make_cases(inputs, feeds):
        rows = len(next(iter(case.feeds.values())))
        try:
            with np.errstate(all="ignore"):
                expected = predict(case.feeds)
        except PipelineError as err:
            if case.name.startswith("sample"):
                raise
            found.append(Comparison(case.name, "", rows, False, True, refused=err.message))
            continue
        for provider, session in sessions.items():
            got = _run(session, case.feeds)
            found.append(_compare(case, provider, got, expected, bound))
    if refused := [each.case for each in found if each.refused and " of " in each.case]:
        warnings.append(
            f"the model itself takes no {', no '.join(refused)}: what the graph answers there was "
            "held against nothing"
        )
    tightest = max((each.rtol for each in found if each.counts), default=0.0)
    if spoilt := [each.case for each in found if not (each.counts or each.passed)]:
        warnings.append(
            f"for inputs that are not finite ({', '.join(dict.fromkeys(spoilt))}) the graph gives "
            "other answers than the model: refuse them before they are scored"
        )
    return Proof(tuple(found), tightest, tightest / RATIO, tuple(warnings))


def _compare(
    case: Case, provider: str, got: Arrays | str, expected: Arrays, bound: Bound
) -> Comparison:
    blank = Comparison(
        case.name, provider, len(next(iter(case.feeds.values()))), case.counts, False
    )
    if isinstance(got, str):
        return replace(blank, error=float("inf"), rtol=float("nan"), why=got)
    error, tightest = measure_error(got, expected)
    flips, ties = count_flips(got, expected, bound)
    passed = _agrees(got, expected, bound) and not flips
    why = "" if passed else explain_mismatch(expected, got)
    return replace(
        blank, passed=passed, error=error, rtol=tightest, flips=flips, ties=ties, why=why
    )


def measure_error(got: Arrays, expected: Arrays) -> tuple[float, float]:
    """The largest absolute difference, and the smallest of `BOUNDS` that holds; NaN: none does."""
    error = 0.0
    for name, want in expected.items():
        if got[name].shape != want.shape:
            return float("inf"), float("nan")
        if want.dtype.kind == "f" and want.size:
            with np.errstate(all="ignore"):
                gap = np.abs(got[name].astype(np.float64) - want.astype(np.float64))
            error = max(error, float(np.nanmax(np.where(np.isnan(gap), 0.0, gap))))
    fits = (rtol for rtol in BOUNDS if _agrees(got, expected, Bound(rtol, rtol / RATIO)))
    return error, next(fits, float("nan"))


def count_flips(got: Arrays, expected: Arrays, bound: Bound) -> tuple[int, int]:
    """Rows of which another score is the largest: those the bound does not excuse, and the others.

    Outputs of shape (N, K), K > 1, are scores. A row is excused if the model's own largest score
    leads the one that the graph prefers by no more than twice the bound.
    """
    flips = ties = 0
    for name, want in expected.items():
        if want.ndim != 2 or want.shape[1] < 2 or want.dtype.kind != "f":
            continue
        if got[name].shape != want.shape or not np.isfinite(want).all():
            continue
        rows = np.arange(len(want))
        ours, theirs = got[name].argmax(axis=1), want.argmax(axis=1)
        top = want[rows, theirs].astype(np.float64)
        lead = top - want[rows, ours]
        excused = lead <= 2 * (bound.atol + bound.rtol * np.abs(top))
        flips += int(np.sum((ours != theirs) & ~excused))
        ties += int(np.sum((ours != theirs) & excused))
    return flips, ties


def _agrees(got: Arrays, expected: Arrays, bound: Bound) -> bool:
    for name, want in expected.items():
        have = got[name]
        if have.shape != want.shape:
            return False
        if want.dtype.kind not in "fc":
            if not (have == want).all():
                return False
        elif not np.allclose(have, want, rtol=bound.rtol, atol=bound.atol, equal_nan=True):
            return False
    return True


def _open(graph: bytes, provider: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    providers = list(dict.fromkeys((provider, "CPUExecutionProvider")))
    try:
        return onnxruntime.InferenceSession(graph, options, providers=providers)
    except Exception as err:  # onnxruntime's errors share no base
        raise UsageError(
            f"onnxruntime cannot open the graph on {provider}: {err}",
            hint="Its operators or opset are newer than onnxruntime, or it needs a library",
        ) from err


def _run(session: Any, feeds: Arrays) -> dict[str, NDArray[Any]] | str:
    """The outputs by name, or why there are none."""
    names = [output.name for output in session.get_outputs()]
    texts = {
        name: array.astype(object) if array.dtype.kind == "U" else array
        for name, array in feeds.items()
    }
    try:
        return dict(zip(names, session.run(None, texts), strict=True))
    except Exception as err:  # noqa: BLE001  onnxruntime's errors share no base
        return f"onnxruntime refuses it: {str(err).splitlines()[0][:300]}"
