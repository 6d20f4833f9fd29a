"""Words of text columns: scikit-learn's own counts and weights for every text."""

from __future__ import annotations

import unicodedata

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycaret.internal.preprocess.transformers import EmbedTextFeatures

from pipeline.convert import Conversion, convert
from pipeline.convert.lowering import convert_preprocessing
from pipeline.convert.steps.text_vectors import DOMAIN
from pipeline.errors import ConversionError
from tests.convert.pipelines import converted, expected, fitted

TEXTS = [
    "Late again, very LATE!",
    "naïve café -- déjà_vu 12 x 1",
    "Zürich 東京 注文a 東京",
    "it's a 'good' parcel; good",
    "İstanbul abİcd İİ",
    "no",
]
WORDS = ["late", "LATE", "good", "café", "CAFÉ", "東京", "déjà_vu", "abi", "İ", "stanbul", "12"]
FRAME = pd.DataFrame({"note": TEXTS * 4, "x": np.arange(24) % 7 + 0.5})


@pytest.fixture(scope="module", params=["tf-idf", "bow"])
def vectorized(request: pytest.FixtureRequest) -> tuple[object, Conversion]:
    pipeline = fitted(FRAME, [("text", EmbedTextFeatures(request.param), ["note"])])
    pipeline.steps[-1][1].coef_ = np.linspace(1, 2, len(pipeline.steps[-1][1].coef_))
    return pipeline, convert(pipeline, FRAME)


# The lower case of Σ depends on its neighbours; C0 controls end strings in some runtimes.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="Σ").filter(
    lambda c: unicodedata.category(c) != "Cn"
)
TEXT = st.one_of(
    st.text(CHARACTERS, min_size=1),
    st.lists(st.sampled_from([*WORDS, " ", ",", "'", "\n", "🙂", "#"]), min_size=1).map("".join),
    st.lists(st.sampled_from([*WORDS, *TEXTS]), min_size=1).map(" ".join),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(TEXT, min_size=1, max_size=20))
def test_every_text_gets_scikit_learns_weights(
    vectorized: tuple[object, Conversion], texts: list[str]
) -> None:
    pipeline, conversion = vectorized
    rows = pd.DataFrame({"note": [*texts, *TEXTS], "x": 1.5})
    np.testing.assert_allclose(
        converted(conversion, rows), expected(pipeline, rows), rtol=1e-15, atol=0
    )


def test_weights_are_scikit_learns_to_the_last_digit() -> None:
    random = np.random.default_rng(0)
    words = [word for text in TEXTS for word in text.split()]
    notes = [" ".join(random.choice(words, random.integers(1, 12))) for _ in range(500)]
    frame = pd.DataFrame({"note": notes})
    pipeline = fitted(frame, [("text", EmbedTextFeatures("tf-idf"), ["note"])])
    conversion = convert_preprocessing(pipeline, frame)
    session = onnxruntime.InferenceSession(conversion.model.SerializeToString())
    (found,) = session.run(["features"], {"note": frame[["note"]].to_numpy()})
    np.testing.assert_array_equal(found, pipeline.steps[0][1].transform(frame).to_numpy())


def test_no_rows_and_rows_without_a_word_are_answered(
    vectorized: tuple[object, Conversion],
) -> None:
    _, conversion = vectorized
    assert converted(conversion, FRAME.head(0)).shape == (0,)
    assert np.isfinite(converted(conversion, FRAME.head(1).assign(note="?"))).all()


def test_the_graph_says_that_it_needs_a_tokenizer(
    vectorized: tuple[object, Conversion],
) -> None:
    _, conversion = vectorized
    assert conversion.requires == {DOMAIN: 1}


def test_other_settings_of_the_vectorizer_are_refused() -> None:
    embedding = EmbedTextFeatures("bow", {"ngram_range": (1, 2)})
    pipeline = fitted(FRAME, [("text", embedding, ["note"])])
    with pytest.raises(ConversionError, match="ngram_range"):
        convert(pipeline, FRAME)
