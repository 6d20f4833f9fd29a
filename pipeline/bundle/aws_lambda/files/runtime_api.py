"""A stand-in for AWS Lambda's Runtime API on 127.0.0.1: one process, one event at a time.

The process asks for the next event, and posts its answer or error, as it does in Lambda.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VERSION = "/2018-06-01/runtime"


class FunctionError(Exception):
    """The function failed: at its start, or at an event."""


class Function:
    """A function whose process is running; `invoke` as often as wanted."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.events: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.polled = threading.Event()
        self.count = 0

    def invoke(self, event: Any) -> Any:
        """What the function answers.

        Raises:
            FunctionError: it failed, or its process ended.
        """
        self.count += 1
        self.events.put((f"event-{self.count}", json.dumps(event).encode()))
        how, answer = self._wait()
        if how != "response":
            raise FunctionError(answer.decode("utf-8", "replace"))
        return json.loads(answer)

    def _wait(self) -> tuple[str, bytes]:
        while True:
            try:
                return self.answers.get(timeout=1.0)
            except queue.Empty:
                if self.process is not None and (code := self.process.poll()) is not None:
                    raise FunctionError(f"the process ended with {code}") from None


def _requests_of(function: Function) -> type[BaseHTTPRequestHandler]:
    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            """`invocation/next` waits for an event."""
            function.polled.set()
            request, event = function.events.get()
            headers = {
                "Lambda-Runtime-Aws-Request-Id": request,
                "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 900_000),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:local:0:function:scorer",
                "Content-Type": "application/json",
            }
            self.reply(200, headers, event)

        def do_POST(self) -> None:
            """`invocation/ID/response`, `invocation/ID/error` and `init/error`."""
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.reply(202, {"Content-Type": "application/json"}, b"{}")
            function.answers.put((self.path.rpartition("/")[2], content))
            function.polled.set()

        def reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    return Requests


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A process that ends leaves its connections as they are."""


@contextmanager
def run_function(command: Sequence[str], folder: Path) -> Iterator[Function]:
    """A process that runs a function out of a folder, once it asks for its first event.

    Raises:
        FunctionError: it does not come so far.
    """
    function = Function()
    server = _Server(("127.0.0.1", 0), _requests_of(function))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": "scorer",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "LAMBDA_TASK_ROOT": str(folder),
        "_HANDLER": "handler.handler",
    }
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=sys.stderr)
    function.process = process
    try:
        while not function.polled.wait(0.05):
            if process.poll() is not None:
                raise FunctionError(f"the process ended with {process.returncode}")
        if not function.answers.empty():
            raise FunctionError(function.answers.get()[1].decode("utf-8", "replace"))
        yield function
    finally:
        process.terminate()
        process.wait()
        server.shutdown()
        server.server_close()
