"""A training from the command line, and MLflow's pages of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Frame, Page

from pipeline.track import store
from tests import commands, tracked

ARGUMENTS = ("--dataset", "insurance", "--include", "gbr", "--include", "lr", "--output", "out")


@dataclass(frozen=True)
class Shown:
    """A training and the address of the server that shows it.

    Attributes:
        printed: the last line of the command, less the address of the server.
    """

    folder: Path
    printed: str
    server: str

    @property
    def report(self) -> str:
        """The report as a file on disk."""
        return (self.folder / "out" / "reports" / "report.html").as_uri()

    @property
    def run(self) -> str:
        """The page that the command's last line names."""
        return f"{self.server}{self.printed}"

    @property
    def run_id(self) -> str:
        return self.printed.partition("/runs/")[2].partition("?")[0]

    def page(self, *parts: str) -> str:
        """Another page of MLflow."""
        return f"{self.server}/{store.ui_page(*parts)}"


@contextmanager
def shown(folder: Path) -> Iterator[Shown]:
    """Train in an empty folder and start `mlflow ui` for its store."""
    store.configure_mlflow()
    done = commands.python("-m", "pipeline.train", *ARGUMENTS, folder=folder)
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()[-1].removeprefix(store.LOCAL_UI)
    port = str(tracked.free_port())
    address = f"http://127.0.0.1:{port}"
    command = ["mlflow", "ui", "--port", port, "--workers", "1"]
    settings = {"MLFLOW_BACKEND_STORE_URI": f"{store.SQLITE}{folder}/{store.DEFAULT_FILE}"}
    with tracked.server(command, f"{address}/health", **settings):
        yield Shown(folder, printed, address)


def artifact(page: Page) -> Frame:
    """The HTML file that MLflow's artifact viewer shows, once it is there."""
    frame = page.wait_for_selector("iframe").content_frame()
    assert frame is not None
    frame.wait_for_selector("h1")
    return frame
