"""A report's figures and pages, from reports with and without folds."""

import base64
import struct
import threading
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import numpy as np
import pytest

from digitrec import figures, report, scores

HISTORY = {
    "loss": [0.5, 0.2],
    "accuracy": [0.8, 0.9],
    "val_loss": [0.4, 0.15],
    "val_accuracy": [0.85, 0.95],
    "seconds": [1.0, 1.1],
}


@pytest.fixture(scope="module")
def full():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 10, 400).astype(np.uint8)
    probabilities = rng.dirichlet(np.full(11, 0.3), 400).astype(np.float32)
    probabilities[np.arange(400), labels] += 2
    probabilities[:20] = np.roll(probabilities[:20], 1, axis=1)
    probabilities /= probabilities.sum(1, keepdims=True)
    images = rng.integers(0, 256, (400, 28, 28)).astype(np.uint8)
    answers = scores.answers(probabilities)
    accuracies = [0.94, 0.95, 0.96]
    return {
        "recipe": "compact",
        "schedule": "quick",
        "created": "2026-01-01T00:00:00Z",
        "seconds": 61.2,
        "device": "CPU <2 cores>",
        "folds": [
            {"accuracy": a, "loss": 0.1, "seconds": 2.0, "history": HISTORY} for a in accuracies
        ],
        **scores.of_folds(accuracies),
        "history": HISTORY,
        "test": scores.on_test(*[np.eye(11, dtype=np.float32)[np.zeros(10_000, int)]] * 2, ZEROS),
        "out_of_fold": {
            "images": 400,
            "accuracy": 0.95,
            "confusion": scores.confusion(labels, answers),
            "digits": scores.by_digit(labels, answers),
        },
        "calibration": {
            "temperature": 0.9,
            **scores.calibration(probabilities, labels, 0.9),
        },
        "mistakes": scores.mistakes(images, probabilities, labels),
        "comparison": scores.against(probabilities, probabilities, labels, "default"),
        "files": {"model.keras": {"bytes": 10, "sha256": "ab" * 32}},
        "versions": {"keras": "3"},
    }


ZEROS = np.zeros(10_000, np.uint8)


@pytest.fixture(scope="module")
def plain(full):
    return {**full, "folds": [], "mean": None, "std": None, "interval": None, "out_of_fold": None}


def test_every_figure_is_there_for_a_cross_validation(full):
    assert figures.available(full) == list(figures.FIGURES)


def test_without_folds_there_is_no_box_plot(plain):
    assert "box plot" not in figures.available(plain)
    assert "confusion" in figures.available(plain)
    with pytest.raises(ValueError, match="no data"):
        figures.draw("box plot", plain)
    with pytest.raises(KeyError):
        figures.draw("pie", plain)


def test_an_old_report_has_what_it_has():
    assert figures.available({}) == []
    assert figures.available({"test": {"confusion": np.eye(10, dtype=int).tolist()}}) == [
        "confusion"
    ]


@pytest.mark.parametrize("name", figures.FIGURES)
def test_figures_as_png_and_svg(full, name):
    png = figures.draw(name, full)
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert 300 < width < 3000
    assert 300 < height < 3000
    svg = figures.draw(name, full, "svg")
    assert ET.fromstring(svg).tag.endswith("svg")
    assert svg == figures.draw(name, full, "svg")


@pytest.mark.parametrize("name", ["curves", "confusion", "reliability", "mistakes"])
def test_figures_of_a_run_without_folds(plain, name):
    assert figures.draw(name, plain).startswith(b"\x89PNG")


def test_figures_drawn_at_once_are_those_drawn_alone(full, monkeypatch):
    """The second is asked for while the first is drawn; were it begun, it would lose its style."""
    alone = [figures.draw(name, full, "svg") for name in ("curves", "box plot")]
    begun, first_done = threading.Event(), threading.Event()

    def first(report):
        second_drawn.append(session.submit(figures.draw, "box plot", full, "svg"))
        begun.wait(0.5)  # in vain where figures wait for their turn
        return figures.curves(report)

    def second(report):
        begun.set()
        first_done.wait(60)
        return figures.box_plot(report)

    second_drawn = []
    monkeypatch.setitem(figures.FIGURES, "curves", first)
    monkeypatch.setitem(figures.FIGURES, "box plot", second)
    with ThreadPoolExecutor(1) as session:
        drawn = figures.draw("curves", full, "svg")
        first_done.set()
        assert [drawn, second_drawn[0].result()] == alone


def test_a_mistake_is_a_picture(full):
    mistake = full["mistakes"][0]
    assert figures.picture(mistake).shape == (28, 28)
    assert len(base64.b64decode(mistake["image"])) == 784
    assert mistake["label"] != mistake["predicted"]


def test_the_tutorials_line(full, plain):
    assert report.summary(full) == "Accuracy: mean=95.000 std=0.816, n=3"
    assert report.summary(plain) == ""


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href", "xlink:href")]


def test_the_page_needs_nothing_else(full):
    page = report.html(full, "mine <b>")
    links = Links()
    links.feed(page)
    assert all(link.startswith(("data:", "#")) for link in links.found)
    assert "mine &lt;b&gt;" in page
    assert "CPU &lt;2 cores&gt;" in page
    assert "Accuracy: mean=95.000 std=0.816, n=3" in page
    assert "No real difference from default" in page
    assert page.count("<svg") == 4


def test_the_page_of_a_run_without_folds(plain):
    page = report.html(plain)
    assert "Accuracy: mean" not in page
    assert "Confusion matrix" in page


def test_the_page_of_a_report_that_says_little():
    assert "Training report" in report.html({})
