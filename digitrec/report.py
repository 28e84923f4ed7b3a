"""A report in words: the tutorial's line, and one self-contained page."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from html import escape
from typing import Any

from digitrec import figures
from digitrec.language import N_, _, duration, language, number, percent

Report = dict[str, Any]
Table = tuple[tuple[str, ...], Sequence[tuple[str, ...]]]  # its head, and its rows

SIGNIFICANT = 0.05
TEST_IMAGES = 10_000  # of MNIST
_TITLES = {
    "box plot": N_("Accuracy of the folds"),
    "curves": N_("Loss and accuracy by epoch"),
    "confusion": N_("Confusion matrix"),
    "reliability": N_("Calibration"),
    "mistakes": N_("The most confident mistakes"),
}
_NOTES = {
    "box plot": "",
    "curves": N_("Dashed: on the images trained on. Solid: on held-out images."),
    "confusion": N_("True digits down, answers across."),
    "reliability": N_("How often an answer given with some confidence is right."),
    "mistakes": N_(
        "True label > answer, with its confidence. An asterisk: the label itself looks wrong "
        "(confident learning, Northcutt, Jiang and Chuang, 2021)."
    ),
}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:2rem auto;padding:0 1rem;color:#22303c}
h1,h2{line-height:1.2}h2{margin-top:2rem}table{border-collapse:collapse}
th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #d5dbe1}
th:first-child,td:first-child{text-align:left}th[scope=row]{font-weight:normal}figure{margin:0}svg,img{max-width:100%;height:auto}
figcaption,footer{color:#5d6b78;font-size:.9rem}
"""


def summary(report: Report) -> str:
    """The tutorial's line, in per cent; empty without folds.

    >>> summary({"folds": [{}] * 5, "mean": 0.98925, "std": 0.00088})
    'Accuracy: mean=98.925 std=0.088, n=5'
    """
    if not report.get("folds"):
        return ""
    mean, std = 100 * report["mean"], 100 * report["std"]
    return f"Accuracy: mean={mean:.3f} std={std:.3f}, n={len(report['folds'])}"


def better(comparison: dict[str, Any]) -> bool | None:
    """Whether a version beats the other one; None where chance alone may explain it."""
    if comparison["p_value"] >= SIGNIFICANT:
        return None
    return bool(comparison["only_this_right"] > comparison["only_other_right"])


def apart(ours: float, theirs: float) -> bool | None:
    """The same from two test accuracies alone, where it is not known which images each reads right.

    By the z-test of two proportions: on the same images it says "chance" more often than `better`.

    >>> apart(0.9, 0.9965), apart(0.997, 0.9965)
    (False, None)
    """
    reach = 1.96 * math.sqrt((ours * (1 - ours) + theirs * (1 - theirs)) / TEST_IMAGES)
    return ours > theirs if abs(ours - theirs) > reach else None


def verdict(comparison: dict[str, Any]) -> str:
    """What `scores.against` came to, in a sentence."""
    name, p, ahead = comparison["with"], comparison["p_value"], better(comparison)
    if ahead is None:
        return _(
            "No real difference from {version}: chance alone does this {share} of the time."
        ).format(version=name, share=percent(p))
    said = _("Worse than {version}, and hardly by chance (p {value}).")
    if ahead:
        said = _("Better than {version}, and hardly by chance (p {value}).")
    small = f"= {number(p, 4)}" if p >= 0.0001 else f"< {number(0.0001, 4)}"
    return said.format(version=name, value=small)


def html(report: Report, name: str = "") -> str:
    """The report as one page that needs nothing else: figures are drawn into it."""
    title = escape(_("Training report {version}").format(version=name).strip())
    parts = [
        f'<!doctype html><html lang="{language()}"><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<style>{_STYLE}</style><h1>{title}</h1>",
        table(("", ""), _facts(report)),
        _section(_("Folds"), folds(report)),
    ]
    for figure in figures.available(report):
        note = escape(_(_NOTES[figure])) if _NOTES[figure] else ""
        parts.append(
            f"<h2>{_(_TITLES[figure])}</h2><figure>{_drawn(figure, report)}"
            f"<figcaption>{note}</figcaption></figure>"
        )
    parts += [
        _section(_("On examples that it did not learn from"), hands(report)),
        _section(_("Digit by digit"), digits(report)),
        _files(report),
        "</html>",
    ]
    return "\n".join(parts)


def _drawn(figure: str, report: Report) -> str:
    if figure == "mistakes":  # dozens of pictures: a third of the size as one PNG
        data = base64.b64encode(figures.draw(figure, report, "png")).decode()
        return f'<img alt="{_(_TITLES[figure])}" src="data:image/png;base64,{data}">'
    drawing = figures.draw(figure, report, "svg").decode()
    return drawing[drawing.index("<svg") :]


def _facts(report: Report) -> list[tuple[str, str]]:
    test, comparison = report.get("test", {}), report.get("comparison")
    calibration, outside = report.get("calibration", {}), report.get("out_of_fold")
    facts = [
        (_("Recipe"), " ".join(filter(None, (report.get("recipe"), report.get("schedule"))))),
        (
            _("Trained"),
            _("{when}, in {seconds} s").format(
                when=report.get("created", "–"), seconds=number(report.get("seconds", 0))
            ),
        ),
        (_("Device"), report.get("device", "–")),
    ]
    if line := summary(report):
        facts.append((_("Cross-validation"), line))
        low, high = (100 * value for value in report["interval"])
        interval = _("{low} to {high}").format(low=number(low, 3), high=percent(high / 100, 3))
        title = _("{share} interval of the mean").format(share=percent(0.95))
        facts.append((title, interval))
    if outside:
        facts.append((_("Out-of-fold accuracy"), percent(outside["accuracy"], 2)))
    if test:
        facts += [
            (_("Test set"), percent(test["accuracy"], 2)),
            (
                _("Test set without contested labels"),
                percent(test["accuracy_without_contested"], 2),
            ),
        ]
        if "accuracy_at_sight" in test:  # reports of earlier versions have none
            facts.append((_("Test set at first sight"), percent(test["accuracy_at_sight"], 2)))
    if "ece_before" in calibration:
        error = _("{before} before, {after} after temperature {temperature}").format(
            before=percent(calibration["ece_before"], 2),
            after=percent(calibration["ece_after"], 2),
            temperature=number(calibration["temperature"], 3),
        )
        facts.append((_("Calibration error"), error))
    if comparison:
        counts = _("Right where the other is wrong: {gained}; the reverse: {lost}.").format(
            gained=number(comparison["only_this_right"]),
            lost=number(comparison["only_other_right"]),
        )
        facts.append(
            (
                _("Against {version}").format(version=comparison["with"]),
                f"{verdict(comparison)} {counts}",
            )
        )
    return facts


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """As HTML: a row's first cell says what it is of. A head that says nothing is not drawn."""
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head) if any(head) else ""
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in rest)}</tr>"
        for first, *rest in rows
    )
    return f"<table><tr>{titles}</tr>{body}</table>"


def _section(title: str, found: Table) -> str:
    """A table under its title; nothing for no rows."""
    head, rows = found
    return f"<h2>{title}</h2>{table(head, rows)}" if rows else ""


def folds(report: Report) -> Table:
    """How each was read by the network that had not learnt it."""
    rows = [
        (
            _("Fold {number}").format(number=k),
            percent(f["accuracy"], 3),
            number(f["loss"], 4),
            duration(f["seconds"]),
        )
        for k, f in enumerate(report.get("folds", []), 1)
    ]
    return ("", _("Accuracy"), _("Loss"), _("Time")), rows


def hands(report: Report) -> Table:
    """How the examples of each are read, before and now."""
    found = report.get("examples")
    if not found:
        return (), []
    rows = [
        (name, percent(row["before"], 2), percent(row["after"], 2), number(row["examples"]))
        for name, row in [
            (_("All"), found),
            *((row["writer"] or _("An unknown hand"), row) for row in found["writers"]),
        ]
    ]
    by = _("By {version}").format(version=found["before_with"])
    return (_("Hand"), by, _("Now"), _("Examples")), rows


def digits(report: Report) -> Table:
    """How well each is told from the others."""
    found = (report.get("out_of_fold") or {}).get("digits", [])
    rows = [
        (
            str(digit),
            *(percent(row[key], 2) for key in ("precision", "recall", "f1")),
            number(row["support"]),
        )
        for digit, row in enumerate(found)
    ]
    return (_("Digit"), _("Precision"), _("Recall"), _("F1"), _("Images")), rows


def _files(report: Report) -> str:
    rows = [
        (name, _("{count} bytes").format(count=number(file["bytes"])), file["sha256"])
        for name, file in report.get("files", {}).items()
    ]
    versions = ", ".join(f"{k} {v}" for k, v in report.get("versions", {}).items())
    listed = _section(_("Files"), (("", _("Size"), "SHA-256"), rows))
    return f"{listed}<footer><p>{escape(versions)}</p></footer>"
