"""scikit-learn: fitted estimators and pipelines, through this project's own converters.

With a table as its sample a model goes the way of `pipeline.adopt.table`: columns in, the manifest
of a trained model. What is here beside that is for a sample of one array, (N, F) of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.manifest import LABEL, SCORE
from pipeline.manifest.tensors import Tensor

if TYPE_CHECKING:
    import onnx

    from pipeline.adopt.sample import Sample
    from pipeline.adopt.settings import AdoptConfig

Arrays = Mapping[str, NDArray[Any]]
DTYPES = ("float32", "float64")


class ScikitLearn:
    """`Framework` for scikit-learn; stateless."""

    name = "scikit-learn"
    package = "scikit-learn"
    root = "sklearn"
    """Top-level module of its classes."""
    takes_tables = True
    """A table as its sample goes the way of `pipeline.adopt.table`."""

    def accepts(self, model: object) -> bool:
        """Whether its class is one of scikit-learn's, or a subclass."""
        return any(kind.__module__.split(".")[0] == self.root for kind in type(model).__mro__)

    def find_version(self) -> str:
        """Of the installed package."""
        return version(self.package)

    def check(self, model: Any) -> list[str]:
        """Nothing to warn of.

        Raises:
            UsageError: it is not fitted, or predicts nothing.
        """
        if not hasattr(model, "predict"):
            raise UsageError(
                f"{type(model).__name__} has no predict, expected an estimator or a pipeline that "
                "ends in one",
                hint="Hand over the pipeline with its last step",
            )
        if not self.is_fitted(model):
            raise UsageError(
                f"{type(model).__name__} is not fitted yet, expected a fitted model",
                hint="Call its fit before it is handed over",
            )
        return []

    def is_fitted(self, model: Any) -> bool:
        """Whether it has learned."""
        from sklearn.exceptions import NotFittedError
        from sklearn.utils.validation import check_is_fitted

        try:
            check_is_fitted(model)
        except NotFittedError:
            return False
        return True

    def find_inputs(self, model: Any, sample: Sample, settings: AdoptConfig) -> tuple[Tensor, ...]:
        """The one input: (batch, F) of float32 or float64.

        Raises:
            UsageError: the sample holds something else, or the model takes another number of
                columns.
        """
        from pipeline.adopt.table_rows import count_model_columns

        if len(sample.arrays) != 1:
            raise _array_error(f"{len(sample.arrays)} arrays ({', '.join(sample.arrays)})")
        ((given, array),) = sample.arrays.items()
        if array.ndim != 2 or array.dtype.name not in DTYPES:
            raise _array_error(f"{array.dtype.name} of shape {array.shape}")
        count = count_model_columns(model)
        if count is not None and count != array.shape[1]:
            raise UsageError(
                f"the sample has {array.shape[1]} columns, the model was fitted on {count}",
                hint="Leave the target out of the sample",
            )
        name = settings.inputs[0] if settings.inputs else given
        return (Tensor(name, array.dtype.name, ("batch", array.shape[1])),)

    def find_bound(self, model: Any, inputs: Sequence[Tensor]) -> float | None:
        """How near the graph of a model that computes in float64 has to be; None: float32 is in it.

        scikit-learn computes in float32 where it is given that, XGBoost in any case.
        """
        from pipeline.adopt.frameworks.boosters import dress_booster
        from pipeline.adopt.table_model import find_predictor
        from pipeline.adopt.table_proof import EXACT
        from pipeline.convert.fitted_model import split_model
        from pipeline.convert.submodels import computes_in_single

        last = split_model(find_predictor(dress_booster(model)))[1]
        is_double = all(each.dtype == "float64" for each in inputs)
        return EXACT if is_double and not computes_in_single(last) else None

    def predict(self, model: Any, feeds: Arrays) -> dict[str, NDArray[Any]]:
        """Labels (N,), and probabilities (N, K) where it has them.

        Raises:
            UsageError: it refuses such rows.
        """
        from pipeline.errors import causes

        (given,) = feeds.values()
        x = given.copy()  # a scaler with copy=False writes into it
        try:
            labels = np.asarray(model.predict(x)).reshape(-1)
            answers = {LABEL: labels if labels.dtype.kind in "OU" else _widen(labels)}
            if hasattr(model, "predict_proba"):
                answers[SCORE] = np.asarray(model.predict_proba(x), dtype=np.float64)
        except Exception as err:  # whatever a model raises
            causes.raise_if_memory(err)
            raise UsageError(
                f"the model refuses these rows ({type(err).__name__}: {err})",
                hint="Give rows as it was fitted on",
            ) from err
        return answers

    def export(
        self,
        model: Any,
        inputs: Sequence[Tensor],
        outputs: Sequence[str],
        sample: Sample,
        folder: Path,
    ) -> onnx.ModelProto:
        """The graph that splits its one input into columns, which our converters take.

        Raises:
            ConversionError: a step or the estimator has no exact form.
        """
        from pipeline.adopt.one_array import export_one_array

        (x,) = sample.arrays.values()
        return export_one_array(model, x, inputs[0], outputs)


def _widen(labels: NDArray[Any]) -> NDArray[Any]:
    """Numbers as the graph has them."""
    return labels.astype(np.int64 if labels.dtype.kind in "iub" else np.float64)


def _array_error(found: str) -> UsageError:
    return UsageError(
        f"the sample holds {found}, expected one array (N, F) of {' or '.join(DTYPES)}",
        hint="Hand over a table (.csv, .parquet, a DataFrame) where columns have several types",
    )
