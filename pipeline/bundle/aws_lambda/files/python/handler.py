"""The function: opens the model once per cold start, after every file was held against SHA256SUMS.

`{"verify": true}`, which no request over HTTP can be, replays the proof where the function runs,
and fails where anything differs; `{"verify": "report"}` answers with what differs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read while onnxruntime is imported

from events import answer_event
from open_scorer import HERE, open_scorer

SCORER = open_scorer()
DIFFERS = 5
"""How verify.py ends where anything differs."""


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Predictions of the event's rows; see events.py."""
    if event in ({"verify": True}, {"verify": "report"}):
        return {"statusCode": 200, "verified": replay_proof(must_hold=event["verify"] != "report")}
    return answer_event(event, SCORER)


def replay_proof(*, must_hold: bool) -> dict[str, Any]:
    """What verify.py found.

    Raises:
        RuntimeError: it found nothing, or what differs although it must hold; the invocation
            counts as failed.
    """
    done = subprocess.run(
        [sys.executable, "-B", "verify.py"], cwd=HERE, capture_output=True, text=True, check=False
    )
    if done.returncode and (must_hold or done.returncode != DIFFERS):
        raise RuntimeError(
            f"verify ended with {done.returncode}: {done.stdout}{done.stderr}"[:4000]
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
