"""MLflow on PostgreSQL with an S3 API, as a team runs it: `python -m tests.team.stack`.

Prints the MLFLOW_TRACKING_URI and serves on this machine until Ctrl-C; nothing of it stays.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.commands import environment
from tests.team.environment import made
from tests.team.service import Service
from tests.tracked import free_port

BUCKET = "mlflow"

_PLAIN = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Stack:
    """The three servers of a team.

    Attributes:
        uri: what clients set as MLFLOW_TRACKING_URI.
        endpoint: of the S3 API.
    """

    uri: str
    endpoint: str
    mlflow: Service
    database: Service
    storage: Service

    def close_storage(self) -> None:
        """Nobody reaches the bucket from now on."""
        self.storage.send(signal.SIGUSR1)
        while _answers(self.endpoint):
            time.sleep(0.05)

    def open_storage(self) -> None:
        """The bucket can be reached again, with what it held."""
        self.storage.send(signal.SIGUSR2)
        while not _answers(self.endpoint):
            time.sleep(0.05)


@contextmanager
def running(python: Path | None = None) -> Iterator[Stack]:
    """The whole stack on free ports of this machine, empty.

    Args:
        python: of an environment that `environment.made` has made; a new one when None.
    """
    with ExitStack() as closing:
        folder = Path(closing.enter_context(_shared_folder()))
        python = python or made(folder / "environment")
        database, address = _database(folder)
        storage, endpoint = _storage(folder, python)
        port = free_port()
        mlflow = _mlflow(folder, python, address, endpoint, port)
        for service in (database, storage):
            closing.callback(service.stop)
            service.start()
        make = urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT")
        urllib.request.urlopen(make).close()
        closing.callback(mlflow.stop)
        mlflow.start()
        yield Stack(f"http://127.0.0.1:{port}", endpoint, mlflow, database, storage)


@contextmanager
def _shared_folder() -> Iterator[str]:
    """A temporary folder that PostgreSQL's user may pass through."""
    folder = tempfile.mkdtemp(prefix="team-")
    Path(folder).chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _database(folder: Path) -> tuple[Service, str]:
    """PostgreSQL with an empty database, and its address with the password."""
    # It refuses to run as root; Debian's package brings a user for it.
    user = "postgres" if os.getuid() == 0 else None
    place, port = folder / "database", free_port()
    password = _new_cluster(place, folder / "password", user)
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
    # Nobody needs these rows after a power cut.
    settings |= {"fsync": "off", "max_connections": 50}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    ready = [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    service = Service(
        [_program("postgres"), "-D", str(place), *options],
        lambda: subprocess.run(ready, env=_PLAIN, check=False).returncode == 0,
        folder / "database.log",
        _PLAIN,
        signal.SIGINT,  # does not wait for clients: what `systemctl restart postgresql` does
        user,
    )
    return service, f"postgresql+psycopg2://mlflow:{password}@127.0.0.1:{port}/postgres"


def _new_cluster(place: Path, secret: Path, user: str | None) -> str:
    """Make a cluster of databases that belongs to this user; the password of its owner."""
    password = secrets.token_hex(16)
    secret.write_text(password)
    place.mkdir()
    for path in (place, secret):
        path.chmod(path.stat().st_mode & 0o700)
        if user is not None:
            shutil.chown(path, user)
    owner = ["--username=mlflow", f"--pwfile={secret}", "--auth=scram-sha-256"]
    subprocess.run(
        [_program("initdb"), f"--pgdata={place}", "--encoding=UTF8", "--no-sync", *owner],
        env=_PLAIN,
        user=user,
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
    )
    return password


def _program(name: str) -> str:
    """A program of PostgreSQL; Debian keeps those of each version in a folder of its own."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), "/usr/bin"]
    found = shutil.which(name, path=os.pathsep.join(map(str, places)))
    assert found is not None, f"got no {name}, expected PostgreSQL: apt-get install postgresql"
    return found


def _storage(folder: Path, python: Path) -> tuple[Service, str]:
    """The S3 API, and its address."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    script = Path(__file__).with_name("storage.py")
    service = Service(
        [str(python), str(script), str(port)],
        lambda: _answers(endpoint),
        folder / "storage.log",
        environment(),
    )
    return service, endpoint


def _mlflow(folder: Path, python: Path, address: str, endpoint: str, port: int) -> Service:
    """MLflow's server, which alone knows the others' addresses and passwords."""
    credentials = {"AWS_ACCESS_KEY_ID": "team", "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16)}
    settings = {
        "MLFLOW_BACKEND_STORE_URI": address,
        "MLFLOW_S3_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "2",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        # Those of MLflow's own jobs; nothing here has any.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    options = ["--artifacts-destination", f"s3://{BUCKET}", "--workers", "1"]
    return Service(
        [str(python), "-m", "mlflow", "server", "-h", "127.0.0.1", "-p", str(port), *options],
        lambda: _answers(f"http://127.0.0.1:{port}/health"),
        folder / "mlflow.log",
        environment(**settings, **credentials),
        signal.SIGKILL,  # as a power cut does
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def main() -> None:
    """Serve until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), running() as stack:
        sys.stdout.write(f"export MLFLOW_TRACKING_URI={stack.uri}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
