"""Labels in file names, and how well readings agree with them.

A picture named ``label__n.ext`` shows what its label says; in the label ``_`` separates numbers, in
reading order. How a number was split is not scored, so ``_`` is left out of the comparison, and so
are points, commas and dashes. In a folder whose name ends in ``_scatter`` the numbers have no
order, and each is matched with the reading nearest to it. A label without any digit is a picture in
which nothing must be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from digitrec.example import unmarked
from digitrec.language import _

SCATTER = "_scatter"


@dataclass(frozen=True)
class Score:
    """One picture's outcome. errors: digits wrong, missing or too many; length: of the label."""

    errors: int
    length: int
    seconds: float

    @property
    def exact(self) -> bool:
        return self.errors == 0


def label(path: Path) -> str | None:
    """The label in a picture's name: ``10_42`` for ``10_42__3.jpg``; None where there is none."""
    before, mark, _ = path.name.partition("__")
    if not mark or not before:
        return None
    return before if any(letter.isdigit() for letter in before) else ""


def edit_distance(a: str, b: str) -> int:
    """Letters to change, insert or delete to make one text of the other (Levenshtein, 1966)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]


def score(path: Path, text: str | None, seconds: float = 0.0) -> Score:
    """Compare what was read (numbers joined by spaces; None if unreadable) with the label.

    Raises ``ValueError`` when the file's name has none.
    """
    truth = label(path)
    if truth is None:
        raise ValueError(
            _("{file} has no label: it must be named label__n.ext.").format(file=path.name)
        )
    wanted = [unmarked(each) for each in truth.replace("_", " ").split()]
    got = (text or "").split()
    length = sum(map(len, wanted))
    if text is None:
        errors = max(1, length)
    elif path.parent.name.endswith(SCATTER):
        errors = _unordered_distance(wanted, got)
    else:
        errors = edit_distance("".join(wanted), "".join(got))
    return Score(errors, length, seconds)


def _unordered_distance(wanted: Sequence[str], got: Sequence[str]) -> int:
    size = max(len(wanted), len(got))
    pairs = [
        [edit_distance(a, b) for b in (*got, *[""] * (size - len(got)))]
        for a in (*wanted, *[""] * (size - len(wanted)))
    ]
    costs = np.array(pairs, int).reshape(size, size)
    return int(costs[linear_sum_assignment(costs)].sum())


def exact_match(scores: Iterable[Score]) -> float:
    """The share of pictures read wholly right."""
    return float(np.mean([s.exact for s in scores]))


def character_accuracy(scores: Iterable[Score]) -> float | None:
    """1 - errors / length over all characters, no picture counting below 0; None without any."""
    pairs = [(max(0, s.length - s.errors), s.length) for s in scores]
    total = sum(length for _, length in pairs)
    return sum(right for right, _ in pairs) / total if total else None


def table(scores: dict[str, list[Score]]) -> str:
    """One aligned line a folder, then the total: pictures, exact match, characters, seconds.

    Its figures are the same in every language, without spaces in them: programs read them, too.
    """
    rows = [(_("folder"), "n", _("exact"), _("characters"), _("s/image"))]
    everything = [score for group in scores.values() for score in group]
    for name, group in [*sorted(scores.items()), (_("total"), everything)]:
        characters = character_accuracy(group)
        rows.append(
            (
                name,
                str(len(group)),
                f"{exact_match(group):.1%}",
                "-" if characters is None else f"{characters:.1%}",
                f"{np.mean([s.seconds for s in group]):.3f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0])]
            + [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
        )
        for row in rows
    )
