"""Keras: a model's own file, .keras or .h5, as far as it may be opened.

A .keras file names classes and, in a Lambda layer, holds code: Keras' safe mode refuses the code.
For an .h5 file that mode does nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.adopt.frameworks.tensorflow_feeds import silence
from pipeline.errors import ModelError, UsageError


def load_keras_file(file: Path, *, trust: bool = False) -> Any:
    """The model of a .keras or .h5 file, not compiled.

    Args:
        trust: run code that the file holds.

    Raises:
        UsageError: the file holds code, or may, and is not trusted.
        ModelError: it is damaged, or needs a class that is not imported.
    """
    if file.suffix != ".keras" and not trust:
        raise UsageError(
            f"{file}: Keras runs code that it finds in such a file",
            hint="Save the model with model.save('model.keras'), or give --trust",
        )
    with silence():
        import keras

        try:
            return keras.saving.load_model(str(file), compile=False, safe_mode=not trust)
        except Exception as err:
            first = " ".join(str(err).split())
            if "safe_mode" in first or "unsafe" in first.lower():
                raise UsageError(
                    f"{file} holds Python code (a Lambda layer)",
                    hint="With --trust it is run; or make the layer a class of its own",
                ) from err
            raise ModelError(
                f"{file} cannot be loaded by Keras: {first[:300]}",
                hint="A class of your own has to be imported: adopt module:object instead",
            ) from err
