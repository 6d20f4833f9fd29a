"""A real HTTP server on this machine that behaves as badly as asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DROP = -1
"""Close the connection without an answer."""
HANG = -2
"""Take the request and never answer."""
DRIP = -3
"""Send one byte of the answer at a time, without end."""


@dataclass
class Webhook:
    """What the server got, and what it answers: one item for each request, the last repeated."""

    port: int
    answers: list[int]
    bodies: list[bytes] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/SECRET-PATH?token=SECRET-QUERY"


@contextmanager
def webhook(*answers: int, context: ssl.SSLContext | None = None) -> Iterator[Webhook]:
    """Serve until the block ends: status codes, DROP, HANG or DRIP; over TLS with a context."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that left
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        hook = server.hook = Webhook(server.server_address[1], list(answers))  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hook
        finally:
            hook.stopped.set()
            server.shutdown()
            thread.join()


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's certificate for 127.0.0.1 that no authority has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(
        now + timedelta(days=1)
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + dated.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        hook: Webhook = self.server.hook  # type: ignore[attr-defined]
        hook.lines.append(self.requestline)
        hook.headers.append(dict(self.headers))
        hook.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        answer = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
        if answer == HANG:
            hook.stopped.wait(60)
        elif answer == DRIP:
            self._drip(hook)
        elif answer == DROP:
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", f"http://127.0.0.1:{hook.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def _drip(self, hook: Webhook) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        try:
            while not hook.stopped.wait(0.02):
                self.wfile.write(b"x")
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        pass
