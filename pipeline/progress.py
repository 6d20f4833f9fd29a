"""What a run tells whoever watches it; cli.py draws it, the stages only call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """A watcher of one run. Every method returns at once and never raises."""

    def stage(self, name: str, detail: str = "") -> None:
        """A stage begins: dataset, experiment, export, verify, track or register.

        Within the experiment, compose begins once for every model made of those compared.
        """

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

    def stage(self, name: str, detail: str = "") -> None:
        pass

    def models(self, names: Mapping[str, str]) -> None:
        pass

    def model_started(self, model_id: str) -> None:
        pass

    def model_finished(self, model_id: str, metrics: Mapping[str, float], seconds: float) -> None:
        pass
