"""The fitted pipeline in words, from the raw columns to the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline.convert.pycaret_pipeline import TARGET_STEPS
from pipeline.rendering.wording import counted

if TYPE_CHECKING:
    from pipeline.tracking.training_result import Training

SHOWN = 8
"""Column names that are listed."""


@dataclass(frozen=True)
class Step:
    """One step as the page shows it.

    Attributes:
        does: a sentence without subject: `fills missing values with the column's mean`.
        columns: names of those it works on, at most `SHOWN`; `more` counts the rest.
        gives: what columns it adds, replaces or drops; empty if the names stay.
        note: when it acts, if not in every prediction.
        last: whether it is the model.
    """

    name: str
    kind: str
    does: str
    columns: tuple[str, ...] = ()
    more: int = 0
    gives: str = ""
    note: str = ""
    last: bool = False


def steps(evidence: Training) -> list[dict[str, Any]]:
    """The pipeline's steps in order; one that was fitted on no column is left out."""
    return [asdict(step) for step in _steps(evidence)]


def _steps(evidence: Training) -> Iterator[Step]:
    trained, target = evidence.trained, evidence.dataset.spec.target
    *before_model, (name, model) = trained.pipeline.steps
    acting = [(n, w) for n, w in before_model if w not in (None, "passthrough")]
    entering = [_entering(wrapper) for _, wrapper in acting] + [_entering(model)]
    for place, (step_name, wrapper) in enumerate(acting):
        columns = _touched(step_name, wrapper, entering[place], target)
        if columns:
            yield Step(
                step_name,
                type(_inner(wrapper)).__name__,
                said(_inner(wrapper)),
                tuple(columns[:SHOWN]),
                max(0, len(columns) - SHOWN),
                _gives(entering[place], entering[place + 1]),
                _note(step_name, wrapper),
            )
    columns = entering[-1]
    more = max(0, len(columns) - SHOWN)
    does = f"predicts {target}: {trained.model_name}"
    shown = tuple(columns[:SHOWN])
    yield Step(name, type(model).__name__, does, shown, more, last=True)


def _inner(wrapper: Any) -> Any:
    return getattr(wrapper, "transformer", wrapper)


def _entering(fitted: Any) -> list[str]:
    """Names of the feature columns it was fitted on; empty where it does not say."""
    names = getattr(fitted, "feature_names_in_", None)
    found = [] if names is None else list(map(str, names))
    target = getattr(fitted, "target_name_", None)
    return found[:-1] if found and target is not None and found[-1] == str(target) else found


def _touched(name: str, wrapper: Any, entering: list[str], target: str) -> list[str]:
    if name in TARGET_STEPS:
        return [target]
    inner = _inner(wrapper)
    if type(inner).__name__ == "DropImputer":  # given to it, instead of as `include`
        return [str(column) for column in inner.columns]
    included = getattr(wrapper, "_include", None)
    return entering if included is None else [str(column) for column in included]


def _gives(before: list[str], after: list[str]) -> str:
    """Added, replaced and dropped columns; LightGBM writes spaces in names as underscores."""
    if not (before and after):
        return ""
    known, left = ({n.replace(" ", "_") for n in names} for names in (before, after))
    made = [name for name in after if name.replace(" ", "_") not in known]
    gone = [name for name in before if name.replace(" ", "_") not in left]
    if made and gone:
        return f"{_few(made)} in place of {_few(gone)}"
    return f"adds {_few(made)}" if made else f"drops {_few(gone)}" if gone else ""


def _few(names: Sequence[str], most: int = 6) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def _note(name: str, wrapper: Any) -> str:
    if name in TARGET_STEPS:
        return "undone in predictions"
    return "in training only" if getattr(wrapper, "_train_only", False) else ""


def said(transformer: Any) -> str:
    """What a fitted transformer does, in words; of one that is not known, its name."""
    words = WORDS.get(type(transformer).__name__)
    if words is None:
        return f"applies {type(transformer).__name__}"
    return words(transformer) if callable(words) else words.format(t=transformer)


def _filled(t: Any) -> str:
    if t.strategy == "constant":
        return f"fills missing values with {t.fill_value!r}"
    value = "most frequent value" if t.strategy == "most_frequent" else t.strategy
    return f"fills missing values with the column's {value}"


def _dates(t: Any) -> str:
    return f"takes {', '.join(t.features)} out of the date"


def _selected(t: Any) -> str:
    kept = counted(int(t.get_support().sum()), "column")
    return f"keeps the {kept} that tell most about the target"


def _projected(t: Any) -> str:
    count = getattr(t, "n_components_", t.n_components)
    return f"sums the columns up in {'new ones' if count is None else counted(count, 'new one')}"


def _normal(t: Any) -> str:
    return f"bends numbers towards a bell curve ({t.method})"


def _several(t: Any) -> str:
    members = getattr(t, "steps", None) or getattr(t, "transformer_list", None) or t.transformers
    return f"runs {', '.join(type(member[1]).__name__ for member in members)}"


_TARGET_MEANS = "replaces each category by what the target is like in its rows"
_DIGITS = "numbers the categories and writes the numbers in digits, a column each"
_CONTRASTS = "turns categories into contrasts with each other"

WORDS: Mapping[str, str | Callable[[Any], str]] = {
    "SimpleImputer": _filled,
    "KNNImputer": "fills missing values from the {t.n_neighbors} nearest rows",
    "IterativeImputer": "fills missing values with models of the other columns",
    "DropImputer": "leaves out rows in which one of these is missing",
    "LabelEncoder": "numbers the classes for the model",
    "TargetTransformer": "trains the model on a transformed target",
    "ExtractDateTimeFeatures": _dates,
    "CleanColumnNames": "takes characters out of column names that some models refuse",
    "EmbedTextFeatures": "turns texts into the weights of their words ({t.method})",
    "RareCategoryGrouping": "joins categories rarer than {t.rare_to_value} as {t.value!r}",
    "GroupFeatures": "adds figures of groups of columns, such as their mean",
    "RemoveMulticollinearity": "drops columns that say what others say",
    "RemoveOutliers": "leaves out rows that are far from all others ({t.method})",
    "FixImbalancer": "resamples rows until the classes are balanced",
    "OrdinalEncoder": "numbers the categories",
    "OneHotEncoder": "makes a yes-or-no column of each category",
    "CountEncoder": "replaces each category by how often it occurs",
    "RankHotEncoder": "makes a column per category that says whether it is reached",
    "HashingEncoder": "spreads categories over a few columns by their hash",
    **dict.fromkeys(("BaseNEncoder", "BinaryEncoder", "GrayEncoder"), _DIGITS),
    **dict.fromkeys(
        ("BackwardDifferenceEncoder", "HelmertEncoder", "PolynomialEncoder", "SumEncoder"),
        _CONTRASTS,
    ),
    **dict.fromkeys(
        (
            *("CatBoostEncoder", "GLMMEncoder", "JamesSteinEncoder", "LeaveOneOutEncoder"),
            *("MEstimateEncoder", "NestedCVWrapper", "PolynomialWrapper", "QuantileEncoder"),
            *("SummaryEncoder", "TargetEncoder", "WOEEncoder"),
        ),
        _TARGET_MEANS,
    ),
    "PolynomialFeatures": "adds products of the columns up to degree {t.degree}",
    "KBinsDiscretizer": "cuts numbers into bins",
    "Binarizer": "turns numbers into 1 above {t.threshold}, else 0",
    "StandardScaler": "brings numbers to mean 0 and spread 1",
    "MinMaxScaler": "brings numbers between {t.feature_range[0]} and {t.feature_range[1]}",
    "MaxAbsScaler": "divides numbers by their largest",
    "RobustScaler": "brings numbers to median 0 and the same middle spread",
    "Normalizer": "brings each row to length 1",
    "PowerTransformer": _normal,
    "QuantileTransformer": "replaces numbers by their rank ({t.output_distribution})",
    "VarianceThreshold": "drops columns that hardly vary",
    **dict.fromkeys(
        (
            *("GenericUnivariateSelect", "RFE", "RFECV", "SelectFdr", "SelectFpr"),
            *("SelectFromModel", "SelectFwe", "SelectKBest", "SelectPercentile"),
            "SequentialFeatureSelector",
        ),
        _selected,
    ),
    **dict.fromkeys(
        (
            *("FactorAnalysis", "FastICA", "GaussianRandomProjection", "IncrementalPCA"),
            *("KernelPCA", "LinearDiscriminantAnalysis", "NeighborhoodComponentsAnalysis"),
            *("PCA", "TruncatedSVD"),
        ),
        _projected,
    ),
    **dict.fromkeys(("ColumnTransformer", "FeatureUnion", "Pipeline"), _several),
}
"""By the class of the transformer; `t` is the fitted one."""
