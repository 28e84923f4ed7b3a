"""The confusion matrix of ten digits as a table."""

from __future__ import annotations

import streamlit as st

from digitrec.language import _, number


def show(table: list[list[int]], of: str) -> None:
    """True digits down, answers across; the more mistakes, the stronger the colour.

    table: 10 rows of 10 counts. of: the images they count, in words.
    """
    worst = max((table[i][j] for i in range(10) for j in range(10) if i != j), default=0) or 1

    def cell(row: int, column: int) -> str:
        count = table[row][column]
        if row == column:
            return f'<td class="right">{number(count)}</td>'
        if not count:
            return '<td class="none">·</td>'
        # On dark, the theme's light figures could not be read on more of its light orange.
        light, dark = (
            f"color-mix(in srgb, var(--doubt) {10 + most * count / worst:.0f}%, transparent)"
            for most in (60, 36)
        )
        return f'<td style="background:light-dark({light},{dark})">{number(count)}</td>'

    head = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    rows = "".join(
        f'<tr><th scope="row">{row}</th>{"".join(cell(row, column) for column in range(10))}</tr>'
        for row in range(10)
    )
    caption = _("True digits down, answers across: {of}.").format(of=of)
    st.html(
        f'<div class="scroll"><table class="confusion"><tr><th></th>{head}</tr>{rows}'
        f"<caption>{caption}</caption></table></div>"
    )
