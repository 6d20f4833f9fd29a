"""A picture for dark pages has the colours of that scheme, and their blends."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from pipeline.rendering import charts
from pipeline.rendering.png import darken


@given(
    places=st.tuples(st.integers(0, 7), st.integers(0, 7)),
    share=st.floats(0, 1),
)
def test_a_colour_and_a_blend_of_two_have_their_like_on_dark_pages(
    places: tuple[int, int], share: float
) -> None:
    light, dark = (
        np.array([to_rgb(name) for name in (s.ground, s.text, s.grid, *s.series)]) * 255
        for s in (charts.LIGHT, charts.DARK)
    )
    np.testing.assert_allclose(darken(light), dark, atol=1e-9)
    one, other = places
    blend = light[one] + share * (light[other] - light[one])
    like = dark[one] + share * (dark[other] - dark[one])
    np.testing.assert_allclose(darken(blend[None])[0], like, atol=1e-6)
