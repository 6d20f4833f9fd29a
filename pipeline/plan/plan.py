"""Plans a run: which options and models convert, with which remark."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipeline.automl.candidates import list_candidates
from pipeline.convert.support.caveat import Caveat, CaveatKind, RunFacts, suggest_training_anyway
from pipeline.convert.support.caveats import CAVEATS, find_bug_warnings, find_caveats
from pipeline.errors import ConversionError, PipelineError
from pipeline.system.cores import usable_cores
from pipeline.system.progress import Work
from pipeline.tasks import TASKS

if TYPE_CHECKING:
    from pipeline.audit.alarm import Audit
    from pipeline.automl.deadline import Deadline
    from pipeline.config.train_config import DatasetSpec, TrainConfig
    from pipeline.data.dataset import Dataset
    from pipeline.manifest.columns import Kind as ColumnKind

logger = logging.getLogger(__name__)


_WIDTH = 40


class Verdict(StrEnum):
    """How an option or a model converts, the best first."""

    exact = "exact"
    noted = "exact with a note"
    contrib = "needs a contrib operator"
    refused = "refused"


_VERDICTS: Mapping[CaveatKind, Verdict] = {
    CaveatKind.refused_option: Verdict.refused,
    CaveatKind.contrib: Verdict.contrib,
    CaveatKind.noted_option: Verdict.noted,
}
"""Of an option; the first counts."""


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
class ConversionPlan:
    """What of a run converts, and with which caveats; made once and carried through the run.

    Attributes:
        config: the settings, less the models that the table rules out.
        spec: the table's description.
        models: the candidates of the comparison.
        judgements: one for each option, model and step.
        refusals: options that have no exact form.
        warnings: faults of PyCaret that can touch the run, and what was said of reading the table.
        reason: why there is no graph where the settings want none.
        instead: what to do to get one nonetheless.
        columns: the features and their kinds, where the table was read.
    """

    config: TrainConfig
    spec: DatasetSpec
    models: tuple[str, ...]
    judgements: tuple[Judgement, ...]
    refusals: tuple[Caveat, ...]
    warnings: tuple[str, ...]
    reason: str
    instead: str
    columns: tuple[tuple[str, ColumnKind], ...] = ()

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
            return f"exact for {len(self.models)} candidate models"
        return f"{self.verdict}: {', '.join(odd)}"

    def work(self, deadline: Deadline | None = None, rows: int | None = None) -> Work:
        """What a training is about to do, as far as it is known without PyCaret.

        Args:
            deadline: ends the search.
            rows: of the table; None before it is read.
        """
        return Work(
            models=self.models,
            folds=self.config.fold,
            rows=rows,
            workers=os.cpu_count() or 1 if rows is None else usable_cores(),
            composed=bool(self.of("step")),
            search_until=None if deadline is None else deadline.search_until,
        )

    def refuse(self) -> None:
        """Stop before training where an option would lead to a pipeline without a graph.

        Raises:
            ConversionError: names every such option, why, and what to set instead.
        """
        if not self.refusals:
            return
        reasons = (
            f"{r.subject} = {format_setting(self.config.setup[r.subject])} ({r.text})"
            for r in self.refusals
        )
        raise ConversionError(
            f"no exact conversion to ONNX for {', '.join(reasons)}",
            hint=suggest_training_anyway(self.instead),
            arguments=[r.subject for r in self.refusals],
        )

    def announce(self) -> None:
        """Say in the log what will not be exported as it is; nothing where all is exact."""
        if self.verdict is not Verdict.exact:
            logger.info("plan: %s; python -m pipeline.plan says why", self.text)

    def add_table(self, dataset: Dataset) -> ConversionPlan:
        """The plan with what a table tells: its columns, and what to be warned of."""
        from pipeline.convert.support.odd_names import find_odd_names

        setup = self.config.setup
        columns = tuple((column.name, column.kind) for column in dataset.inputs)
        dates = tuple(name for name, kind in columns if kind == "date")
        odd = find_odd_names(dataset.frame[list(dataset.features)], setup)
        warnings = (*dataset.notes, *find_bug_warnings(RunFacts(setup, dates=dates, odd_names=odd)))
        return replace(self, columns=columns, warnings=warnings)

    def fit_to(self, dataset: Dataset) -> ConversionPlan:
        """The plan for training on these rows, where a graph is wanted without too large models.

        Raises:
            ConversionError: no candidate is left.
        """
        plan = self.add_table(dataset)
        target = dataset.frame[dataset.spec.target]
        known = RunFacts(rows=len(target), classes=target.nunique())
        limits = {row.subject: row for row in find_caveats(known, CaveatKind.refused_model)}
        limits = {model: limits[model] for model in self.models if model in limits}
        return plan._leave_out(limits, known.rows) if limits and self.config.onnx else plan

    def _leave_out(self, limits: Mapping[str, Caveat], rows: int) -> ConversionPlan:
        reasons = "; ".join(f"{model}: {row.text}" for model, row in limits.items())
        left = tuple(model for model in self.models if model not in limits)
        if not left:
            raise ConversionError(
                f"no exact conversion to ONNX for any candidate on {rows:,} rows: {reasons}",
                hint=suggest_training_anyway(
                    "; ".join(f"{m}: {row.instead}" for m, row in limits.items())
                ),
                models=list(limits),
            )
        logger.warning("left out on %s rows: %s; to train them: --no-onnx", f"{rows:,}", reasons)
        chosen = {"exclude": (*(self.config.exclude or ()), *limits)}
        if self.config.include is not None:
            chosen = {"include": left}
        return replace(self, config=self.config.model_copy(update=chosen), models=left)


def plan_conversion(config: TrainConfig, spec: DatasetSpec) -> ConversionPlan:
    """Decide what of a run converts, before its table is read.

    Args:
        config: the run's settings.
        spec: the table's description; the table itself is not read.
    """
    from pipeline.config.ensemble_rules import list_ensemble_steps

    models, made = list_candidates(config, TASKS[spec.task]), list_ensemble_steps(config)
    known = RunFacts(config.setup, {s: getattr(config, s) or {} for s in made}, spec.date)
    refusals = tuple(find_caveats(known, CaveatKind.refused_option))
    judgements = (*_judge_options(known), *_judge_models(models), *_judge_steps(known))
    explained = _explain(refusals, config.setup)
    return ConversionPlan(
        config, spec, models, judgements, refusals, find_bug_warnings(known), *explained
    )


def _explain(refusals: Sequence[Caveat], setup: Mapping[str, Any]) -> tuple[str, str]:
    """Why a run with `onnx` off has no graph, and what to do to get one."""
    if not refusals:
        return "switched off", "train without --no-onnx"
    names = ", ".join(f"{r.subject} = {_shorten(setup[r.subject])}" for r in refusals)
    reasons = "; ".join(dict.fromkeys(r.text for r in refusals))
    instead = "; ".join(f"{r.subject}: {r.instead}" for r in refusals)
    return f"refused because of {names} ({reasons})", instead


def plan_table(plan: ConversionPlan) -> tuple[ConversionPlan, Audit, PipelineError | None]:
    """A plan with what reading its table says, what speaks against the table, and what is wrong.

    The table of a dataset that comes with the project is not read: its spec says it all.
    """
    from pipeline.audit import Audit, audit_table
    from pipeline.data.dataset import load_dataset

    config = plan.config
    if config.data is None and not str(config.dataset).endswith(".toml"):
        return plan, Audit(), None
    try:
        dataset = load_dataset(plan.spec, config)
    except PipelineError as err:
        return plan, Audit(), err
    return plan.add_table(dataset), audit_table(dataset, config), None


def _judge_options(known: RunFacts) -> Iterable[Judgement]:
    """One judgement for each argument of `setup` that the config sets."""
    found: dict[str, Caveat] = {}
    for kind in _VERDICTS:
        for row in find_caveats(known, kind):
            found.setdefault(row.subject, row)
    for name, value in known.setup.items():
        verdict, why, instead = Verdict.exact, "", ""
        if name in found:
            row = found[name]
            verdict, instead = _VERDICTS[row.kind], row.instead
            why = f"{row.domain}: {row.text}" if row.domain else row.text
        yield Judgement("option", name, _shorten(value), verdict, why, instead)


def _judge_models(models: Iterable[str]) -> Iterable[Judgement]:
    notes = {row.subject: row.text for row in CAVEATS if row.kind is CaveatKind.noted_model}
    for row in CAVEATS:
        if row.kind is CaveatKind.refused_model:  # only the table tells whether it is too large
            notes.setdefault(row.subject, f"not for {row.values}: {row.text}")
    for model in models:
        verdict = Verdict.noted if model in notes else Verdict.exact
        yield Judgement("model", model, "", verdict, notes.get(model, ""))


def _judge_steps(known: RunFacts) -> Iterable[Judgement]:
    """One judgement for each step after the comparison; it is as exact as its members."""
    notes = {row.subject: row.text for row in find_caveats(known, CaveatKind.noted_step)}
    for step, options in known.steps.items():
        verdict = Verdict.noted if step in notes else Verdict.exact
        values = ", ".join(f"{k} = {_shorten(v)}" for k, v in options.items())
        yield Judgement("step", step, values, verdict, notes.get(step, "as exact as its members"))


def format_setting(value: Any) -> str:
    """A value of a config as people write it; an object by its class."""
    if not isinstance(value, Mapping) or "class" not in value:
        return "none" if value is None else repr(value)
    name = str(value["class"]).rpartition(".")[2]
    return f"{name}({', '.join(f'{k}={v!r}' for k, v in value.items() if k != 'class')})"


def _shorten(value: Any) -> str:
    text = format_setting(value)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
