"""MNIST, embedded, with a check that it is whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec import storage
from digitrec.language import N_, Sentence
from digitrec.settings import settings

SHA256 = {  # of the arrays' bytes
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}

# Test images whose label people dispute; scores are given with and without them.
CONTESTED = (
    *(947, 1621, 1901, 2130, 2462, 2597, 2654, 3520),
    *(3558, 5937, 6651, 6783, 8527, 9679, 9729),
)


class DatasetError(RuntimeError):
    """The data set is missing or damaged; the message says which file and what to do."""


@dataclass(frozen=True, eq=False)
class Mnist:
    """x: (60000 or 10000, 28, 28) uint8, ink bright on dark; y: (n,) uint8 in 0 to 9."""

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.uint8]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.uint8]


def mnist(path: Path | None = None) -> Mnist:
    """MNIST (LeCun, Cortes and Burges, CC BY-SA 3.0) in its original order.

    Raises `DatasetError` when the file is missing or is not MNIST to the byte.
    """
    path = path or settings().mnist
    if not path.is_file():
        raise _unusable(N_("The data set {file} is missing."), file=path)
    try:
        found = storage.arrays(path)
        arrays = {name: found[name] for name in SHA256}
    except (OSError, ValueError, KeyError) as error:
        damaged = N_("The data set {file} is damaged ({why}).")
        raise _unusable(damaged, file=path, why=error) from error
    for name, expected in SHA256.items():
        if hashlib.sha256(np.ascontiguousarray(arrays[name]).data).hexdigest() != expected:
            changed = N_("The data set {file} is damaged: {part} has changed.")
            raise _unusable(changed, file=path, part=name)
    return Mnist(**arrays)


def _unusable(problem: str, **values: object) -> DatasetError:
    restore = Sentence(N_("Restore it with `git checkout digitrec/data/mnist.npz`."))
    why = Sentence(problem, {name: str(value) for name, value in values.items()})
    return DatasetError(Sentence("{why} {restore}", {"why": why, "restore": restore}))


def as_input(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 28, 28) uint8 -> (n, 28, 28, 1) float32 in [0, 1], as the networks take it."""
    return (images.astype(np.float32) / np.float32(255))[..., None]
