from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from digitrec.classifier import Classifier, in_service
from digitrec.datasets import as_input, mnist
from digitrec.graph import Graph
from digitrec.inside import Inspector, inspector, log_odds, occlusion
from digitrec.runtime import ModelError
from digitrec.settings import ROOT

SHIPPED = ROOT / "models" / "default"


@pytest.fixture(scope="module")
def inks() -> np.ndarray:
    """The first digits of the test set, (40, 28, 28): a 7, a 2, a 1, a 0, a 4 and so on."""
    return as_input(mnist().x_test[:40])[..., 0]


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier(SHIPPED)


def bias(layer):
    """What each of the shipped network's maps or units adds in this layer."""
    graph = Graph((SHIPPED / "model.tflite").read_bytes())
    (operator,) = (one for one in graph._graph.operators if one.outputs[0] == layer.tensor)
    return graph._constant(operator.inputs[2])


def test_the_first_convolution_is_what_numpy_makes_of_it(inks, shipped):
    flow = inspector(shipped).flow(inks[0])
    layer = next(layer for layer in flow.layers if layer.kernel is not None)
    assert layer is flow.layers[0]
    rows, columns = layer.window
    assert layer.shape[:2] == (28, 28), "the network now begins otherwise: so must this test"
    padded = np.pad(inks[0], ((rows // 2, rows // 2), (columns // 2, columns // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (rows, columns))
    expected = np.einsum("yxij,kij->yxk", windows, layer.kernel[..., 0]) + bias(layer)
    assert flow.maps[0] == pytest.approx(np.maximum(expected, 0), abs=1e-4)


def test_pooling_keeps_the_strongest_of_each_window(inks, shipped):
    flow = inspector(shipped).flow(inks[1])
    found = 0
    for number, layer in enumerate(flow.layers):
        if layer.kind == "Max pooling":
            before = flow.maps[number - 1]
            rows, columns, maps = layer.shape
            cut = before[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, maps)
            assert flow.maps[number] == pytest.approx(cut.max((1, 3)))
            found += 1
    assert found


def test_it_ends_where_the_classifier_ends(inks, shipped):
    for ink in inks[:5]:
        flow = inspector(shipped).flow(ink)
        p = shipped.probabilities(ink[None, ..., None])[0, : len(flow.logits)]
        # The temperature divides the logits, and a constant is free.
        logits = np.log(p[p > 1e-6])
        raw = flow.logits[p > 1e-6]
        slope = np.polyfit(raw, logits, 1)
        assert np.polyval(slope, raw) == pytest.approx(logits, abs=0.05)
        assert flow.logits.argmax() == p.argmax()


def test_votes_add_up_to_the_evidence(inks, shipped):
    looking = inspector(shipped)
    flow = looking.flow(inks[3])
    assert flow.votes is not None
    assert flow.votes.sum(1) + bias(looking.layers[-1]) == pytest.approx(flow.logits, abs=1e-4)


def test_features_are_what_the_last_layer_sees_however_many_at_once(inks, shipped):
    looking = inspector(shipped)
    features = looking.features(inks[..., None][:3])
    assert features[2] == pytest.approx(looking.flow(inks[2]).maps[-1].ravel(), abs=1e-4)
    many = np.concatenate([inks, inks])[..., None]
    assert looking.features(many)[40:43] == pytest.approx(features, abs=1e-4)


def test_it_is_kept_until_another_version_reads():
    assert inspector(in_service()) is inspector(in_service())


def test_a_network_that_has_gone_is_a_sentence(tmp_path):
    shutil.copytree(SHIPPED, tmp_path / "mine")
    gone = Classifier(tmp_path / "mine")
    (tmp_path / "mine" / "model.tflite").unlink()
    with pytest.raises(ModelError, match=r"model\.tflite is missing"):
        inspector(gone)


def test_rubbing_out_the_background_changes_nothing(inks, shipped):
    for ink in inks[:3]:
        answer = int(shipped.probabilities(ink[None, ..., None]).argmax())
        worth = occlusion(shipped, ink, answer)
        assert (worth[ink == 0] == 0).all()
        assert worth.max() > 0.5
    assert (occlusion(shipped, np.zeros((28, 28), np.float32), 7) == 0).all()


def test_a_pixel_is_worth_what_the_patches_over_it_cost(inks, shipped):
    """One pixel of a 7's stroke, erased by hand with each of the sixteen patches over it."""
    ink = inks[0]
    y, x = (int(v) for v in np.argwhere(ink > 0.9)[5])
    pictures = [ink]
    for top in range(y - 3, y + 1):
        for left in range(x - 3, x + 1):
            erased = ink.copy()
            erased[top : top + 4, left : left + 4] = 0
            pictures.append(erased)
    p = np.concatenate([shipped.probabilities(one[None, ..., None])[:, 7] for one in pictures])
    odds = np.log(p / (1 - p))
    expected = odds[0] - odds[1:].mean()
    assert occlusion(shipped, ink, 7)[y, x] == pytest.approx(expected, abs=0.02)


def test_log_odds():
    assert log_odds(np.float32([0.5, 0.0, 1.0])) == pytest.approx([0, -13.8, 13.8], abs=0.1)


def test_it_looks_into_any_network(inks, tmp_path: Path):
    content = (SHIPPED / "model.tflite").read_bytes()
    flow = Inspector(content).flow(inks[0])
    assert len(flow.layers) == len(flow.maps)
    for layer, maps in zip(flow.layers, flow.maps, strict=True):
        assert layer.shape == maps.shape
