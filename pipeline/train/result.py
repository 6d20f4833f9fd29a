"""What one training has produced, and what of it ends the command with an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import GateError, ResourceError

if TYPE_CHECKING:
    from pipeline.gate.challenge import Ruling
    from pipeline.registry.register import Version
    from pipeline.track.mlflow_run import Run
    from pipeline.track.training_result import TrainingResult


@dataclass(frozen=True)
class RunResult:
    """What one training has produced; `version` is None where nothing was registered."""

    training: TrainingResult
    run: Run
    ruling: Ruling
    version: Version | None

    def check_output(self) -> None:
        """Stop where --output could not be written, now that everything is kept elsewhere.

        Raises:
            ResourceError: it is not in the folder that was asked for.
        """
        wanted, folder = self.training.config.output, self.training.folder
        if wanted is not None and folder != wanted.resolve():
            raise ResourceError(
                f"output: {str(wanted)!r} could not be written; "
                f"the trained model is kept at {folder}",
                hint="Make room there and move that folder; the run in MLflow has all of it, too",
            )

    def refuse(self) -> None:
        """Stop where nothing was learned, now that everything about it is kept.

        Raises:
            GateError: no model is better than the dummy.
        """
        if self.training.trained.nothing_learned:
            trained = self.training.trained
            raise GateError(trained.nothing_learned, hint=trained.hint)
