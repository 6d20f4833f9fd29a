"""The stand-in for Lambda's Runtime API hands on events and answers, and says what fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bundle.aws_lambda.functions import FILES, load_module

api = load_module(FILES / "runtime_api.py")
FUNCTION = """
import json, os, sys
from urllib.request import Request, urlopen
base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
def post(path, content):
    urlopen(Request(f"{base}/{path}", json.dumps(content).encode(), method="POST"))
if START == "fails":
    post("init/error", {"errorMessage": "no model"})
    sys.exit(1)
if START == "ends":
    sys.exit(3)
while True:
    with urlopen(f"{base}/invocation/next") as response:
        place = response.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.load(response)
    if event == "error":
        post(f"invocation/{place}/error", {"errorMessage": "no such event"})
    elif event == "end":
        sys.exit(4)
    else:
        post(f"invocation/{place}/response", {"got": event, "in": os.getcwd()})
"""


def command(start: str = "") -> tuple[str, ...]:
    return (sys.executable, "-c", FUNCTION.replace("START", repr(start)))


def test_each_event_gets_its_answer(tmp_path: Path) -> None:
    with api.run_function(command(), tmp_path) as function:
        for event in ({"rows": [{"ü": None}]}, [], 1):
            assert function.invoke(event) == {"got": event, "in": str(tmp_path)}
        with pytest.raises(api.FunctionError, match="no such event"):
            function.invoke("error")
        assert function.invoke(2)["got"] == 2  # it lives on
        with pytest.raises(api.FunctionError, match="ended with 4"):
            function.invoke("end")
    assert function.process.poll() == 4


@pytest.mark.parametrize(("start", "said"), [("fails", "no model"), ("ends", "ended with 3")])
def test_a_function_that_does_not_start_is_said(tmp_path: Path, start: str, said: str) -> None:
    with pytest.raises(api.FunctionError, match=said), api.run_function(command(start), tmp_path):
        pytest.fail("it has started")
