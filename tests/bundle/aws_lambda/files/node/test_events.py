"""Whatever an event holds, Node.js answers with a status and JSON too."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.bundle.model_files import read_source
from pipeline.bundle.write import write_bundle
from tests.bundle import proven
from tests.bundle.aws_lambda.hostile import ANYTHING, DEEP, PAYLOADS
from tests.bundle.test_node import node

CODE = """
import { readFileSync } from "node:fs";
import { answerEvent } from "./events.mjs";
import { FeedBuilder } from "./feeds.mjs";
const manifest = JSON.parse(readFileSync("manifest.json", "utf8"));
const feeds = new FeedBuilder(manifest);
const predict = async (rows) => (feeds.build(rows), rows.map(() => ({ label: 1 })));
const scorer = { manifest, predict };
console.error = () => {};
const [events, found] = [JSON.parse(readFileSync(0, "utf8")), []];
for (const event of events) found.push(await answerEvent(event, scorer));
console.log(JSON.stringify(found));
"""
REQUESTS = st.builds(
    lambda body, base: {"requestContext": {}, "body": body, "isBase64Encoded": base},
    ANYTHING | PAYLOADS.map(json.dumps),
    st.booleans() | ANYTHING,
)
ROW = {name: values[0] for name, values in proven.ROWS.items()}
KNOWN: list[tuple[Any, int]] = [
    ([ROW], 200),
    ({"rows": [ROW]}, 200),
    ({"body": json.dumps([ROW])}, 200),
    (
        {"body": base64.b64encode(json.dumps([ROW]).encode()).decode(), "isBase64Encoded": True},
        200,
    ),
    ({"body": DEEP}, 400),
    ({"body": "no base64", "isBase64Encoded": True}, 400),
    ({"body": base64.b64encode(b"\xff").decode(), "isBase64Encoded": True}, 400),
    ({"body": " " * 6_291_457}, 413),
    ([ROW | {"member": "perhaps"}], 400),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("node")
    write_bundle(read_source(proven.regression(base / "onnx")), "lambda-node", base / "out")
    (base / "out" / "answer.mjs").write_text(CODE, encoding="utf-8")
    return base / "out"


def answer(folder: Path, events: list[Any]) -> list[tuple[int, dict[str, Any]]]:
    """Status and content of each."""
    text = re.sub(r"NaN|-?Infinity", "null", json.dumps(events))  # JSON has none of them
    found = json.loads(node(folder, "answer.mjs", stdin=text))
    contents = [json.loads(each["body"]) if "body" in each else each for each in found]
    return [(each["statusCode"], content) for each, content in zip(found, contents, strict=True)]


@settings(max_examples=5, suppress_health_check=[*HealthCheck])
@given(events=st.lists(PAYLOADS | REQUESTS, min_size=60, max_size=100))
def test_no_event_is_answered_by_a_stack_trace(folder: Path, events: list[Any]) -> None:
    for status, content in answer(folder, events):
        assert status in (200, 400)
        assert ("error" in content) is (status == 400)


def test_what_is_known_has_its_status(folder: Path) -> None:
    found = answer(folder, [event for event, _ in KNOWN])
    assert [status for status, _ in found] == [status for _, status in KNOWN]
    assert (found[-1][1]["row"], found[-1][1]["column"]) == (1, "member")
