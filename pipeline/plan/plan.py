"""Before anything is trained: which of the chosen options and models have an exact ONNX form."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipeline.audit.alarm import Audit
from pipeline.automl.candidates import candidates
from pipeline.convert.support.refused_options import shown
from pipeline.errors import PipelineError
from pipeline.manifest import Kind
from pipeline.tasks import TASKS, Task

if TYPE_CHECKING:
    from pipeline.config.train_config import DatasetSpec, TrainConfig
    from pipeline.data.dataset import Dataset

logger = logging.getLogger(__name__)


_WIDTH = 40


class Verdict(StrEnum):
    """How an option or a model converts, the best first."""

    exact = "exact"
    noted = "exact with a note"
    contrib = "needs a contrib operator"
    refused = "refused"


@dataclass(frozen=True)
class Judgement:
    """One option, model or step, and how it converts.

    Attributes:
        kind: option, model or step.
        value: what the config sets it to, as text; empty for a model.
        why: the remark or the reason; empty for exact.
        instead: what to set instead of what is refused.
    """

    kind: str
    name: str
    value: str
    verdict: Verdict
    why: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Plan:
    """Everything that can be said of a run before it trains.

    Attributes:
        warnings: faults of PyCaret that can touch the run, and what was said of reading the table.
        columns: the features and their kinds, where the table was read.
        audit: what the table alone tells of a model that is trained on it, where it was read.
    """

    name: str
    task: str
    judgements: tuple[Judgement, ...]
    warnings: tuple[str, ...]
    columns: tuple[tuple[str, Kind], ...] = ()
    audit: Audit = field(default_factory=Audit)

    def of(self, kind: str) -> tuple[Judgement, ...]:
        """The judgements of one kind."""
        return tuple(j for j in self.judgements if j.kind == kind)

    @property
    def by_kind(self) -> dict[str, list[str]]:
        """The features of each kind."""
        found: dict[str, list[str]] = {}
        for name, kind in self.columns:
            found.setdefault(kind, []).append(name)
        return found

    @property
    def verdict(self) -> Verdict:
        """The worst of them all."""
        order = list(Verdict)
        return max((j.verdict for j in self.judgements), key=order.index, default=Verdict.exact)

    @property
    def text(self) -> str:
        """The verdict in one sentence."""
        odd = [j.name for j in self.judgements if j.verdict is self.verdict]
        if self.verdict is Verdict.exact:
            return f"exact for {len(self.of('model'))} candidate models"
        return f"{self.verdict}: {', '.join(odd)}"


def judged(config: TrainConfig, spec: DatasetSpec) -> Plan:
    """Judge the options, candidate models and steps of a run.

    Args:
        config: the run's settings.
        spec: the table's description; the table itself is not read.
    """
    from pipeline.convert.support.pycaret_bugs import Circumstances, warnings_for

    return Plan(
        name=spec.name,
        task=spec.task,
        judgements=(*_options(config), *_models(config, TASKS[spec.task]), *_steps(config)),
        warnings=warnings_for(Circumstances(config.setup, dates=spec.date)),
    )


def read(config: TrainConfig, spec: DatasetSpec) -> tuple[Plan, PipelineError | None]:
    """The plan of a run, with what reading its table says; and why it cannot be trained on.

    The table of a dataset that comes with the project is not read: its spec says it all.
    """
    plan = judged(config, spec)
    if config.data is None and not str(config.dataset).endswith(".toml"):
        return plan, None
    from pipeline.audit import before
    from pipeline.data.dataset import load

    try:
        dataset = load(spec, config)
    except PipelineError as err:
        return plan, err
    columns = tuple((column.name, column.kind) for column in dataset.inputs)
    found, said = before(dataset, config), warned(config, dataset)
    return replace(plan, columns=columns, warnings=said, audit=found), None


def announce(config: TrainConfig, spec: DatasetSpec) -> None:
    """Say in the log what a training will not export as it is; nothing where all is exact."""
    plan = judged(config, spec)
    if plan.verdict is not Verdict.exact:
        logger.info("plan: %s; python -m pipeline.plan says why", plan.text)


def warned(config: TrainConfig, dataset: Dataset) -> tuple[str, ...]:
    """What was said of reading the table, and the faults of PyCaret that can touch the run."""
    from pipeline.convert.support.pycaret_bugs import Circumstances, odd_names, warnings_for

    dates = tuple(column.name for column in dataset.inputs if column.kind == "date")
    odd = odd_names(dataset.frame[list(dataset.features)], config.setup)
    return (*dataset.notes, *warnings_for(Circumstances(config.setup, dates, odd)))


def why_not(config: TrainConfig) -> tuple[str, str]:
    """Why a run with `onnx` off has no graph, and what to do to get one."""
    from pipeline.convert.support.refused_options import refused

    found = refused(config.setup)
    if not found:
        return "switched off", "train without --no-onnx"
    names = ", ".join(f"{r.argument} = {_short(config.setup[r.argument])}" for r in found)
    reasons = "; ".join(dict.fromkeys(r.reason for r in found))
    instead = "; ".join(f"{r.argument}: {r.instead}" for r in found)
    return f"refused because of {names} ({reasons})", instead


def _options(config: TrainConfig) -> Iterable[Judgement]:
    """One judgement for each argument of `setup` that the config sets."""
    from pipeline.convert.support.caveats import option_notes, requirements
    from pipeline.convert.support.refused_options import refused

    refusals = {r.argument: r for r in refused(config.setup)}
    needs, notes = requirements(config.setup), option_notes(config.setup)
    for name, value in config.setup.items():
        verdict, why, instead = Verdict.exact, "", ""
        if name in refusals:
            verdict, why = Verdict.refused, refusals[name].reason
            instead = refusals[name].instead
        elif name in needs:
            verdict, why = Verdict.contrib, f"{needs[name].domain}: {needs[name].text}"
        elif name in notes:
            verdict, why = Verdict.noted, notes[name]
        yield Judgement("option", name, _short(value), verdict, why, instead)


def _models(config: TrainConfig, task: Task) -> Iterable[Judgement]:
    from pipeline.convert.support.caveats import model_notes
    from pipeline.convert.support.refused_options import LIMITS

    models = candidates(config, task)
    notes = dict(model_notes(models))
    for limit in LIMITS:  # only the table tells whether one is reached
        notes.setdefault(limit.model, f"not for {limit.tables}: {limit.reason}")
    for model in models:
        verdict = Verdict.noted if model in notes else Verdict.exact
        yield Judgement("model", model, "", verdict, notes.get(model, ""))


def _steps(config: TrainConfig) -> Iterable[Judgement]:
    """One judgement for each step after the comparison; it is as exact as its members."""
    from pipeline.config.ensembles import steps
    from pipeline.convert.support.caveats import step_note

    for step in steps(config):
        options = getattr(config, step) or {}
        note = step_note(step, options)
        verdict = Verdict.noted if note else Verdict.exact
        said = ", ".join(f"{k} = {_short(v)}" for k, v in options.items())
        yield Judgement("step", step, said, verdict, note or "as exact as its members")


def _short(value: Any) -> str:
    text = shown(value)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
