"""What only a fitted object shows, so that it is refused once it is fitted.

Options and table do not give it away: parameters of one's own, and objects that Python hands
over. Preprocessing is fitted before the first model is; the rest is refused when it is converted.
docs/support.md is generated from the list.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Late:
    """One refusal at conversion.

    Attributes:
        what: the parameter or the fitted part, for people.
        module: where the error is raised, below `pipeline.convert`.
        says: a part of the error's text.
    """

    what: str
    module: str
    says: str
    instead: str

    @property
    def before_models(self) -> bool:
        """Whether PyCaret's preprocessing shows it, which is checked before models are trained."""
        return self.module.startswith("steps.") or self.module == "symbolic.raw_inputs"


_KERNELS = "linear, poly, rbf or sigmoid"

LATE: tuple[Late, ...] = (
    Late(
        "iterative imputation of text features, and of text behind a date column: PyCaret takes "
        "some for numbers",
        "steps.iterative_imputer",
        "iterative imputer takes the categories of",
        "put date columns last in the table, or set imputation_type to simple",
    ),
    Late(
        "pca_method = kernel on numbers so large that distances between rows are rounding",
        "steps.projection",
        "the kernel's distances are rounding",
        "set normalize = true, or another pca_method",
    ),
    Late(
        "a column of the table that is called as one that PyCaret makes: `a^2` beside `a` with "
        "polynomial_features",
        "steps.step",
        "got two columns of the name",
        "rename that column of the table",
    ),
    Late(
        "least squares on columns that depend on each other, with coefficients that cancel "
        "(lr after transformation_method = quantile)",
        "ill_conditioned",
        "the terms cancel but for rounding",
        "choose ridge, or set remove_multicollinearity",
    ),
    Late(
        "linear models whose fit ran away, with coefficients that are infinite (lar with "
        "polynomial_features)",
        "ill_conditioned",
        "its coefficients are not finite",
        "choose ridge, or set normalize",
    ),
    Late(
        "qda on columns that depend on each other within a class: in which order a processor adds "
        "up decides its labels, PyCaret's too",
        "ill_conditioned",
        "a processor adds up decides",
        "choose lda, or set remove_multicollinearity",
    ),
    Late(
        "a kernel other than " + _KERNELS + " (rbfsvm, svm, kr)",
        "estimators.kernels",
        "expected a kernel out of",
        f"set kernel to {_KERNELS}",
    ),
    Late(
        "a kernel of gpc without a known form",
        "estimators.gaussian_process",
        "has no exact form in ONNX",
        "leave the kernel at its default",
    ),
    Late(
        "distances of knn other than Minkowski's, weights by a function of one's own",
        "estimators.neighbors",
        "has no exact form in ONNX",
        "set metric to euclidean, manhattan, chebyshev or minkowski",
    ),
    Late(
        "CatBoost's trees that are not symmetric",
        "estimators.trees.catboost_loader",
        "expected symmetric trees",
        "set grow_policy to SymmetricTree",
    ),
    Late(
        "losses of CatBoost without a known link",
        "estimators.trees.catboost",
        "has no exact form in ONNX here",
        "set one of the losses that the error names",
    ),
    Late(
        "objectives of XGBoost without a known link",
        "estimators.trees.xgboost",
        "has no exact form in ONNX here",
        "set one of the objectives that the error names",
    ),
    Late(
        "boosters of XGBoost other than trees on numbers",
        "estimators.trees.xgboost_loader",
        "expected a sum of numeric trees",
        "set booster to gbtree",
    ),
    Late(
        "gradient boosting that starts from another model",
        "estimators.trees.sklearn_boosting",
        "expected a constant init",
        "leave init at its default",
    ),
    Late(
        "a dummy that draws its answers at random",
        "estimators.dummy",
        "draws its answers at random",
        "set strategy to prior or most_frequent",
    ),
    Late(
        "labels that predict_model truncates to the same whole number",
        "lowering",
        "to integers that coincide",
        "write the target as words or as whole numbers",
    ),
    Late(
        "empty text among the categories of a table that Python hands over",
        "symbolic.raw_inputs",
        "has empty text, which means missing",
        "make empty text missing before training",
    ),
    Late(
        "classes of any other type than those listed above",
        "registry",
        "has no exact conversion to ONNX",
        "choose one that is listed",
    ),
)
