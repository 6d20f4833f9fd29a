"""Objects in a configuration, by the name of their class."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, get_args

import pytest

from pipeline.config import object_specs
from pipeline.config.object_specs import SLOTS, Package
from pipeline.config.train_config import TrainConfig
from pipeline.errors import ConfigError


def setup_of(**setup: Any) -> dict[str, Any]:
    return TrainConfig(setup=setup).setup


@pytest.mark.parametrize(
    ("given", "means"),
    [
        (
            {"encoding_method": "JamesSteinEncoder"},
            {"encoding_method": {"class": "category_encoders.JamesSteinEncoder"}},
        ),
        (
            {"encoding_method": {"class": "sklearn.preprocessing.OrdinalEncoder", "dtype": "f4"}},
            {"encoding_method": {"class": "sklearn.preprocessing.OrdinalEncoder", "dtype": "f4"}},
        ),
        (
            {"custom_pipeline": "OneHotEncoder"},
            {
                "custom_pipeline": {
                    "custom_step_0": {"class": "sklearn.preprocessing.OneHotEncoder"}
                }
            },
        ),
        (
            {"custom_pipeline": {"small": {"class": "PCA", "n_components": 2}}},
            {
                "custom_pipeline": {
                    "small": {"class": "sklearn.decomposition.PCA", "n_components": 2}
                }
            },
        ),
        ({"feature_selection_estimator": "rf"}, {"feature_selection_estimator": "rf"}),
        ({"fix_imbalance_method": "SMOTE"}, {"fix_imbalance_method": "SMOTE"}),
        (
            {"fix_imbalance_method": {"class": "SMOTE", "k_neighbors": 3}},
            {"fix_imbalance_method": {"class": "imblearn.over_sampling.SMOTE", "k_neighbors": 3}},
        ),
        (
            {"fold_strategy": "TimeSeriesSplit"},
            {"fold_strategy": {"class": "sklearn.model_selection.TimeSeriesSplit"}},
        ),
    ],
)
def test_a_class_is_found_by_its_short_or_full_name(
    given: dict[str, Any], means: dict[str, Any]
) -> None:
    assert setup_of(**given) == means
    assert setup_of(**means) == means


@pytest.mark.parametrize(
    ("setup", "says"),
    [
        ({"encoding_method": "JamesStein"}, "Did you mean 'JamesSteinEncoder'?"),
        ({"encoding_method": "os.system"}, "expected a class of category_encoders or sklearn"),
        ({"encoding_method": "sklearn.os"}, "expected a class of category_encoders or sklearn"),
        ({"encoding_method": "Ridge"}, "expected a class with the method transform"),
        ({"encoding_method": 3}, "expected the name of a class or a table with one"),
        ({"encoding_method": {"smoothing": 3}}, "expected the name of a class or a table with one"),
        (
            {"encoding_method": {"class": "TargetEncoder", "smoothin": 3}},
            "Did you mean 'smoothing'?",
        ),
        (
            {"custom_pipeline": {"class": "Pipeline", "steps": [["a", {"class": "PAC"}]]}},
            "Did you mean 'PCA'?",
        ),
        ({"custom_pipeline": "FunctionTransformer"}, "runs Python code"),
        ({"fold_strategy": "kfld"}, "Did you mean 'kfold'?"),
        ({"fix_imbalance_method": "StandardScaler"}, "expected a class of imblearn"),
        ({"numeric_iterative_imputer": "lgbm"}, "Did you mean 'lightgbm'?"),
    ],
)
def test_what_is_no_such_class_names_the_nearest(setup: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match="setup") as caught:
        setup_of(**setup)
    assert says in str(caught.value)


@pytest.mark.parametrize("package", get_args(Package))
def test_every_name_in_the_index_is_a_class_of_its_package(package: Package) -> None:
    found = object_specs.list_public_classes(package)
    assert len(found) > 20
    missing = [name for name in found if name.endswith(("Encoder", "Scaler", "SMOTE", "Split"))]
    for name in missing:
        assert object_specs.import_class(name).__module__.startswith(package)


@pytest.mark.slow
def test_a_configuration_without_objects_imports_no_library_for_them() -> None:
    code = (
        "import sys; from pipeline.config.train_config import TrainConfig;"
        "TrainConfig(setup={'normalize': True, 'fold_strategy': 'kfold'});"
        "print({'sklearn', 'category_encoders', 'imblearn'}"
        " & set(sys.modules))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() == "set()"


def test_every_slot_is_an_argument_of_pycarets_setup() -> None:
    from pipeline.config.pycaret_arguments import _signature
    from pipeline.tasks import TASKS

    known = {name for task in TASKS for name in _signature("setup", task)}
    assert SLOTS.keys() <= known
