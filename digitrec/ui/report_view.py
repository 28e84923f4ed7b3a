"""A version's report on the page: what its training came to, and how far to trust it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import streamlit as st

from digitrec import figures, registry
from digitrec import report as reports
from digitrec.language import _, bound, duration, number
from digitrec.registry import RegistryError
from digitrec.ui import charts, confusion, mistakes
from digitrec.ui.attempt import attempt
from digitrec.ui.tiles import show_tiles
from digitrec.ui.words import mean_and_std, plain, recipe, share
from digitrec.versions import FILES, Version

Report = dict[str, Any]
_LOOKS = {  # of `reports.better`
    None: (st.info, ":material/balance:"),
    True: (st.success, ":material/trending_up:"),
    False: (st.warning, ":material/trending_down:"),
}


def show(name: str) -> None:
    """The report of a version; a sentence where there is none that can be read."""
    with st.container(key="train-report"), as_far_as_it_goes(name):
        version, report = registry.version(name), registry.report(name)
        _head(version)
        _report(version, report)


@contextmanager
def as_far_as_it_goes(name: str) -> Iterator[None]:
    """Where a version is gone, or its report is not what was written, a sentence ends the block."""
    try:
        yield
    except RegistryError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        st.error(
            _("The rest of the report of {version} cannot be shown: its file is damaged.").format(
                version=plain(name)
            ),
            icon=":material/error:",
        )


def _head(version: Version) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(version.name), anchor=False, width="stretch")
        serve_button(version, "report-serve")
    st.caption(f"{recipe(version.recipe, version.schedule)}. {version.data}")
    if version.damaged:
        st.error(plain(str(version.damaged)), icon=":material/error:")


def serve_button(version: Version, key: str) -> None:
    """Put this version in service, asked first where it reads worse; or the word that it is."""
    if version.in_service:
        st.badge(_("In service"), icon=":material/check_circle:", color="green")
    elif st.button(
        _("Put in service"), icon=":material/publish:", key=key, disabled=bool(version.damaged)
    ):
        if _against(version)[0] is False:
            ask = _("Put it in service all the same?")
            st.dialog(ask, icon=":material/trending_down:")(_serve_worse)(version)
        else:
            _serve(version)


def _serve(version: Version) -> None:
    attempt(
        registry.serve,
        version.name,
        said=_("{version} is in service.").format(version=plain(version.name)),
    )


def _serve_worse(version: Version) -> None:
    verdict(version)
    with st.container(horizontal=True):
        if st.button(_("Put in service"), type="primary", key="worse-serve"):
            _serve(version)
        if st.button(_("Leave it"), key="worse-not"):
            st.rerun()


def verdict(version: Version) -> None:
    """How it reads beside the version in service, in a sentence; nothing where that is unknown."""
    better, said = _against(version)
    if said:
        st.markdown(f"{_LOOKS[better][1]} {plain(said)}")


def _against(version: Version) -> tuple[bool | None, str]:
    """Whether it beats the version in service, and a sentence; of that one, the one before it."""
    try:
        serving = registry.version(registry.in_service())
    except RegistryError:  # none can
        return None, ""
    comparison = version.comparison
    if comparison and (version.in_service or comparison["with"] == serving.name):
        return reports.better(comparison), reports.verdict(comparison)
    ours, theirs = version.test_accuracy, serving.test_accuracy
    if version.in_service or ours is None or theirs is None:
        return None, ""
    said = _("{ours} of the test images are read right; {version}, in service, reads {theirs}.")
    said = said.format(ours=share(ours), version=serving.name, theirs=share(theirs))
    return reports.apart(ours, theirs), said


def _report(version: Version, report: Report) -> None:
    """Every part that this report has data for."""
    _tiles(report)
    _verdict(report)
    _downloads(version, report)
    if folds := report.get("folds"):
        _title(_("Accuracy of the folds"), "box plot", report)
        charts.box_plot([fold["accuracy"] for fold in folds], "report-folds")
        _table(reports.folds(report))
    if "curves" in figures.available(report):
        _curves(report)
    if outside := report.get("out_of_fold"):
        _title(_("Confusion matrix"), "confusion", report)
        confusion.show(
            outside["confusion"], _("every training image, by a network that never saw it")
        )
        _title(_("Digit by digit"))
        _table(reports.digits(report))
    elif test := report.get("test"):
        _title(_("Confusion matrix"), "confusion", report)
        confusion.show(test["confusion"], _("the test set, which the network never saw"))
    if report.get("examples"):
        _title(_("On examples that it did not learn from"))
        _table(reports.hands(report))
    if "reliability" in report.get("calibration", {}):
        _calibration(report)
    if found := report.get("mistakes"):
        _title(_("The most confident mistakes"), "mistakes", report)
        mistakes.show(found, _("Of the training set.") if outside else _("Of the test set."))


def _tiles(report: Report) -> None:
    test, calibration = report.get("test", {}), report.get("calibration", {})
    tiles = [
        (_("Test accuracy"), share(test.get("accuracy"))),
        (_("Without contested labels"), share(test.get("accuracy_without_contested"))),
        (_("Training took"), duration(report["seconds"]) if "seconds" in report else "–"),
    ]
    if "accuracy_at_sight" in test:  # reports of earlier versions have none
        tiles.insert(2, (_("At first sight"), share(test["accuracy_at_sight"])))
    if report.get("folds"):
        low, high = (min(1.0, max(0.0, bound)) for bound in report["interval"])
        tiles[:0] = [
            (
                _("Mean of {count} folds").format(count=len(report["folds"])),
                mean_and_std(report["mean"], report["std"]),
            ),
            (
                _("{share} interval").format(share=share(0.95, 0)),
                _("{low} to {high}").format(low=number(100 * low, 2), high=share(high)),
            ),
        ]
    if "ece_after" in calibration:
        tiles.append((_("Calibration error"), share(calibration["ece_after"])))
    show_tiles(tiles)
    if line := reports.summary(report):
        st.code(line, language=None)


def _verdict(report: Report) -> None:
    """Against the version that was in service, and whether chance explains the difference."""
    comparison = report.get("comparison")
    if not comparison:
        return
    box, icon = _LOOKS[reports.better(comparison)]
    box(
        _(
            "**{verdict}** On the same 10,000 test images: {ours} against {theirs}; {gained} "
            "images only this one reads right, {lost} only {other} (McNemar's test)."
        ).format(
            verdict=plain(reports.verdict(comparison)),
            ours=share(comparison["accuracy"]),
            theirs=share(comparison["other_accuracy"]),
            gained=number(comparison["only_this_right"]),
            lost=number(comparison["only_other_right"]),
            other=plain(comparison["with"]),
        ),
        icon=icon,
    )


def _downloads(version: Version, report: Report) -> None:
    name = version.name
    with st.container(horizontal=True, key="report-downloads", gap="xsmall"):
        _download(_("Report (HTML)"), f"{name}.html", bound(partial(reports.html, report, name)))
        _download(_("Report (JSON)"), f"{name}.json", lambda: json.dumps(report, indent=1))
        model_downloads(version)


def model_downloads(version: Version) -> None:
    """The network, as Keras keeps it and as it serves."""
    for file in FILES:
        path = version.folder / file
        if path.is_file():
            _download(file, f"{version.name}{path.suffix}", path.read_bytes)


def _download(label: str, file: str, make: Callable[[], str | bytes]) -> None:
    """A file that is made when it is asked for."""
    st.download_button(
        label,
        make,
        file_name=file,
        icon=":material/download:",
        key=f"download-{file}",
        type="tertiary",
        on_click="ignore",
    )


def _title(words: str, figure: str = "", report: Report | None = None) -> None:
    """A heading, with its figure as files."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.markdown(f"#### {words}", width="stretch")
        if report is not None:
            for kind in ("png", "svg"):
                file = f"{figure.replace(' ', '-')}.{kind}"
                _download(kind.upper(), file, bound(partial(figures.draw, figure, report, kind)))


def _curves(report: Report) -> None:
    _title(_("Loss and accuracy by epoch"), "curves", report)
    histories = {
        _("Fold {number}").format(number=k): fold["history"]
        for k, fold in enumerate(report["folds"], 1)
    }
    if final := report.get("history"):
        histories[_("All images")] = final
    epochs = max(len(history["loss"]) for history in histories.values())
    charts.curves(histories, epochs, "report")
    st.caption(
        _(
            "Solid: on images the network did not see. Dashed: on those it was trained on. "
            "All images: the network that was kept, on the test set at first sight, without the "
            "second look at what it is not sure of."
        )
    )


def _table(found: reports.Table) -> None:
    st.html(f'<div class="scroll">{reports.table(*found)}</div>')


def _calibration(report: Report) -> None:
    found = report["calibration"]
    _title(_("Calibration"), "reliability", report)
    if outside := report.get("out_of_fold"):
        where = _("{count} out-of-fold predictions").format(count=number(outside["images"]))
    else:
        where = _("{count} test images").format(count=number(report["data"]["test"]))
    st.write(
        _(
            "How often an answer given with some confidence is right; on the dotted line, exactly "
            "that often. Expected calibration error: {before} before, **{after} after** the "
            "temperature {temperature}, measured on {where}."
        ).format(
            before=share(found["ece_before"]),
            after=share(found["ece_after"]),
            temperature=number(found["temperature"], 2),
            where=where,
        )
    )
    charts.reliability(found, "report-reliability")
