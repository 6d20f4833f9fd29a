"""Whatever an event holds, the answer is a status and JSON; and its rows are scored as here."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.bundle.aws_lambda.functions import FILES, load_module
from tests.bundle.aws_lambda.hostile import ANYTHING, DEEP, PAYLOADS

events = load_module(FILES / "python" / "events.py")


@pytest.fixture(scope="module", params=["regression", "words", "numbers"])
def scorer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    folder = tmp_path_factory.mktemp("onnx")
    if request.param == "regression":
        return Scorer(proven.regression(folder))
    labels: Any = ("no", "yes") if request.param == "words" else (0, 1, 2)
    return Scorer(proven.classification(folder, labels))


def content_of(answer: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and content, once it is clear that any reader of JSON can take them."""
    json.dumps(answer, allow_nan=False, ensure_ascii=False).encode()
    content = json.loads(answer["body"]) if "body" in answer else answer
    return answer["statusCode"], content


@given(event=PAYLOADS)
def test_no_event_is_answered_by_a_traceback(scorer: Scorer, event: Any) -> None:
    status, content = content_of(events.answer_event(event, scorer))
    assert status in (200, 400)
    assert ("error" in content) is (status == 400)


@given(body=ANYTHING | PAYLOADS.map(json.dumps), base=st.booleans() | ANYTHING)
@example(body=DEEP, base=False)
@example(body='{"rows": NaN}', base=False)
@example(body="9" * 5000, base=False)
@example(body="no base64", base=True)
@example(body=base64.b64encode(b"\xff").decode(), base=True)
def test_no_body_is_answered_by_a_traceback(scorer: Scorer, body: Any, base: Any) -> None:
    event = {"requestContext": {}, "body": body, "isBase64Encoded": base}
    answer = events.answer_event(event, scorer)
    assert answer["headers"] == {"content-type": "application/json"}
    assert content_of(answer)[0] in (200, 400)


def rows_of(scorer: Scorer) -> list[dict[str, Any]]:
    names = [each.name for each in scorer.manifest.inputs]
    cells = zip(*(proven.ROWS[name] for name in names), strict=True)
    return [dict(zip(names, each, strict=True)) for each in cells]


def test_rows_are_scored_as_here_whichever_way_they_come(scorer: Scorer) -> None:
    text = json.dumps({"rows": rows_of(scorer)})
    ways = (
        rows_of(scorer),
        {"rows": rows_of(scorer)},
        {"body": text},
        {"body": base64.b64encode(text.encode()).decode(), "isBase64Encoded": True},
    )
    for event in ways:
        status, content = content_of(events.answer_event(event, scorer))
        assert status == 200
        for row, found in zip(rows_of(scorer), content["predictions"], strict=True):
            expected = scorer.predict_one(row)
            assert found["label"] == expected["prediction_label"]
            if "prediction_score" in expected:
                assert [*found["scores"].values()] == expected["prediction_score"]
                assert found["score"] == found["scores"][str(found["label"])]


@pytest.mark.parametrize("cell", ["seven", 1e39, [], {}, "1" * 400])
def test_the_cell_that_does_not_fit_is_named(scorer: Scorer, cell: Any) -> None:
    wrong = rows_of(scorer)
    wrong[3]["body mass [kg]"] = cell
    status, content = content_of(events.answer_event({"rows": wrong}, scorer))
    assert (status, content["row"], content["column"]) == (400, 4, "body mass [kg]")
    del wrong[1]["body mass [kg]"]
    status, content = content_of(events.answer_event(wrong, scorer))
    assert (status, content["row"], content["column"]) == (400, 2, "body mass [kg]")


def test_what_is_larger_than_lambda_takes_is_refused(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_BYTES", 1000)
    assert content_of(events.answer_event({"body": " " * 1001}, scorer))[0] == 413
    assert content_of(events.answer_event(rows_of(scorer) * 40, scorer))[0] == 413


def test_a_fault_of_the_scorer_is_no_fault_of_the_caller(capsys: Any) -> None:
    status, content = content_of(events.answer_event({"rows": [{}]}, None))
    assert (status, content["error"]) == (500, "scoring failed: AttributeError")
    assert "AttributeError" in capsys.readouterr().err
