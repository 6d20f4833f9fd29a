"""An S3 API in memory that can be out of reach for a while without losing what it holds.

Run by the servers' Python: `python storage.py PORT`. SIGUSR1 closes its port, SIGUSR2 opens it.
"""

from __future__ import annotations

import signal
import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class OneRequest(WSGIRequestHandler):
    """Closes every connection after its answer, so that a closed port is closed for all."""

    protocol_version = "HTTP/1.0"

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing of requests that went well."""


def opened(port: int) -> BaseWSGIServer:
    """A server that answers in a thread of its own."""
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", port, application, True, request_handler=OneRequest)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main(port: int) -> None:
    """Serve until SIGTERM."""
    wanted = {signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    server: BaseWSGIServer | None = opened(port)
    while (received := signal.sigwait(wanted)) != signal.SIGTERM:
        if received == signal.SIGUSR1 and server is not None:
            server.shutdown()
            server = None
        elif received == signal.SIGUSR2 and server is None:
            server = opened(port)


if __name__ == "__main__":
    main(int(sys.argv[1]))
