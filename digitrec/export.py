"""A trained network as files: both runtimes' formats, compared, and the tutorial's."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from digitrec import storage
from digitrec.language import N_, Sentence, _
from digitrec.runtime import MODEL, Network, quietly
from digitrec.training import FLOAT, TrainingError, answers
from digitrec.versions import KERAS, damage

TOLERANCE = 1e-4  # between the probabilities of the two runtimes
COMPARED = 1000  # images


def write(model: keras.Model, folder: Path, x: FLOAT) -> tuple[FLOAT, float]:
    """``model.keras`` and ``model.tflite``; x: (n, 28, 28, 1) to compare the runtimes on.

    Returns the exported model's probabilities of x and the largest difference. Raises
    `TrainingError` when that is over `TOLERANCE`, and ``OSError``.
    """
    folder.mkdir(exist_ok=True)
    save(model, folder)
    with quietly():
        ours = Network((folder / MODEL).read_bytes())(x)[0]
    theirs = answers(model, x[:COMPARED])
    difference = float(np.abs(ours[:COMPARED] - theirs).max())
    check(difference)
    storage.sync_files(folder)
    return ours, difference


def save(model: keras.Model, folder: Path) -> None:
    """``model.keras`` and ``model.tflite``, not compared yet."""
    # Without the optimiser: it would treble the file, and need our own schedule to be loaded.
    kept = type(model).from_config(model.get_config())
    kept.set_weights(model.get_weights())
    kept.save(folder / KERAS)
    kept.export(folder / MODEL, format="litert", verbose=False)


def check(difference: float) -> None:
    """Raises `TrainingError` where the runtimes' probabilities are this far from each other."""
    if not difference <= TOLERANCE:
        raise TrainingError(
            Sentence(
                N_(
                    "The exported model differs from the trained one by {difference}, more than "
                    "{tolerance}; it was not kept."
                ),
                {"difference": f"{difference:.1e}", "tolerance": f"{TOLERANCE:.0e}"},
            )
        )


def load(version: Path) -> keras.Model:
    """The network of a version's folder, to go on training. Raises `TrainingError`."""
    # Told by its hash: of a damaged file, Keras raises nearly anything.
    if damaged := damage(version, (KERAS,)):
        raise TrainingError(damaged)
    path = version / KERAS
    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, ValueError) as error:  # another Keras's, say
        refused = Sentence(N_("{file} cannot be loaded."), {"file": str(path)})
        raise TrainingError(refused) from error


def as_tutorial(version: Path, folder: Path, x: FLOAT) -> tuple[list[Path], str]:
    """``model.json`` and ``final_model.h5``, as the tutorial saves them, loaded again and compared.

    version: the folder of a trained version; x: (n, 28, 28, 1) images to use the loaded model on.
    Returns the files and the digits read by the loaded one. Raises `TrainingError` when the
    version cannot be loaded or the copy answers differently.
    """
    model: Any = load(version)
    structure, weights = folder / "model.json", folder / "final_model.h5"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Not in place: HDF5 empties the old file first, and prints pages when the disk is full.
        with tempfile.TemporaryDirectory() as scratch:
            model.save(Path(scratch, weights.name))
            content = Path(scratch, weights.name).read_bytes()
        storage.write(structure, model.to_json())
        storage.write(weights, content)
    except OSError as error:
        raise TrainingError(
            _("{file} cannot be written: {why}").format(file=folder, why=storage.reason(error))
        ) from error
    again = keras.models.load_model(weights, compile=False)
    said = again.predict(x, verbose=0)
    if not np.allclose(said, model.predict(x, verbose=0), atol=TOLERANCE):
        raise TrainingError(
            _("{file} answers differently from the model; it cannot be used.").format(file=weights)
        )
    if keras.models.model_from_json(structure.read_text()).count_params() != model.count_params():
        raise TrainingError(
            _("{file} describes another network; it cannot be used.").format(file=structure)
        )
    return [structure, weights], " ".join(map(str, said[:, :10].argmax(1)))
