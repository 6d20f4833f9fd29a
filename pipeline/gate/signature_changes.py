"""Lists how inputs and classes of the two models differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.gate.decision import GateCheck
from pipeline.manifest import Manifest

NAMED = 8


def explain_other_question(ours: Manifest, theirs: Manifest) -> str:
    """That the two do not predict the same thing; empty if they do."""
    challenger, champion = (f"{m.target!r} by {m.task}" for m in (ours, theirs))
    if challenger == champion:
        return ""
    return f"the champion predicts {champion}, the challenger {challenger}"


def list_signature_changes(ours: Manifest, theirs: Manifest) -> Iterator[GateCheck]:
    """Notes on other inputs and classes: none of them stops a challenger."""
    challenger, champion = ({i.name: i.kind for i in m.inputs} for m in (ours, theirs))
    told = [*_only(champion, challenger, "takes column")]
    told += [
        f"column {name!r} is {kind} to the challenger and {champion[name]} to the champion"
        for name, kind in challenger.items()
        if champion.get(name, kind) != kind
    ]
    if told:
        yield GateCheck("inputs", "; ".join(told), None, True, f"note: {'; '.join(told)}")
    classes = [dict.fromkeys(map(str, m.labels or ())) for m in (theirs, ours)]
    if told := [*_only(classes[0], classes[1], "knows class")]:
        text = "such rows count as answered wrongly by the model that lacks their class"
        yield GateCheck("classes", "; ".join(told), None, True, f"note: {'; '.join(told)}; {text}")


def _only(champion: Iterable[str], challenger: Iterable[str], verb: str) -> Iterator[str]:
    for who, names, others in (
        ("champion", champion, set(challenger)),
        ("challenger", challenger, set(champion)),
    ):
        alone = [repr(name) for name in names if name not in others]
        more = f" and {len(alone) - NAMED} more" if len(alone) > NAMED else ""
        if alone:
            yield f"only the {who} {verb} {', '.join(alone[:NAMED])}{more}"
