"""Opens the MLflow store: its default, made safe for concurrent first starts.

Nothing here chooses a store. MLFLOW_TRACKING_URI does, and without it MLflow's default counts:
`mlflow.db` and `mlruns/` in the working folder, which `ui_command` shows.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from pipeline.errors import LockedError, TrackingError, causes
from pipeline.track import store_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

SQLITE = "sqlite:///"
DEFAULT_FILE = "mlflow.db"
LOCAL_UI = "http://127.0.0.1:5000"

ENVIRONMENT = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # MLflow's defaults wait minutes for a server that is not there.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",  # a log is no place for bars
    # stdout belongs to the result; the link is printed once, by us.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""MLflow's settings where the user has none."""

# The only way to make a store in MLflow's public API is to ask a missing one for something.
_CREATE = (
    "import sys; from mlflow import MlflowClient; "
    "MlflowClient(sys.argv[1]).search_experiments(max_results=1)"
)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class StorePreparation:
    """A store that is ready, or a process that is making it ready."""

    file: Path | None = None
    draft: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def pending(self) -> bool:
        """Whether there is something to wait for: seconds in which other things can be done."""
        return self.process is not None

    def wait(self) -> None:
        """Return when the store can be used.

        Raises:
            TrackingError: the store could not be made.
        """
        if self.process is None or self.draft is None or self.file is None:
            return
        _, errors = self.process.communicate()
        try:
            if self.process.returncode and not self.file.exists():
                last = causes.explain_traceback(errors.decode(errors="replace"))
                raise TrackingError(
                    f"got no MLflow store at {self.file} ({last}), expected a new SQLite file",
                    hint="make the folder writable, or set MLFLOW_TRACKING_URI",
                )
            _put_in_place(self.draft, self.file)
        finally:
            self.draft.unlink(missing_ok=True)


def configure_mlflow() -> None:
    """Set MLflow's environment before it is imported; what the user has set stays."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("mlflow.store.db.utils").addFilter(_is_not_raised)


def _is_not_raised(record: logging.LogRecord) -> bool:
    """Whether MLflow says something that it does not raise as well: pages of SQL, for one lock."""
    return not record.exc_info


def connect() -> MlflowClient:
    """A client of the store that MLflow's own settings name.

    Raises:
        TrackingError: MLflow takes no such address, or the SQLite file cannot be opened.
    """
    configure_mlflow()
    check_store_file()
    from mlflow import MlflowClient

    return MlflowClient()


def prepare_store() -> StorePreparation:
    """Begin to make the default SQLite store when it is missing; does not block.

    Processes that create one store together leave it broken for good, and so does one that is
    killed meanwhile. So each makes a draft of its own and moves it in place when it is whole:
    the first one wins, the others throw theirs away.
    """
    configure_mlflow()
    check_store_file()
    file = sqlite_file()
    if file is None or file.exists():
        return StorePreparation()
    draft = file.with_name(f"{file.name}-{os.getpid()}-{secrets.token_hex(4)}")
    # Relative to its folder, as MLflow reads `%` and spaces in an absolute path in its own way.
    command = [sys.executable, "-c", _CREATE, SQLITE + draft.name]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(draft, _NEW, 0o644))  # SQLite would follow a link that lies there
        process = subprocess.Popen(
            command,
            cwd=file.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the run; this ends by itself in seconds
        )
    except OSError:
        with suppress(OSError):
            draft.unlink()
        return StorePreparation()  # an unwritable folder: MLflow says so when the run is opened
    return StorePreparation(file, draft, process)


def sqlite_file() -> Path | None:
    """The SQLite file behind the store, or None when the store is something else.

    Reads only the environment: importing MLflow takes seconds.
    """
    named = os.environ.get("MLFLOW_TRACKING_URI") or SQLITE + DEFAULT_FILE
    if not named.startswith(SQLITE):
        return None
    name = named.removeprefix(SQLITE).partition("?")[0]
    return Path(name).absolute() if name and name != ":memory:" else None


def check_store_file() -> None:
    """Say at once that there is no such store, or that the SQLite file cannot be opened or made.

    MLflow would try for two minutes, each time that it is asked, with a page of warnings.

    Raises:
        TrackingError: MLflow takes no such address; a folder, no permission, a read-only disk.
    """
    store_uri.check_store_uri()
    if (file := sqlite_file()) is None:
        return
    if file.is_dir():
        raise TrackingError(
            f"got the folder {file}, expected the SQLite file of an MLflow store",
            hint="set MLFLOW_TRACKING_URI=sqlite:///FILE, such as mlflow.db in that folder",
        )
    place = next(path for path in (file, *file.parents) if os.path.exists(path))  # noqa: PTH110  True or False
    if os.access(place, os.R_OK if place == file else os.W_OK | os.X_OK):
        return
    read_only = os.statvfs(place).f_flag & os.ST_RDONLY and place != file
    why = "read-only file system" if read_only else "permission denied"
    what = "one to read" if place == file else "a folder to make it in"
    raise TrackingError(
        f"got no MLflow store at {file} ({why}), expected {what}",
        hint="make the folder writable, or set MLFLOW_TRACKING_URI",
    )


def check_default_store() -> None:
    """Refuse the one situation in which MLflow silently takes its retired file store.

    Raises:
        TrackingError: `mlruns/` holds runs of the file store and no other store is named.
    """
    if os.environ.get("MLFLOW_TRACKING_URI"):
        return
    old = next(Path("mlruns").glob("[0-9]*/meta.yaml"), None)
    if old is not None:
        raise TrackingError(
            f"got runs of MLflow's retired file store ({old}), expected artifacts only in mlruns/",
            hint="move them with `mlflow migrate-filestore`, "
            "or set MLFLOW_TRACKING_URI=sqlite:///mlflow.db",
        )


def _put_in_place(draft: Path, file: Path) -> None:
    """Give the finished draft its name unless another process was first."""
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not file.exists():
            draft.replace(file)


@contextmanager
def lock_store(purpose: str, timeout: float = 60.0) -> Iterator[None]:
    """Hold this machine's lock for one purpose on this store, such as `registry`.

    Raises:
        LockedError: another process held it for longer than `timeout` seconds.
        TrackingError: its file cannot be made.
    """
    from filelock import FileLock, Timeout

    path = lock_file(purpose)
    held = FileLock(path, timeout=timeout)
    try:
        held.acquire()
    except Timeout as err:
        raise LockedError(
            f"got the lock {path} held for {timeout:.0f} s, expected it free",
            hint="another run is busy with the same store; try again when it is done",
        ) from err
    except OSError as err:
        raise TrackingError(
            f"got no lock at {path} ({err.strerror or err}), expected a file that can be written",
            hint="make the folder writable for this user",
        ) from err
    try:
        yield
    finally:
        held.release()


def lock_file(purpose: str) -> Path:
    """Where the lock for one purpose on this store lies, the same for every process of a machine.

    Beside a SQLite file, under every name that the file has; for a server in this machine's
    temporary folder, one for each user, whatever password the address holds.
    """
    if (file := sqlite_file()) is not None:
        file = file.resolve()
        return file.with_name(f"{file.name}-{purpose}.lock")
    named = os.environ["MLFLOW_TRACKING_URI"]
    address = ui_server() if named.startswith(("http://", "https://")) else named
    store = hashlib.sha256(address.encode(errors="surrogateescape")).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"pipeline-{os.getuid()}-{store}-{purpose}.lock"


def ui_url(*parts: str) -> str:
    """The page of MLflow's web interface under `parts`, such as experiments, 1, runs, abc."""
    return f"{ui_server()}/{ui_page(*parts)}"


def ui_page(*parts: str) -> str:
    """The same page as a link inside that interface, wherever its server is.

    The query opens the pages for models; without it a first visit lands in those for agents.
    """
    fragment = "/".join(quote(part, safe="") for part in parts)
    return f"#/{fragment}?workflowType=machine_learning"


def ui_command() -> str | None:
    """The command that starts the web interface of a local store; None where a server runs.

    It works as it is pasted in this folder: the interface does not read MLFLOW_TRACKING_URI, and
    asks MLflow's maker for settings unless DO_NOT_TRACK is set.
    """
    named = os.environ.get("MLFLOW_TRACKING_URI") or SQLITE + DEFAULT_FILE
    if named.startswith(("http://", "https://")):
        return None
    mlflow = Path(sys.executable).with_name("mlflow")
    if mlflow.is_relative_to(Path.cwd()):
        mlflow = mlflow.relative_to(Path.cwd())
    is_open = "@" not in named  # nothing else tells where a password ends
    where = shlex.quote(named) if is_open else '"$MLFLOW_TRACKING_URI"'
    return f"DO_NOT_TRACK=true {shlex.quote(str(mlflow))} ui --backend-store-uri {where}"


def ui_server() -> str:
    """Address of the web interface, without user name and password."""
    named = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not named.startswith(("http://", "https://")):
        return LOCAL_UI
    address = urlsplit(named)
    host = address.netloc.rpartition("@")[2]
    return urlunsplit((address.scheme, host, address.path.rstrip("/"), "", ""))
