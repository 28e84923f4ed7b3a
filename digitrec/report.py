"""A report in words: the tutorial's line, and one self-contained page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from digitrec import figures

Report = dict[str, Any]

_TITLES = {
    "box plot": "Accuracy of the folds",
    "curves": "Loss and accuracy by epoch",
    "confusion": "Confusion matrix",
    "reliability": "Calibration",
    "mistakes": "The most confident mistakes",
}
_NOTES = {
    "curves": "Dashed: on the images trained on. Solid: on held-out images.",
    "confusion": "True digits down, answers across.",
    "reliability": "How often an answer given with some confidence is right.",
    "mistakes": "True label > answer, with its confidence. An asterisk: the label itself looks "
    "wrong (confident learning, Northcutt, Jiang and Chuang, 2021).",
}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:2rem auto;padding:0 1rem;color:#22303c}
h1,h2{line-height:1.2}h2{margin-top:2rem}table{border-collapse:collapse}
th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #d5dbe1}
th:first-child,td:first-child{text-align:left}figure{margin:0}svg,img{max-width:100%;height:auto}
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


def html(report: Report, name: str = "") -> str:
    """The report as one page that needs nothing else: figures are drawn into it."""
    title = escape(f"Training report {name}".strip())
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<style>{_STYLE}</style><h1>{title}</h1>",
        _table(("", ""), _facts(report)),
        _folds(report),
    ]
    for figure in figures.available(report):
        note = escape(_NOTES.get(figure, ""))
        parts.append(
            f"<h2>{_TITLES[figure]}</h2><figure>{_drawn(figure, report)}"
            f"<figcaption>{note}</figcaption></figure>"
        )
    parts += [_examples(report), _digits(report), _files(report), "</html>"]
    return "\n".join(parts)


def _drawn(figure: str, report: Report) -> str:
    if figure == "mistakes":  # dozens of pictures: a third of the size as one PNG
        data = base64.b64encode(figures.draw(figure, report, "png")).decode()
        return f'<img alt="{_TITLES[figure]}" src="data:image/png;base64,{data}">'
    drawing = figures.draw(figure, report, "svg").decode()
    return drawing[drawing.index("<svg") :]


def _facts(report: Report) -> list[tuple[str, str]]:
    test, comparison = report.get("test", {}), report.get("comparison")
    calibration, outside = report.get("calibration", {}), report.get("out_of_fold")
    facts = [
        ("Recipe", " ".join(filter(None, (report.get("recipe"), report.get("schedule"))))),
        ("Trained", f"{report.get('created', '–')}, in {report.get('seconds', 0):.0f} s"),
        ("Device", report.get("device", "–")),
    ]
    if line := summary(report):
        facts.append(("Cross-validation", line))
        low, high = (100 * value for value in report["interval"])
        facts.append(("95 % interval of the mean", f"{low:.3f} to {high:.3f} %"))
    if outside:
        facts.append(("Out-of-fold accuracy", _percent(outside["accuracy"])))
    if test:
        facts += [
            ("Test set", _percent(test["accuracy"])),
            ("Test set without contested labels", _percent(test["accuracy_without_contested"])),
        ]
    if "ece_before" in calibration:
        before, after = (_percent(calibration[f"ece_{when}"]) for when in ("before", "after"))
        temperature = f"{calibration['temperature']:.3f}"
        facts.append(
            ("Calibration error", f"{before} before, {after} after temperature {temperature}")
        )
    if comparison:
        facts.append(
            (
                f"Against {comparison['with']}",
                (
                    f"{comparison['verdict']} Right where the other is wrong: "
                    f"{comparison['only_this_right']}; "
                    f"the reverse: {comparison['only_other_right']}."
                ),
            )
        )
    return facts


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    heading = line(head, "th") if any(head) else ""
    return f"<table>{heading}{''.join(line(row, 'td') for row in rows)}</table>"


def _folds(report: Report) -> str:
    rows = [
        (f"fold {k}", f"{100 * f['accuracy']:.3f} %", f"{f['loss']:.4f}", f"{f['seconds']:.0f} s")
        for k, f in enumerate(report.get("folds", []), 1)
    ]
    return "<h2>Folds</h2>" + _table(("", "accuracy", "loss", "time"), rows) if rows else ""


def _examples(report: Report) -> str:
    found = report.get("examples")
    if not found:
        return ""
    rows = [
        (name, _percent(row["before"]), _percent(row["after"]), str(row["examples"]))
        for name, row in [
            ("all", found),
            *((row["writer"] or "an unknown hand", row) for row in found["writers"]),
        ]
    ]
    head = ("hand", f"by {found['before_with']}", "now", "examples")
    return "<h2>On examples that it did not learn from</h2>" + _table(head, rows)


def _digits(report: Report) -> str:
    digits = (report.get("out_of_fold") or {}).get("digits", [])
    rows = [
        (
            str(d),
            *(f"{row[key]:.4f}" for key in ("precision", "recall", "f1")),
            f"{row['support']:g}",
        )
        for d, row in enumerate(digits)
    ]
    head = ("digit", "precision", "recall", "F1", "images")
    return "<h2>By digit</h2>" + _table(head, rows) if rows else ""


def _files(report: Report) -> str:
    rows = [
        (name, f"{file['bytes']:,} bytes", file["sha256"])
        for name, file in report.get("files", {}).items()
    ]
    versions = ", ".join(f"{k} {v}" for k, v in report.get("versions", {}).items())
    table = "<h2>Files</h2>" + _table(("", "size", "SHA-256"), rows) if rows else ""
    return f"{table}<footer><p>{escape(versions)}</p></footer>"
