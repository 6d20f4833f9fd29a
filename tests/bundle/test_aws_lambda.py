"""The templates of a bundle for AWS Lambda are YAML, and say what the bundle says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.bundle.aws_lambda import TARGETS
from pipeline.bundle.model_files import pick_example_row, read_source
from pipeline.bundle.target import Target
from tests.bundle import proven


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's functions, such as `!GetAtt`, as their text."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: node.value)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_both_templates_say_the_same(tmp_path: Path, target: Target) -> None:
    source = read_source(proven.regression(tmp_path))
    texts = {name: str(text) for name, text in target.render(source).items()}
    sam: Any = yaml.load(texts["template.yaml"], Loader)["Resources"]["Scorer"]["Properties"]
    other: Any = yaml.load(texts["serverless.yml"], Loader)
    function = other["functions"]["scorer"]
    assert sam["Runtime"] == other["provider"]["runtime"]
    assert sam["MemorySize"] == function["memorySize"]
    assert sam["CodeUri"] == other["package"]["artifact"] == "function.zip"
    events = [event["schedule"] for event in function["events"]]
    for mine, theirs in zip(sam["Events"].values(), events, strict=True):
        assert [mine["Properties"]["ScheduleExpression"]] == theirs["rate"]
        assert json.loads(mine["Properties"]["Input"]) == theirs["input"]
    assert events[1]["input"] == {"rows": [pick_example_row(source)]}
