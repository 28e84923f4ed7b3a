"""A report's figures, as the bytes of a PNG or an SVG.

matplotlib is loaded by the first drawing, not by importing this module, and never opens a window.
"""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from digitrec.language import _, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Report = dict[str, Any]
INK, BLUE, ORANGE, GREY = "#22303c", "#2f6fb0", "#d9822b", "#9aa5b1"
COLUMNS = 10  # of the sheet of mistakes
_drawing = threading.Lock()  # matplotlib's style is the whole process's


def available(report: Report) -> list[str]:
    """The figures this report has what it takes for."""
    folds = bool(report.get("folds"))
    has = {
        "box plot": folds,
        "curves": bool(folds or report.get("history")),
        "confusion": bool(_confusion(report)),
        "reliability": "reliability" in report.get("calibration", {}),
        "mistakes": bool(report.get("mistakes")),
    }
    return [name for name in FIGURES if has[name]]


def draw(name: str, report: Report, format: str = "png") -> bytes:  # noqa: A002
    """One of `FIGURES` as the bytes of a "png" or an "svg".

    Raises ``KeyError`` for another name and ``ValueError`` for a figure the report has no data for.
    """
    drawing = FIGURES[name]
    if name not in available(report):
        raise ValueError(_("This report has no data for the figure {name}.").format(name=name))
    import matplotlib as mpl

    style: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "digitrec",  # the same report, the same bytes
        "font.size": 10,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": GREY,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with _drawing, mpl.rc_context(style):
        figure = drawing(report)
        buffer = io.BytesIO()
        figure.savefig(
            buffer,
            format=format,
            dpi=144,
            metadata={"Date": None} if format == "svg" else {"Software": None},
        )
    return buffer.getvalue()


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure((width, height), layout="constrained")


def box_plot(report: Report) -> Figure:
    """The tutorial's box-and-whisker plot of the folds' accuracies, with each fold as a point."""
    figure = _figure(4, 4)
    axes = figure.subplots()
    values = [100 * fold["accuracy"] for fold in report["folds"]]
    axes.boxplot(values, widths=0.4, medianprops={"color": ORANGE, "linewidth": 2})
    axes.plot(np.ones(len(values)), values, "o", color=BLUE, alpha=0.8, markersize=5)
    axes.set_xticks([1], [_("{count} folds").format(count=len(values))])
    axes.set_ylabel(_("accuracy on held-out images, %"))
    axes.grid(axis="y", alpha=0.3)
    return figure


def curves(report: Report) -> Figure:
    """Loss and accuracy by epoch: training dashed, held-out solid, a line a fold."""
    figure = _figure(9, 3.6)
    left, right = figure.subplots(1, 2)
    histories = [fold["history"] for fold in report.get("folds", [])]
    names = [_("fold {number}").format(number=k) for k in range(1, len(histories) + 1)]
    if not histories:
        histories, names = [report["history"]], [_("all images")]
    for axes, measure, factor in ((left, "loss", 1), (right, "accuracy", 100)):
        for k, (name, history) in enumerate(zip(names, histories, strict=True)):
            epochs = range(1, len(history[measure]) + 1)
            values = [factor * value for value in history[measure]]
            axes.plot(epochs, values, "--", color=f"C{k}", alpha=0.5, linewidth=1)
            if f"val_{measure}" in history:
                values = [factor * value for value in history[f"val_{measure}"]]
                axes.plot(epochs, values, "o-", color=f"C{k}", label=name, markersize=3)
        axes.set_xlabel(_("epoch"))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    left.set_ylabel(_("loss (dashed: training)"))
    right.set_ylabel(_("accuracy, %"))
    if right.get_legend_handles_labels()[0]:
        right.legend(frameon=False, fontsize=8)
    return figure


def _confusion(report: Report) -> Any:
    return (report.get("out_of_fold") or report.get("test") or {}).get("confusion")


def confusion(report: Report) -> Figure:
    """True digits down, answers across; only the mistakes are shaded."""
    table = np.array(_confusion(report))
    wrong = np.where(np.eye(10, dtype=bool), 0, table)
    figure = _figure(5.6, 5.2)
    axes = figure.subplots()
    axes.imshow(wrong, cmap="Oranges", vmin=0, vmax=max(1, wrong.max()))
    for (row, column), count in np.ndenumerate(table):
        if count:
            weight = "bold" if row == column else "normal"
            dark = wrong[row, column] > 0.6 * wrong.max()
            axes.text(
                *(column, row, f"{count}"),
                ha="center",
                va="center",
                fontsize=8,
                weight=weight,
                color="white" if dark and row != column else INK,
            )
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.set_xlabel(_("answer"))
    axes.set_ylabel(_("true digit"))
    axes.spines[:].set_visible(False)
    axes.set_title(
        _("out-of-fold predictions") if report.get("out_of_fold") else _("test set"),
        fontsize=10,
    )
    return figure


def reliability(report: Report) -> Figure:
    """Accuracy against confidence, before and after the temperature."""
    figure = _figure(4.8, 4.4)
    axes = figure.subplots()
    found = report["calibration"]
    axes.plot([0, 1], [0, 1], ":", color=GREY, label=_("perfect"))
    for when, words, colour, marker in (
        ("before", _("before: error {share}"), ORANGE, "s--"),
        ("after", _("after: error {share}"), BLUE, "o-"),
    ):
        bins = found["reliability"][when]
        error = found[f"ece_{when}"]
        axes.plot(
            [b["confidence"] for b in bins],
            [b["accuracy"] for b in bins],
            marker,
            color=colour,
            markersize=4,
            label=words.format(share=percent(error, 2)),
        )
    axes.set_xlabel(_("confidence"))
    axes.set_ylabel(_("accuracy"))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    return figure


def picture(mistake: dict[str, Any]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """A mistake's (28, 28) uint8 image, ink bright on dark."""
    image = np.frombuffer(base64.b64decode(mistake["image"]), np.uint8)
    return image.reshape(28, 28)


def mistakes(report: Report) -> Figure:
    """The most confident mistakes: true label > answer; an asterisk where the label is suspect."""
    shown = report["mistakes"]
    rows = -(-len(shown) // COLUMNS)
    figure = _figure(COLUMNS, 1.25 * rows + 0.3)
    grid = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, mistake in zip(grid, shown, strict=False):
        _mistake(axes, mistake)
    return figure


def _mistake(axes: Axes, mistake: dict[str, Any]) -> None:
    axes.imshow(255 - picture(mistake), cmap="gray", vmin=0, vmax=255)
    suspect = "*" if mistake["label_error"] else ""
    axes.set_title(
        f"{mistake['label']} > {mistake['predicted']}{suspect} {percent(mistake['confidence'])}",
        fontsize=8,
        color=ORANGE if suspect else INK,
    )


FIGURES: dict[str, Callable[[Report], Figure]] = {
    "box plot": box_plot,
    "curves": curves,
    "confusion": confusion,
    "reliability": reliability,
    "mistakes": mistakes,
}
