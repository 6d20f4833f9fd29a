"""docs/operations.md says what the code does."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from pipeline import errors
from pipeline.config.base import Settings
from pipeline.config.retrain_config import Drift, Gate, Notify, RetrainOutcome
from pipeline.errors import PipelineError
from pipeline.notify import prometheus
from tests.commands import ROOT
from tests.notify.summaries import summary

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def cells(heading: str) -> list[list[str]]:
    """The rows of the first table after a line."""
    table = TEXT[TEXT.index(heading) :].split("\n\n", 2)[1]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.split("\n")[2:]]


def test_it_is_short() -> None:
    assert len(TEXT.splitlines()) <= 200


def test_the_table_of_exit_codes_is_complete() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, PipelineError)}
    listed = [int(code) for row in cells("## Exit codes") for code in row[0].split(", ")]
    assert sorted(listed) == sorted(codes | {0, 130, 143})
    named = set(re.findall(r"`(\w+)`", " ".join(row[2] for row in cells("## Exit codes"))))
    assert named == set(RetrainOutcome)


def test_every_key_of_the_summary_is_described() -> None:
    described = re.findall(r"`(\w+)`", " ".join(row[0] for row in cells("Keys of the summary")))
    assert sorted(described) == sorted(json.loads(summary().to_json()))


@pytest.mark.parametrize(
    ("settings", "line"),
    [(Drift, "refuse it before training:"), (Gate, "whether by chance or not:")],
)
def test_every_limit_is_described_with_its_default(settings: type[Settings], line: str) -> None:
    described = {}
    for keys, defaults, _ in cells(line):
        described |= dict(zip(re.findall(r"`(\w+)`", keys), defaults.split(", "), strict=True))
    fields = {name: field.default for name, field in settings.model_fields.items()}
    assert described == {k: "none" if v is None else str(v) for k, v in fields.items()}


def test_every_metric_of_the_health_file_is_described() -> None:
    whole = summary(champion_after="1", metric="MAE", champion_metric=1.0, parity="pass")
    written = {
        f.name for f in text_string_to_metric_families(prometheus.render_health_file(whole, {}))
    }
    described = cells("The health file is for the textfile")
    assert set(re.findall(r"retrain_\w+", " ".join(row[0] for row in described))) == written


def test_the_rules_use_metrics_and_outcomes_that_are_there() -> None:
    rules = yaml.safe_load(block("yaml"))["groups"][0]["rules"]
    expressions = " ".join(rule["expr"] for rule in rules)
    assert len(rules) == expressions.count("retrain_")
    assert set(re.findall(r"retrain_\w+", expressions)) <= set(prometheus._HELP)
    (outcomes,) = re.findall(r'outcome=~"(.*?)"', expressions)
    assert set(outcomes.split("|")) <= set(RetrainOutcome)


def test_the_settings_are_those_that_there_are() -> None:
    table = tomllib.loads(block("toml"))["notify"]
    assert set(table) == set(Notify.model_fields)
    settings = Notify(**table)
    usual = Notify()
    assert set(settings.on) == set(usual.on)
    assert (settings.attempts, settings.timeout) == (usual.attempts, usual.timeout)


@pytest.mark.parametrize(
    ("module", "command"), [("retrain", ""), ("models", "prune"), ("doctor", "")]
)
def test_every_option_exists(module: str, command: str) -> None:
    given = re.findall(rf"python -m pipeline\.{module} {command}([^`\n]*)", TEXT)
    source = (ROOT / "pipeline" / module / "__main__.py").read_text(encoding="utf-8")
    source += (ROOT / "pipeline" / "cli" / "app.py").read_text(encoding="utf-8")
    for option in re.findall(r"--([\w-]+)", " ".join(given)):
        assert re.search(rf'"--{option}"|\b{option.replace("-", "_")}\b', source), option


def test_the_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (ROOT / "docs" / Path(link)).exists()
