"""Finds rare classes, and classes that the model never predicts."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.audit.alarm import Alarm
from pipeline.audit.case import AuditCase

NEVER, RARE = "classes never predicted", "imbalance"
NOTHING = "nothing learned"
SHARE = 0.2
"""A class is rare below this divided by the number of classes: a tenth, with two."""
RECALL = 0.5
"""A rare class of which the model finds less is lost."""
CONSTANT = 1e-9

AVERAGED = (
    "PyCaret's F1, Recall and Prec. are means weighted by class, which a rare one hardly moves."
)


def _advice(case: AuditCase) -> str:
    """What may help, of what has not been done."""
    metric = case.metric or case.config.metric or case.dataset.spec.metric or ""
    steps = []
    if metric.upper() != "AUC":
        steps.append("choose by --metric AUC")
    if not case.config.setup.get("fix_imbalance"):
        steps.append("balance the classes ([setup] fix_imbalance = true)")
    if case.target.nunique() == 2:
        steps.append(
            "move the decision towards the rare one's share ([threshold] probability_threshold)"
        )
    steps = steps or ["get more rows of the rare class"]
    text = steps[0] if len(steps) == 1 else f"{', '.join(steps[:-1])} or {steps[-1]}"
    return f"{text[0].upper()}{text[1:]}. {AVERAGED}"


def find_unpredicted_classes(case: AuditCase) -> Iterator[Alarm]:
    """A model that is no better than one answer for every row, or never names some classes."""
    actual, predicted = case.holdout.actual, case.holdout.predicted
    if case.is_numeric:
        spread = float(predicted.astype(float).std())
        if spread <= CONSTANT * max(float(actual.astype(float).std()), 1e-300):
            text = f"The model predicts {float(predicted[0]):.6g} for each of {len(actual):,} rows."
            todo = "It has learned nothing: give it columns that say something about the target."
            yield Alarm(NOTHING, "red", (), text, todo)
        elif case.reached < 0 and NOTHING not in case.told:
            text = f"R2 is {case.reached:.4f} on {len(actual):,} holdout rows: a constant, their "
            text += "mean, would be nearer to them than the model."
            todo = (
                "It may be of no use for such rows: look for columns that say more about the "
                "target, and for models that know how it goes on."
            )
            yield Alarm(NOTHING, "amber", (), text, todo)
        return
    lost = [label for label in sorted(set(actual)) if label not in set(predicted)]
    if not lost:
        return
    counts = ", ".join(f"{label} ({int((actual == label).sum()):,} rows)" for label in lost)
    level = "red" if len(set(predicted)) == 1 else "amber"
    text = f"Among {len(actual):,} holdout rows the model never predicts {counts}."
    if level == "red":
        text += f" It predicts {predicted[0]} for all of them."
    yield Alarm(NEVER, level, (), text, _advice(case))  # type: ignore[arg-type]


def find_rare_classes(case: AuditCase) -> Iterator[Alarm]:
    """A rare class; after the training, only one that the model mostly misses."""
    if case.is_numeric:
        return
    shares = case.target.astype(str).value_counts(normalize=True)
    rare = shares[shares < SHARE / len(shares)]
    for label, share in rare.items():
        share_text = f"{share:.1%} of the rows are of class {label}"
        if case.trained is None:
            text = f"{share_text}: a model that never predicts it has accuracy {1 - share:.3f}."
            yield Alarm(RARE, "amber", (), text, _advice(case))
            continue
        actual, predicted = case.holdout.actual, case.holdout.predicted
        named, support = predicted == label, actual == label
        hits = int((named & support).sum())
        if not named.any() or not support.any() or hits >= RECALL * support.sum():
            continue  # never predicted is said by its own check
        text = (
            f"{share_text}. On the holdout the model finds {hits:,} of {int(support.sum()):,} "
            "(recall "
            f"{hits / support.sum():.3f}), and {hits:,} of {int(named.sum()):,} that it names are "
            f"right (precision {hits / named.sum():.3f})."
        )
        yield Alarm(RARE, "amber", (), text, _advice(case))
