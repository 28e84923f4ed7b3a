"""The graph as read from the files of the shipped version and of networks made here."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers

from digitrec import networks
from digitrec.datasets import as_input, mnist
from digitrec.graph import Field, Graph, GraphError
from digitrec.inside import Inspector
from digitrec.preprocess import SIDE
from digitrec.settings import ROOT

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # TensorFlow's, as it exports


def branches() -> keras.Model:
    """What none of the recipes has.

    A sum of two ways, a strided and a depthwise convolution, a mean over the map.
    """
    x = image = keras.Input((28, 28, 1))
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.DepthwiseConv2D(5, padding="same", activation="relu")(x)
    x = layers.Add()([x, y])
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(6, 3)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


def plain() -> keras.Model:
    image = keras.Input((28, 28, 1))
    return keras.Model(image, layers.Dense(10)(layers.Flatten()(image)))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("networks")
    for make in (networks.classic, networks.nimble, branches, plain):
        make().export(folder / f"{make.__name__}.tflite", format="litert", verbose=False)
    found = {path.stem: path.read_bytes() for path in folder.glob("*.tflite")}
    return {"compact": (ROOT / "models/default/model.tflite").read_bytes(), **found}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("compact", [5, 6, 10, 14, 16, 24, 32, 36, 28, 28]),
        ("classic", [3, 4, 8, 12, 14, 28, 28]),
        ("nimble", [5, 9, 11, 19, 28, 28]),
        ("branches", [3, 11, 11, 13, 21, 28, 28]),
    ],
)
def test_receptive_fields(exported: dict[str, bytes], name: str, expected: list[int]) -> None:
    found = Graph(exported[name]).layers
    assert [layer.fields[0].size for layer in found] == expected
    assert all(layer.fields[0] == layer.fields[1] for layer in found)


@pytest.mark.parametrize("name", ["compact", "classic", "nimble", "branches"])
def test_a_cell_answers_to_its_field_and_to_nothing_else(
    exported: dict[str, bytes], name: str
) -> None:
    rng = np.random.default_rng(0)
    ink = rng.random((28, 28)).astype(np.float32)
    inspector = Inspector(exported[name])
    before = inspector.flow(ink)
    for row, column in ((3, 4), (13, 20), (27, 0)):
        touched = ink.copy()
        touched[row, column] += 5
        after = inspector.flow(touched)
        for layer, one, other in zip(before.layers, before.maps, after.maps, strict=True):
            if len(layer.shape) < 3:
                continue
            changed = np.abs(one - other).max(2) > 1e-4
            for y, x in np.ndindex(*layer.shape[:2]):
                top, bottom = span(layer.fields[0], y)
                left, right = span(layer.fields[1], x)
                if not (top <= row < bottom and left <= column < right):
                    assert not changed[y, x]


def test_the_field_is_no_larger_than_it_must_be(exported: dict[str, bytes]) -> None:
    """Some cell changes with the first and the last pixel of what it is said to see."""
    inspector = Inspector(exported["nimble"])
    rng = np.random.default_rng(1)
    ink = rng.random((28, 28)).astype(np.float32)
    before = inspector.flow(ink)
    for number, layer in enumerate(before.layers[:3]):
        cell = layer.shape[0] // 2
        first, end = span(layer.fields[0], cell)
        column = span(layer.fields[1], cell)[0]
        for row in (first, end - 1):
            touched = ink.copy()
            touched[row, column : column + layer.fields[1].size] += 9
            after = inspector.flow(touched).maps[number]
            assert np.abs(after - before.maps[number])[cell, cell].max() > 1e-4


def test_layers_name_themselves(exported: dict[str, bytes]) -> None:
    found = Graph(exported["classic"]).layers
    assert [layer.kind for layer in found] == [
        *("Convolution", "Max pooling", "Convolution", "Convolution", "Max pooling"),
        *("Dense", "Dense"),
    ]
    assert found[0].shape == (26, 26, 32)
    assert found[1].window == (2, 2)
    assert found[2].weights == 64 * (3 * 3 * 32 + 1)
    assert found[1].weights == 0


def test_a_network_without_a_softmax_is_refused(exported: dict[str, bytes]) -> None:
    with pytest.raises(GraphError, match="softmax"):
        Graph(exported["plain"])


def test_other_outputs_leave_the_network_as_it_was() -> None:
    content = (ROOT / "models/default/model.tflite").read_bytes()
    graph = Graph(content)
    shown = graph.showing([graph.features])
    assert graph.showing([graph.features]) == shown
    x = as_input(mnist().x_test[:1])
    assert run(graph.showing(list(outputs(content))), x) == pytest.approx(run(content, x), abs=1e-6)


def test_rounding_keeps_so_many_values_and_forgets_nothing(tmp_path: Path) -> None:
    graph = Graph((ROOT / "models/default/model.tflite").read_bytes())
    before = graph.showing([graph.features])
    rounded = Graph(graph.rounded(3))
    for layer in rounded.layers:
        if layer.kernel is not None:
            assert 2 < len(np.unique(layer.kernel)) <= 2**3
    assert graph.showing([graph.features]) == before


def test_a_field_ends_at_the_edge_of_the_input() -> None:
    field = Field().after(5, 1, 2).after(2, 2, 0)
    assert (field.size, field.stride, field.start) == (6, 2, -2)
    assert span(field, 0) == (0, 4)
    assert span(field, 5) == (8, 14)
    assert span(field, 13) == (24, 28)
    assert field.with_(Field(2, 2, 4)) == Field(8, 2, -2)


def span(field: Field, cell: int) -> tuple[int, int]:
    """The first pixel that a cell sees, and the one after its last."""
    first = field.start + cell * field.stride
    return max(0, first), min(SIDE, first + field.size)


def outputs(content: bytes) -> list[int]:
    return [int(one["index"]) for one in Interpreter(model_content=content).get_output_details()]


def run(content: bytes, x: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
