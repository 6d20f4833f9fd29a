"""LightGBM, XGBoost and CatBoost: their scikit-learn classes, bare boosters, and booster files.

A bare booster is dressed as the scikit-learn class that predicts as it does; the rest is theirs.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.frameworks.scikit_learn import Arrays, ScikitLearn
from pipeline.errors import ConversionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnx

    from pipeline.adopt.sample import Sample
    from pipeline.adopt.settings import AdoptConfig
    from pipeline.manifest.tensors import Tensor

LOGISTIC = ("binary", "cross_entropy", "multiclass", "multiclassova")
"""LightGBM's objectives whose answers are probabilities of classes."""


class _Boosters(ScikitLearn):
    """What the three have in common: a bare booster is dressed before anything is asked of it."""

    def check(self, model: Any) -> list[str]:
        """As of scikit-learn's models."""
        return super().check(dress_booster(model))

    def find_inputs(self, model: Any, sample: Sample, settings: AdoptConfig) -> tuple[Tensor, ...]:
        """As of scikit-learn's models."""
        return super().find_inputs(dress_booster(model), sample, settings)

    def predict(self, model: Any, feeds: Arrays) -> dict[str, NDArray[Any]]:
        """As of scikit-learn's models."""
        return super().predict(dress_booster(model), feeds)

    def export(
        self,
        model: Any,
        inputs: Sequence[Tensor],
        outputs: Sequence[str],
        sample: Sample,
        folder: Path,
    ) -> onnx.ModelProto:
        """As of scikit-learn's models."""
        return super().export(dress_booster(model), inputs, outputs, sample, folder)


class LightGBM(_Boosters):
    """`Framework` for LightGBM; stateless."""

    name = package = root = "lightgbm"


class XGBoost(_Boosters):
    """`Framework` for XGBoost; stateless."""

    name = root = "xgboost"
    package = "xgboost-cpu"


class CatBoost(_Boosters):
    """`Framework` for CatBoost; stateless."""

    name = package = root = "catboost"

    def is_fitted(self, model: Any) -> bool:
        """Whether it has learned."""
        return bool(model.is_fitted())


def dress_booster(model: Any) -> Any:
    """The scikit-learn class that predicts as a bare booster does; any other model as it is.

    Raises:
        ConversionError: its objective is none of those classes'.
    """
    kind = type(model)
    dress = _DRESSES.get(f"{kind.__module__.split('.')[0]}.{kind.__name__}")
    return model if dress is None else dress(model)


def read_booster_file(file: Path, *, trust: bool = False) -> Any:
    """Read a model that LightGBM, XGBoost or CatBoost has saved in its own format.

    Args:
        trust: not needed, as these formats hold no code.

    Raises:
        UsageError: it is none of theirs, or damaged.
    """
    with file.open("rb") as opened:
        start = opened.read(4096)
    for is_its, read in _READERS:
        if not is_its(file, start):
            continue
        try:
            return dress_booster(read(file))
        except (ConversionError, UsageError):
            raise
        except Exception as err:  # each raises its own
            raise UsageError(
                f"{file}: got a booster file that cannot be read ({type(err).__name__}: {err})",
                hint="Save the model again with its save_model",
            ) from err
    raise UsageError(
        f"{file}: got a file that is no model of LightGBM, XGBoost or CatBoost",
        hint="Save it with its save_model: .txt of LightGBM, .ubj or .json of XGBoost, .cbm of "
        "CatBoost. A dump for reading is no model",
    )


def _dress_lightgbm(booster: Any) -> Any:
    import lightgbm
    from sklearn.preprocessing import LabelEncoder

    objective = booster.dump_model(num_iteration=1).get("objective", "").split(" ")[0]
    classes = max(2, booster.num_model_per_iteration())
    is_classifier = objective in LOGISTIC
    model = lightgbm.LGBMClassifier() if is_classifier else lightgbm.LGBMRegressor()
    model._Booster, model.fitted_ = booster, True
    model._n_features = model._n_features_in = booster.num_feature()
    model._best_iteration = booster.best_iteration
    if is_classifier:
        model._le = LabelEncoder().fit(np.arange(classes))
        model._classes, model._n_classes = model._le.classes_, classes
        model._objective = objective
    return model


def _dress_xgboost(booster: Any) -> Any:
    import xgboost

    booster = booster.copy()
    booster.set_attr(best_iteration=None)  # a bare one predicts with every round, its class not
    learner = json.loads(booster.save_raw("json"))["learner"]
    objective = learner["objective"]["name"]
    is_classifier = objective.startswith(("binary:", "multi:"))
    model = xgboost.XGBClassifier() if is_classifier else xgboost.XGBRegressor()
    model.load_model(bytearray(booster.save_raw("ubj")))
    return model


def _dress_catboost(booster: Any) -> Any:
    import catboost

    is_classifier = len(booster.classes_ if booster.classes_ is not None else ()) > 0
    model = catboost.CatBoostClassifier() if is_classifier else catboost.CatBoostRegressor()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "model.cbm"))
        booster.save_model(path)
        model.load_model(path)
    return model


_DRESSES: Mapping[str, Callable[[Any], Any]] = {
    "lightgbm.Booster": _dress_lightgbm,
    "xgboost.Booster": _dress_xgboost,
    "catboost.CatBoost": _dress_catboost,
}


def _read_lightgbm(file: Path) -> Any:
    import lightgbm

    return lightgbm.Booster(model_file=str(file))


def _read_xgboost(file: Path) -> Any:
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(str(file))
    return booster


def _read_catboost(file: Path) -> Any:
    import catboost

    booster = catboost.CatBoost()
    booster.load_model(str(file), format="json" if file.suffix == ".json" else "cbm")
    return booster


_READERS: tuple[tuple[Callable[[Path, bytes], bool], Callable[[Path], Any]], ...] = (
    (lambda _, start: start.startswith(b"tree\n"), _read_lightgbm),
    (lambda _, start: start.startswith(b"CBM"), _read_catboost),
    (lambda file, start: file.suffix == ".ubj" and start.startswith(b"{"), _read_xgboost),
    (lambda file, start: file.suffix == ".json" and b'"learner"' in start, _read_xgboost),
    (lambda file, start: file.suffix == ".json" and b"features_info" in start, _read_catboost),
)
"""How each tells its own file by name and beginning, and reads it."""
