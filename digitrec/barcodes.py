"""Barcodes, told from ones by how alike and how many their bars are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from digitrec.pieces import Piece

LEAST = 8  # bars in a row
SLENDER = 0.25  # of its height, at the most a bar's width
APART = 0.3  # of their height, at the most
LEVEL = 0.02  # of its height, at the most how far a bar's ends are from the next one's


def barcodes(marks: Sequence[Piece]) -> set[int]:
    """The places of bars: so many ones in a row, from one height to another, no hand writes."""
    found: set[int] = set()
    slender = [i for i, mark in enumerate(marks) if mark.box[2] < SLENDER * mark.box[3]]
    for level in _parted(sorted(slender, key=lambda i: marks[i].top), marks, _is_level):
        for row in _parted(sorted(level, key=lambda i: marks[i].left), marks, _is_next_bar):
            found.update(row if len(row) >= LEAST else ())
    return found


def _is_level(mark: Piece, other: Piece) -> bool:
    return other.top - mark.top <= max(1, LEVEL * mark.box[3])


def _is_next_bar(mark: Piece, other: Piece) -> bool:
    height = mark.box[3]
    as_tall = abs(other.box[3] - height) <= max(1, LEVEL * height)
    return as_tall and other.left - mark.right < APART * height


def _parted(
    order: Sequence[int], marks: Sequence[Piece], holds: Callable[[Piece, Piece], bool]
) -> list[list[int]]:
    """Marks, by their places in an order, parted where something does not hold of two in a row."""
    parts: list[list[int]] = [[]]
    for i in order:
        if parts[-1] and not holds(marks[parts[-1][-1]], marks[i]):
            parts.append([])
        parts[-1].append(i)
    return parts
