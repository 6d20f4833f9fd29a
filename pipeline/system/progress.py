"""The interface by which a run reports its progress; cli/app.py implements it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Work:
    """What a training is about to do, as far as it is known; the estimate of its time needs it.

    Attributes:
        models: ids of those to compare; empty before that is known.
        folds: of the cross-validation.
        rows: of the table; None before it is read.
        workers: models that are compared at a time.
        composed: whether models are made of those compared; nobody knows how long that takes.
        search_until: when the budget ends the search, on the monotonic clock.
    """

    models: tuple[str, ...]
    folds: int
    rows: int | None = None
    workers: int = 1
    composed: bool = False
    search_until: float | None = None


class Progress(Protocol):
    """A watcher of one run. Every method returns at once and never raises."""

    def expect(self, work: Work) -> None:
        """A training is about to do this; told again when more is known."""

    def stage(self, name: str, detail: str = "") -> None:
        """A stage begins: start, dataset, experiment, export, verify, track or register.

        Within the experiment, compose begins once for every model made of those compared.
        """

    def step(self, text: str) -> None:
        """The stage goes on, with what the text says: `40 % of the rows`."""

    def models(self, names: Mapping[str, str]) -> None:
        """The search is about to compare these models: id to full name."""

    def model_started(self, model_id: str) -> None:
        """One model's cross-validation begins."""

    def model_finished(self, model_id: str, metrics: Mapping[str, float], seconds: float) -> None:
        """One model's cross-validation ended; no metrics means that it failed.

        A composed model ends without having started: its stage says so.
        """


class Silent:
    """Nobody watches."""

    def expect(self, work: Work) -> None:
        pass

    def stage(self, name: str, detail: str = "") -> None:
        pass

    def step(self, text: str) -> None:
        pass

    def models(self, names: Mapping[str, str]) -> None:
        pass

    def model_started(self, model_id: str) -> None:
        pass

    def model_finished(self, model_id: str, metrics: Mapping[str, float], seconds: float) -> None:
        pass
