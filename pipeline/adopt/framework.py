"""What adopting asks of a framework, and which there are: a file and a row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.manifest.tensors import Tensor

if TYPE_CHECKING:
    import onnx

    from pipeline.adopt.sample import Sample
    from pipeline.adopt.settings import AdoptConfig

Arrays = Mapping[str, NDArray[Any]]


class Framework(Protocol):
    """One way to bring a model here.

    `name` is how reports and manifests call it.
    """

    name: str

    def accepts(self, model: object) -> bool:
        """Whether the model is of this framework, told without importing it."""

    def find_version(self) -> str:
        """The version that is installed."""

    def check(self, model: Any) -> list[str]:
        """Warnings about a model that may not be what its author means.

        Raises:
            UsageError: it cannot be what its author means, as in training mode.
        """

    def find_inputs(self, model: Any, sample: Sample, settings: AdoptConfig) -> tuple[Tensor, ...]:
        """The inputs in the model's order, named by the settings, the model or the sample.

        Raises:
            UsageError: the sample does not fit the model.
        """

    def predict(self, model: Any, feeds: Arrays) -> dict[str, NDArray[Any]]:
        """The reference: the model's own outputs, by name and in its order."""

    def export(
        self,
        model: Any,
        inputs: Sequence[Tensor],
        outputs: Sequence[str],
        sample: Sample,
        folder: Path,
    ) -> onnx.ModelProto:
        """The graph with these inputs and outputs, its weights within it.

        Args:
            outputs: their names, in the order of `predict`.
            folder: for what the exporter writes in between.

        Raises:
            ConversionError: the model has no graph that would answer as it does.
        """


FRAMEWORKS: Mapping[str, str] = {
    "keras": "keras:Keras",
    "tensorflow": "saved_model:TensorFlow",
    "pytorch": "pytorch:PyTorch",
    "lightgbm": "boosters:LightGBM",
    "xgboost": "boosters:XGBoost",
    "catboost": "boosters:CatBoost",
    "scikit-learn": "scikit_learn:ScikitLearn",
    "onnx": "onnx_file:Onnx",
}
"""`module:class` of each below `pipeline.adopt.frameworks`, asked in this order."""


def find_framework(model: object) -> Framework:
    """The framework that a model is of.

    Raises:
        UsageError: none of ours knows it.
    """
    for address in FRAMEWORKS.values():
        module, name = address.split(":")
        framework: Framework = getattr(import_module(f"pipeline.adopt.frameworks.{module}"), name)()
        if framework.accepts(model):
            return framework
    kind = type(model)
    raise UsageError(
        f"got an object of {kind.__module__}.{kind.__qualname__}, which is no model of "
        f"{', '.join(FRAMEWORKS)}",
        hint="Hand over the fitted model itself, not its class or what makes it",
    )
