"""Renders drawings as PNG, for light and dark pages."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.charts import DARK, LIGHT, Scheme
from pipeline.rendering.drawing import Drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image


DPI = 150


@dataclass(frozen=True)
class Plot:
    """One picture: its file name without suffix, section, caption, PNG bytes for both schemes.

    Attributes:
        size: width and height in inches.
    """

    name: str
    section: str
    caption: str
    light: bytes
    dark: bytes
    size: tuple[float, float]


def render_plot(drawing: Drawing) -> Plot:
    """Draw it for light pages; for dark ones the same pixels get other colours.

    128 colours take a third of the bytes, and there is nothing to see.
    """
    from PIL.Image import Dither, fromarray

    picture = fromarray(_pixels(drawing)).convert("RGB")
    light = picture.quantize(128, dither=Dither.NONE)
    dark = light.copy()
    palette = np.array(light.getpalette(), dtype=float).reshape(-1, 3)
    dark.putpalette(darken(palette).round().astype(int).ravel().tolist())
    return Plot(
        name=drawing.name,
        section=drawing.section,
        caption=drawing.caption,
        light=_png(light),
        dark=_png(dark),
        size=drawing.size,
    )


def darken(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours of the light scheme and blends of two of them (n, 3) as the dark scheme has them.

    Edges of lines and letters, and points that let the ground through, are such blends.
    """
    from matplotlib.colors import to_rgb

    ours, theirs = (
        255 * np.array([to_rgb(name) for name in (s.ground, s.text, s.grid, *s.series)])
        for s in (LIGHT, DARK)
    )
    one, other = np.triu_indices(len(ours), 1)
    way = ours[other] - ours[one]
    share = ((colours[:, None] - ours[one]) * way).sum(axis=2) / (way**2).sum(axis=1)
    share = share.clip(0, 1)[..., None]
    away = ((colours[:, None] - ours[one] - share * way) ** 2).sum(axis=2)
    blends = theirs[one] + share * (theirs[other] - theirs[one])
    nearest: NDArray[np.float64] = blends[np.arange(len(colours)), away.argmin(axis=1)]
    return nearest


def _pixels(drawing: Drawing) -> NDArray[np.uint8]:
    """Draw without pyplot; PyCaret's packages change the global style, so that is put aside."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.style.context(["default", _style(LIGHT)]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a letter the font lacks becomes a box
        figure = Figure(figsize=drawing.size, dpi=DPI, layout="compressed")
        canvas = FigureCanvasAgg(figure)
        drawing.draw(figure.add_subplot(), LIGHT)
        _plain_text(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())


def _png(picture: Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "png", optimize=True)
    return target.getvalue()


def _style(scheme: Scheme) -> dict[str, Any]:
    return {
        "figure.facecolor": scheme.ground,
        "savefig.facecolor": scheme.ground,
        "axes.facecolor": scheme.ground,
        "axes.edgecolor": scheme.grid,
        "axes.labelcolor": scheme.text,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": scheme.grid,
        "text.color": scheme.text,
        "xtick.color": scheme.text,
        "ytick.color": scheme.text,
        "legend.frameon": False,
        "font.size": 11,
    }


def _plain_text(figure: Figure) -> None:
    """A dollar sign in a name is a dollar sign, not mathematics."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
