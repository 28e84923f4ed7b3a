"""What the line network takes and what it tells apart: for reading with it and for training it."""

from __future__ import annotations

import numpy as np

from digitrec.preprocess import Ink

HEIGHT = 32  # of a strip, pixels
SYMBOLS = "0123456789.,"  # 0 is the blank, so each is one more than its place here


def clean(ink: Ink) -> Ink:
    """Depth -> the network's range: the 97th centile of the strip is full ink, paper is 0.

    Any shape of float32, and the same in [0, 1].
    """
    low = float(np.percentile(ink, 20))
    high = max(float(np.percentile(ink, 97)), low + 1e-3)
    cleaned: Ink = np.clip((ink - low) / (high - low), 0, 1).astype(np.float32)
    return cleaned
