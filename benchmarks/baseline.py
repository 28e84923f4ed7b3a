"""The tutorial's way: its network, and a plain resize of the whole picture to 28x28.

Keras's `load_img` resizes by nearest neighbour. As written, the tutorial feeds what comes out;
`inverted` first turns a picture whose border is light into bright ink on dark, as most people who
follow it learn to do.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

from digitrec.settings import settings

HOW_TO_MAKE = (
    "The tutorial's network is not here: "
    "`python -m digitrec train --recipe classic --name classic` makes it."
)


def classic() -> Interpreter | None:
    """The trained tutorial network, or None where nobody has trained it."""
    path = settings().models / "classic" / "model.tflite"
    return Interpreter(model_path=str(path), num_threads=1) if path.is_file() else None


def resized(picture: Path | bytes, inverted: bool) -> NDArray[np.float32]:
    """Any picture -> (28, 28, 1) float32 in [0, 1]."""
    with Image.open(io.BytesIO(picture) if isinstance(picture, bytes) else picture) as image:
        grey = np.asarray(image.convert("L").resize((28, 28), Image.Resampling.NEAREST))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if inverted and np.median(border) > 127:
        grey = 255 - grey
    return grey[..., None].astype(np.float32) / 255


def probabilities(network: Interpreter, inks: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 28, 28, 1) in [0, 1] -> (n, 10) softmax."""
    entry, out = network.get_input_details()[0]["index"], network.get_output_details()[0]["index"]
    answers = []
    for start in range(0, len(inks), 256):
        batch = inks[start : start + 256]
        network.resize_tensor_input(entry, batch.shape)
        network.allocate_tensors()
        network.set_tensor(entry, batch)
        network.invoke()
        answers.append(network.get_tensor(out)[:, :10].copy())
    return np.concatenate(answers)
