"""The digits as they are written in many countries, as pen strokes.

MNIST was written by Americans in the 1990s: it has few flagged, serifed or long-necked 1s, no
slashed 0, hardly a Japanese 7 or a 9 with a curled tail. Each style here is a few points a stroke
in a box 60 wide and 100 high (y down); `~` marks a curve through its points, `|` parts strokes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.preprocess import Ink

Random = np.random.Generator
Points = NDArray[np.float64]

STYLES: dict[int, tuple[str, ...]] = {
    0: (
        "~32,2 10,14 2,50 12,88 32,98 52,84 58,48 48,12 30,2",
        "~40,6 16,6 2,40 8,84 30,98 54,80 56,36 40,6 26,8",
        "~30,4 4,24 4,74 30,98 56,74 56,24 32,2 18,10",
        "~32,2 10,14 2,50 12,88 32,98 52,84 58,48 48,12 30,2|54,6 6,96",
        "~32,2 10,14 2,50 12,88 32,98 52,84 58,48 48,12 30,2|46,22 14,80",
        "~44,12 20,10 4,40 10,84 34,96 56,70 54,36 40,14|60,0 0,100",
        "~22,6 4,30 4,70 28,98 54,76 56,34 38,8",
    ),
    1: (
        "30,0 30,100",
        "36,0 26,100",
        "14,24 32,0 32,100",
        "2,50 34,0 32,100",
        "0,62 40,0 36,100",
        "0,80 44,0 38,100",
        "0,70 50,0 40,100",
        "0,92 40,0 44,100",
        "~0,86 20,50 40,0|40,0 46,96",
        "~6,46 24,20 36,2|36,2 30,100",
        "14,24 32,0 32,98|10,98 54,98",
        "18,12 32,2 32,98|6,98 56,98",
        "~34,0 32,50 34,96 44,92",
    ),
    2: (
        "~4,24 14,4 38,2 52,20 44,46 4,96|4,96 58,96",
        "~4,20 24,2 50,10 50,36 28,66 2,96 20,92 40,96 58,90",
        "~4,22 22,2 48,8 50,34 30,70 10,94 2,88 10,78 26,88 40,98 58,92",
        "~6,14 26,0 46,18 36,40 12,52|~12,52 24,78 40,94 56,70",
        "~2,14 30,2 54,14 40,52 4,94 24,84 56,98",
        "~8,30 20,4 46,6 48,34 26,68 2,98|2,98 30,96 58,98",
        "~6,8 30,0 54,6|54,6 4,96 58,94",
    ),
    3: (
        "~6,12 30,0 52,16 44,40 24,46|~24,46 52,56 56,80 32,98 4,88",
        "~8,8 34,2 48,20 36,42 22,46 44,54 54,76 34,98 6,92",
        "6,4 52,4 24,42|~24,42 50,50 56,76 34,98 4,90",
        "~2,12 30,0 58,10 44,34 14,44|~14,44 52,54 54,78 30,92 2,90",
        "~10,6 44,4 44,30 20,48 48,60 44,90 6,98",
        "~4,16 28,0 50,18 34,44 22,50 30,44 54,66 38,96 0,90",
    ),
    4: (
        "32,2 2,66 58,66|44,36 42,100",
        "38,0 2,60 58,58|40,0 40,100",
        "6,4 4,56 54,54|46,2 44,100",
        "~8,2 4,36 14,56 46,50|50,2 44,100",
        "22,0 10,58 54,56|42,34 36,100",
        "22,0 6,70 42,66|38,44 32,100",
        "~40,2 14,50 2,66|2,66 56,64|38,36 34,100",
        "42,100 42,0 2,66 58,66",
        "36,0 0,36 40,36|38,0 38,100",
        "~34,0 8,44 4,62 30,58 58,52|~40,40 34,70 38,100",
        "~40,2 6,52 20,62 56,50|~36,30 30,70 26,100",
        "~36,2 20,20 2,40 20,44 50,42|44,2 42,100",
        "~42,100 44,50 46,4|~46,4 14,44 2,62 24,66 58,60",
    ),
    5: (
        "12,4 8,44|~8,44 34,36 54,58 44,90 20,98 2,88|12,4 54,4",
        "~54,4 14,4 8,42 34,38 54,62 38,94 2,92",
        "16,2 10,42|~10,42 46,42 52,80 22,98 2,86|14,4 58,0",
        "18,10 12,46|~12,46 40,40 52,66 38,92 6,94|20,2 60,0",
        "~56,2 20,6 12,40 40,46 46,76 26,96 0,90",
        "12,14 8,46|~8,46 34,38 50,62 40,92 2,94|24,6 60,2",
        "~16,22 14,48 30,60 36,80 22,98 0,92|26,4 60,4",
        "54,2 14,2 12,44 42,44|~42,44 54,66 44,94 4,96",
    ),
    6: (
        "~44,2 18,24 4,62 14,94 40,96 54,76 40,58 16,60 4,78",
        "~34,0 10,40 4,80 24,98 50,90 50,66 28,56 8,70",
        "14,0 8,80|~8,80 24,98 50,90 50,66 30,56 10,70",
        "~52,10 26,4 4,40 8,88 38,98 56,74 40,54 20,66 22,74",
        "~30,0 20,40 16,84 28,98 40,86 32,72 18,82",
        "~46,4 22,20 8,56 8,90 30,98 42,82 30,70 10,84",
    ),
    7: (
        "2,6 56,4 20,100",
        "2,4 56,4 30,100|12,52 52,48",
        "0,8 54,2|~54,2 34,40 26,100",
        "2,20 4,4 56,4 24,100",
        "2,24 6,2 56,6|~56,6 40,50 36,98",
        "~2,10 16,2 34,10 56,2|56,2 18,98|8,56 48,44",
        "0,4 52,6 32,100|4,50 60,50",
        "~2,10 28,2 50,8|~50,8 40,60 22,98|~4,62 24,48 58,50",
        "~6,6 52,4|~52,4 50,60 28,98 10,84|14,48 58,46",
        "~4,8 30,2 46,10|~46,10 48,50 32,98|16,56 58,48",
        "6,4 48,4 44,100|20,46 60,44",
        "~2,14 20,4 40,8|40,8 38,100",
    ),
    8: (
        "~50,12 28,0 8,14 20,40 46,62 48,88 28,98 8,86 14,62 42,38 52,12",
        "~30,2 10,12 14,38 30,46 48,36 48,12 30,2|~30,46 4,58 4,86 30,98 56,86 54,58 30,46",
        "~54,6 22,4 10,26 40,54 52,80 28,98 6,80 26,50 56,4",
        "~46,20 40,2 16,6 12,30 30,46 50,70 40,94 14,94 8,72 30,48 48,26",
        "~34,0 16,12 20,36 38,38 46,16 34,0|~28,46 6,62 10,92 40,96 50,66 28,46",
        "~46,6 22,2 14,24 34,38 48,28|~40,48 12,56 6,84 34,98 52,78 44,52",
        "~52,2 30,24 6,54 8,84 30,98 52,84 52,54 30,24 8,4",
        "~14,4 10,30 40,56 44,90 20,98 10,76 36,46 50,10 30,0",
    ),
    9: (
        "~50,14 26,0 4,20 12,48 36,46 52,16|52,12 48,100",
        "~48,10 22,2 6,28 22,50 46,36 52,10|~52,8 52,60 40,100",
        "~50,14 26,0 4,20 12,44 36,44 52,16|~52,12 54,70 40,98 8,92",
        "~44,8 20,4 16,24 36,32 46,10|~46,8 44,76 26,98 2,86",
        "~48,6 18,4 8,34 34,44 48,6 52,50 36,92 4,96",
        "~52,20 30,2 8,14 8,40 34,50 54,22|54,18 42,100",
        "~54,10 30,0 4,14 22,34 46,26|~46,20 48,60 34,100",
        "~50,8 20,2 4,20 30,36 50,14|~30,36 48,60 44,100",
        "~44,6 24,2 18,18 34,24 46,8|46,6 42,100",
        "~40,4 14,8 16,30 38,26 44,6 38,60 14,100",
    ),
}


# Beside other digits a 1 is told from a 2 or a 7 in more of its shapes: with half a base, with a
# long flag, gone over twice.
IN_LINES = STYLES | {
    1: (
        *STYLES[1],
        "14,22 30,0 30,97|30,97 58,98",
        "~8,32 20,12 28,2|28,2 26,94 54,96",
        "~0,40 14,16 40,2|40,2 36,100",
        "30,0 28,98|34,96 36,4|28,6 32,98",
    )
}


@cache
def _strokes(style: str) -> list[tuple[bool, Points]]:
    """Each stroke as (whether it is a curve, its points centred on the origin)."""
    strokes = []
    for stroke in style.split("|"):
        points = [tuple(map(float, point.split(","))) for point in stroke.lstrip("~").split()]
        strokes.append((stroke.startswith("~"), np.array(points) - (30, 50)))
    return strokes


def curve(points: Points, steps: int = 6) -> Points:
    """A Catmull-Rom spline through (n, 2) points, `steps` points a span."""
    p = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    spans = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return np.concatenate([spans.transpose(1, 0, 2).reshape(-1, 2), points[-1:]])


def draw(strokes: list[Points], width: int, side: int) -> Ink:
    """Polylines in pixels -> (side, side) in [0, 1], antialiased, with round caps."""
    canvas = np.zeros((side, side), np.float32)
    for points in strokes:
        fixed = np.round(points * 16).astype(np.int32)  # four fractional bits
        cv2.polylines(
            canvas, [fixed], isClosed=False, color=1, thickness=width, lineType=cv2.LINE_AA, shift=4
        )
    return canvas


def written(
    label: int, rng: Random, side: int = 64, among: Mapping[int, tuple[str, ...]] = STYLES
) -> Ink:
    """A digit in one of its styles by an unsteady hand, (side, side) in [0, 1]."""
    styles = among[label]
    shake = rng.uniform(1, 4.5)
    angle, slant = np.radians(rng.normal(0, 5)), rng.normal(0.08, 0.16)
    narrow = np.exp(rng.normal(-0.05, 0.22))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = turn @ np.array([[narrow, -slant], [0, 1]]) * (0.46 * side / 50)
    waist = rng.normal(0, 9)  # moves the middle up or down between the fixed ends
    drawn = []
    for smooth, points in _strokes(styles[rng.integers(len(styles))]):
        shaken = points + rng.normal(0, shake, points.shape)
        shaken[:, 1] += waist * (1 - np.clip(shaken[:, 1] / 50, -1, 1) ** 2)
        shaken += rng.normal(0, 2, 2)  # strokes do not always meet
        drawn.append((curve(shaken) if smooth else shaken) @ shape.T + side / 2)
    return draw(drawn, int(rng.choice((2, 3, 4, 5, 6, 7, 9))), side)
