"""A headless browser that reaches this machine only, and remembers what went wrong in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, sync_playwright

CHROMIUM = shutil.which("chromium") or ""
"""The system's browser; playwright's own is never downloaded."""

PATIENCE = 120_000
"""Milliseconds after which a page that has not come counts as missing."""

_OURS = ("http://127.0.0.1:", "file:", "data:", "blob:")
# MLflow opens a chat beside every page of a first visit, which leaves the page a narrow column.
_WITHOUT_CHAT = """
localStorage.setItem('mlflow.assistant.panelOpen_v1', 'false');
localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true');
"""


@dataclass
class Visit:
    """One page, and whatever failed in it and its frames: where, and what."""

    page: Page
    failures: list[tuple[str, str]] = field(default_factory=list)

    def failed(self, address: str) -> list[str]:
        """What failed in pages and frames whose address begins so."""
        return [what for where, what in self.failures if where.startswith(address)]

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.failures.append((message.location["url"], message.text))

    def on_failed(self, request: Request) -> None:
        self.failures.append((request.frame.url, f"{request.url[:200]}: {request.failure}"))

    def on_error(self, error: Any) -> None:
        self.failures.append((self.page.url, str(error)))


@contextmanager
def browser() -> Iterator[Browser]:
    """The system's Chromium without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def visit(started: Browser, **options: Any) -> Iterator[Visit]:
    """A page of a new context: no cookies, no internet."""
    context = started.new_context(**options)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(_WITHOUT_CHAT)
    context.route("**/*", _only_ours)
    seen = Visit(context.new_page())
    seen.page.on("console", seen.on_console)
    seen.page.on("requestfailed", seen.on_failed)
    seen.page.on("pageerror", seen.on_error)
    try:
        yield seen
    finally:
        context.close()


def _only_ours(route: Route) -> None:
    if route.request.url.startswith(_OURS):
        route.continue_()
    else:
        route.abort()
