"""What must convert: every estimator, every option of `setup`, every composed model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.tables import EVENTS, FLOATS, REAL, table
from pipeline.tasks import TASKS

ESTIMATORS, OPTIONS, COMPOSED = "Estimators", "Options of setup", "Composed models"
SECTIONS = (ESTIMATORS, OPTIONS, COMPOSED)

LINEAR = {"regression": "ridge", "classification": "lr"}
"""The linear model of each task; plain least squares amplifies rounding where columns depend."""


@dataclass(frozen=True)
class Case:
    """One configuration on one table.

    Attributes:
        title: what is tried, for people; unique within a section and table.
        config: keys of a training run's configuration.
    """

    section: str
    table: str
    title: str
    config: Mapping[str, Any] = field(hash=False)

    @property
    def name(self) -> str:
        return f"{self.table}: {self.title}"

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.section, self.table, self.title)


def cases() -> list[Case]:
    """All cases, in the order of the page."""
    return [*_estimators(), *_options(), *_composed()]


def _estimators() -> Iterator[Case]:
    for name in (*REAL, *FLOATS):
        for model in TASKS[table(name).spec.task].models:
            yield Case(ESTIMATORS, name, model, {"include": (model,)})


def _options() -> Iterator[Case]:
    for name, tried in SETUPS.items():
        linear = LINEAR[table(name).spec.task]
        for options in tried:
            for model in options.models or (linear, "dt"):
                config = {"include": (model,), "setup": options.setup, **options.more}
                yield Case(OPTIONS, name, f"{options.title} · {model}", config)


def _composed() -> Iterator[Case]:
    for name in ("insurance", "juice", "penguins"):
        for title, config in COMPOSITIONS[table(name).spec.task].items():
            if name == "penguins" and title in BINARY_ONLY:
                continue
            yield Case(COMPOSED, name, title, config)


@dataclass(frozen=True)
class Options:
    """Arguments of `setup` to try together, with these models or a linear one and a tree.

    Attributes:
        more: further keys of the configuration.
    """

    setup: Mapping[str, Any]
    models: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return ", ".join(f"{key} = {value}" for key, value in {**self.more, **self.setup}.items())


def _with(*models: str, **setup: Any) -> Options:
    return Options(setup, models)


def _encoder(name: str, ignore: tuple[str, ...] = ()) -> Options:
    """Every text column through the encoder."""
    more = {"ignore": ignore} if ignore else {}
    return Options({"encoding_method": name, "max_encoding_ohe": 0}, more=more)


NATIVE = ("lightgbm", "xgboost", "catboost", "dt", "rf")
"""Estimators that route missing values themselves."""
NAMES = ("Name", "Ticket", "Cabin")
"""Columns of titanic with hundreds of categories."""

SETUPS: Mapping[str, list[Options]] = {
    "insurance": [
        _with(ordinal_features={"smoker": ["no", "yes"], "sex": ["male", "female"]}),
        _with(max_encoding_ohe=0),
        _with(max_encoding_ohe=-1),
        _with(rare_to_value=0.245, rare_value="other"),
        _with(categorical_features=["children", "sex", "smoker", "region"]),
        _with(keep_features=["region"], feature_selection=True),
        _with(bin_numeric_features=["age", "bmi"]),
        *(_with(remove_outliers=True, outliers_method=m) for m in ("iforest", "ee", "lof")),
        _with("ridge", "dt", "lightgbm", polynomial_features=True),
        _with(polynomial_features=True, polynomial_degree=3),
        _with(group_features={"body": ["age", "bmi", "children"]}),
        _with(group_features={"body": ["age", "bmi", "children"]}, drop_groups=True),
        _with(transformation=True, transformation_method="yeo-johnson"),
        _with(transformation=True, transformation_method="quantile"),
        *(
            _with("ridge", "dt", "knn", "lightgbm", normalize=True, normalize_method=m)
            for m in ("zscore", "minmax", "maxabs", "robust")
        ),
        *(_with(pca=True, pca_method=m) for m in ("linear", "kernel", "incremental")),
        _with(pca=True, pca_components=4, keep_features=["age"]),
        _with(pca=True, pca_components="mle"),
        *(
            _with(feature_selection=True, feature_selection_method=m)
            for m in ("classic", "univariate")
        ),
        _with(
            feature_selection=True,
            feature_selection_method="sequential",
            feature_selection_estimator="ridge",
            n_features_to_select=3,
        ),
        _with("ridge", "gbr", transform_target=True, transform_target_method="quantile"),
        *map(_encoder, ("TargetEncoder", "LeaveOneOutEncoder", "CatBoostEncoder", "GLMMEncoder")),
        _with(custom_pipeline="sklearn.preprocessing.StandardScaler"),
        _with(custom_pipeline=["StandardScaler", {"class": "TruncatedSVD", "n_components": 3}]),
        _with("lightgbm", preprocess=False),
        Options(
            {"preprocess": False},
            ("lr", "dt", "xgboost", "catboost"),
            {"ignore": ("sex", "smoker", "region")},
        ),
        _with(
            transformation=True,
            normalize=True,
            normalize_method="robust",
            pca=True,
            polynomial_features=True,
        ),
    ],
    "juice": [
        _with(low_variance_threshold=0.05),
        _with(remove_multicollinearity=True, multicollinearity_threshold=0.8),
        _with(fix_imbalance=True),
        _with(fix_imbalance=True, fix_imbalance_method="randomoversampler"),
        _with(group_features={"prices": ["PriceCH", "PriceMM"]}, drop_groups=True),
        _with(normalize=True, remove_multicollinearity=True, feature_selection=True),
        _with(pca=True, normalize=True),
        _with(categorical_features=["StoreID", "STORE", "Store7"]),
    ],
    "penguins": [
        *(_with(numeric_imputation=m) for m in ("mean", "median", "mode", 0, -99.5, "knn", "drop")),
        _with(*NATIVE, imputation_type="none"),
        _with(imputation_type="iterative"),
        _with(imputation_type="iterative", numeric_iterative_imputer="br"),
        _with("dt", imputation_type="iterative", numeric_iterative_imputer="lr"),
        _with(transformation=True, normalize=True),
    ],
    "titanic": [
        *(_with(categorical_imputation=m) for m in ("mode", "drop", "unknown")),
        _with("dt", "lightgbm", numeric_imputation="knn"),
        _with("lightgbm", preprocess=False),
        _with(*NATIVE, imputation_type="none"),
        _with(rare_to_value=0.02),
        *map(
            _encoder,
            (
                *("TargetEncoder", "LeaveOneOutEncoder", "CatBoostEncoder", "JamesSteinEncoder"),
                *("MEstimateEncoder", "WOEEncoder", "CountEncoder", "OrdinalEncoder"),
                *("BaseNEncoder", "BinaryEncoder", "GrayEncoder", "GLMMEncoder"),
                *("RankHotEncoder", "HashingEncoder"),
            ),
        ),
        *(
            _encoder(name, ignore=NAMES)
            for name in (
                *("OneHotEncoder", "HelmertEncoder", "SumEncoder", "BackwardDifferenceEncoder"),
                *("PolynomialEncoder", "SummaryEncoder", "QuantileEncoder"),
            )
        ),
    ],
    EVENTS: [
        _with(create_date_columns=["year", "month", "day", "hour", "minute", "second", "weekday"]),
        _with(create_date_columns=["dayofyear", "quarter", "is_month_end", "is_leap_year"]),
        *(
            _with(text_features=["note"], text_features_method=method)
            for method in ("tf-idf", "bow")
        ),
        _with("ridge", "dt", "lightgbm", normalize=True),
        _with(polynomial_features=True),
        _with("ridge", "gbr", transform_target=True),
        _with("dt", imputation_type="iterative", iterative_imputation_iters=2),
        Options(
            {"imputation_type": "iterative", "iterative_imputation_iters": 2},
            ("ridge", "lightgbm"),
            {"ignore": ("place", "note")},
        ),
    ],
    "diabetes": [
        _with("ridge", "kr", "mlp", normalize=True),
        _with(transformation=True, transformation_method="quantile"),
        _with("ridge", "dt", polynomial_features=True),
        *(_with(pca=True, pca_method=m, normalize=True) for m in ("linear", "kernel")),
        _with("ridge", "kr", numeric_imputation="knn"),
        _with(imputation_type="iterative"),
        *(
            _with("ridge", "kr", transform_target=True, transform_target_method=m)
            for m in ("yeo-johnson", "quantile")
        ),
    ],
    "wine": [
        _with("lr", "qda", normalize=True),
        _with("mlp", "lda", polynomial_features=True),
        _with("lr", "dt", pca=True),
    ],
}


def _composed_of(*models: str, **sections: Mapping[str, Any]) -> dict[str, Any]:
    return {"include": models, **sections}


THREE = ("lr", "dt", "lightgbm")
SINGLE_NATIVE = ("rf", "xgboost", "catboost")
BOTH: Mapping[str, dict[str, Any]] = {
    **{f"tune({m})": _composed_of(m, tune={"n_iter": 3}) for m in ("lightgbm", "knn", "xgboost")},
    **{
        f"bagging({m})": _composed_of(m, ensemble={"method": "Bagging"})
        for m in ("dt", "lr", "knn", "lightgbm")
    },
    **{f"boosting({m})": _composed_of(m, ensemble={"method": "Boosting"}) for m in ("dt", "lr")},
    "blend(lr, dt, lightgbm)": _composed_of(*THREE, blend={"models": [*THREE]}),
    "blend(lr, dt, lightgbm), weights": _composed_of(
        *THREE, blend={"models": [*THREE], "weights": [0.5, 0.2, 0.3]}
    ),
    "blend(rf, xgboost, catboost)": _composed_of(
        *SINGLE_NATIVE, blend={"models": [*SINGLE_NATIVE]}
    ),
    "stack(lr, dt, lightgbm)": _composed_of(*THREE, stack={"models": [*THREE]}),
    "stack(lr, dt, lightgbm), restack": _composed_of(
        *THREE, stack={"models": [*THREE], "restack": True}
    ),
    "stack(rf, xgboost, catboost), restack": _composed_of(
        *SINGLE_NATIVE, stack={"models": [*SINGLE_NATIVE], "restack": True}
    ),
    "stack(lr, knn, lightgbm), meta dt": _composed_of(
        "lr", "knn", "lightgbm", stack={"models": ["lr", "knn", "lightgbm"], "meta": "dt"}
    ),
    "stack(blend(lr, dt, lightgbm), dt)": _composed_of(
        *THREE, blend={"models": [*THREE]}, stack={"models": ["lr", "dt"]}
    ),
    "blend(tune(dt), bagging)": _composed_of(
        *("dt", "lr"), tune={"n_iter": 3}, ensemble={}, blend={"models": ["dt", "lr"]}
    ),
}
CLASSES_ONLY: Mapping[str, dict[str, Any]] = {
    "bagging(svm)": _composed_of("svm", ensemble={"method": "Bagging"}),
    "blend(lr, svm, ridge), hard": _composed_of(
        *("lr", "svm", "ridge"), blend={"models": ["lr", "svm", "ridge"], "method": "hard"}
    ),
    "stack(lr, ridge, svm)": _composed_of(
        *("lr", "ridge", "svm"), stack={"models": ["lr", "ridge", "svm"]}
    ),
    **{
        f"calibrate({m}), sigmoid": _composed_of(m, calibrate={"method": "sigmoid"})
        for m in ("lr", "dt", "svm", "lightgbm", "rf", "knn", "lda")
    },
    **{
        f"calibrate({m}), isotonic": _composed_of(m, calibrate={"method": "isotonic"})
        for m in ("nb", "ridge", "rf", "xgboost")
    },
    "calibrate(blend(lr, dt, lightgbm))": _composed_of(
        *THREE, blend={"models": [*THREE]}, calibrate={}
    ),
}
QUICK_SEARCH = {"n": 2, "options": {"maxiter": 1}}
"""By default PyCaret's search for a threshold cross-validates some ninety times."""

BINARY_ONLY: Mapping[str, dict[str, Any]] = {
    **{
        f"threshold({m}) = 0.3": _composed_of(m, threshold={"probability_threshold": 0.3})
        for m in ("rf", "lr")
    },
    **{
        f"threshold({m}), searched": _composed_of(m, threshold=QUICK_SEARCH)
        for m in ("lr", "xgboost")
    },
    "all of them": _composed_of(
        *("lr", "dt", "nb"),
        tune={"n_iter": 2},
        ensemble={"n_estimators": 3},
        blend={"top": 2},
        stack={"top": 2, "meta_model_fold": 2},
        calibrate={"calibrate_fold": 2},
        threshold={"probability_threshold": 0.6},
    ),
    "threshold(calibrate(stack(lr, dt, lightgbm)))": _composed_of(
        *THREE, stack={"models": [*THREE]}, calibrate={}, threshold={"probability_threshold": 0.6}
    ),
}
COMPOSITIONS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "regression": BOTH,
    "classification": {**BOTH, **CLASSES_ONLY, **BINARY_ONLY},
}
