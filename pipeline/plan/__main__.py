"""Says which options and models have an exact ONNX form: `python -m pipeline.plan`.

`python -m pipeline.plan` takes the table and the configuration that `pipeline.train` takes,
ends with 4 if the training would be refused, with 3 if the table cannot be trained on. It reads
the table (`--data`, or a spec of one's own) to say the kinds of its columns and how their cells
are written; for a dataset of the project it imports neither PyCaret nor pandas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.cli import app as cli
from pipeline.cli.flags import PlanFlags, with_flags
from pipeline.plan.plan import ConversionPlan, Judgement, plan_conversion, plan_table

if TYPE_CHECKING:
    from pipeline.audit.alarm import Audit

app = cli.create_application()


@app.command()
@with_flags
def main(flags: PlanFlags, log_format: cli.LogFormatOption = cli.LogFormat.auto) -> None:
    """Say which options and models convert to ONNX exactly, without training."""
    with cli.session(log_format):
        from pipeline.data.dataset import find_dataset

        settings = flags.settings()
        plan, audit, fault = plan_table(plan_conversion(settings, find_dataset(settings)))
        (_say_json if log_format is cli.LogFormat.json else _say)(plan, audit)
        if fault is not None:
            raise fault
        if settings.onnx:
            plan.refuse()


def _say(plan: ConversionPlan, audit: Audit) -> None:
    cli.say(f"{plan.spec.name}: {plan.spec.task}")
    for kind, title in (("option", "Options"), ("model", "Models"), ("step", "Steps")):
        if found := plan.of(kind):
            _say_judgements(title, found)
    for kind, names in plan.by_kind.items():
        cli.say(f"Columns, {kind}: {', '.join(names)}")
    for warning in plan.warnings:
        cli.say_fact("Note", warning, 0)
    for line in audit.lines:
        cli.say_fact("Audit", line, 0)
    cli.say_fact("Verdict", plan.text, 0)


def _say_judgements(title: str, judgements: Sequence[Judgement]) -> None:
    """A table; the column of values is left out where there are none."""
    has_values = any(j.value for j in judgements)
    columns = ["name", *(["value"] if has_values else []), "verdict", "why"]
    rows = [
        [j.name, *([j.value] if has_values else []), j.verdict.value, _because(j)]
        for j in judgements
    ]
    cli.say_table(title, columns, rows)


def _because(judgement: Judgement) -> str:
    return "; instead: ".join(part for part in (judgement.why, judgement.instead) if part)


def _say_json(plan: ConversionPlan, audit: Audit) -> None:
    import json

    for judgement in plan.judgements:
        cli.say(json.dumps(asdict(judgement), ensure_ascii=False))
    for name, kind in plan.columns:
        cli.say(json.dumps({"kind": "column", "name": name, "holds": kind}, ensure_ascii=False))
    for warning in plan.warnings:
        cli.say(json.dumps({"kind": "warning", "why": warning}, ensure_ascii=False))
    for alarm in audit.alarms:
        cli.say(json.dumps({"kind": "alarm", **asdict(alarm)}, ensure_ascii=False))
    last = {"kind": "plan", "name": plan.spec.name, "verdict": plan.verdict, "why": plan.text}
    cli.say(json.dumps(last, ensure_ascii=False))


if __name__ == "__main__":
    app()
