"""The networks' shapes and sizes."""

import keras
import numpy as np
import pytest

from digitrec import networks
from digitrec.example import NOT_A_DIGIT


def test_classic_is_the_tutorials_layer_by_layer():
    model = networks.classic()
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [
        *("Conv2D", "MaxPooling2D", "Conv2D", "Conv2D", "MaxPooling2D"),
        *("Flatten", "Dense", "Dense"),
    ]
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [(c.filters, c.kernel_size, c.padding) for c in convolutions] == [
        (32, (3, 3), "valid"),
        (64, (3, 3), "valid"),
        (64, (3, 3), "valid"),
    ]
    assert model.count_params() == 159_254
    assert model.output_shape == (None, 10)


@pytest.mark.parametrize("name", ["compact", "lean", "nimble"])
def test_ours_are_small_and_know_what_is_no_digit(name):
    model = getattr(networks, name)()
    assert model.output_shape == (None, NOT_A_DIGIT + 1)
    assert model.count_params() <= 1_200_000
    probabilities = model.predict(np.zeros((3, 28, 28, 1), np.float32), verbose=0)
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)


def test_nimble_takes_half_the_multiply_adds_of_classic_and_lean_about_as_many():
    def multiply_adds(model):
        total = 0
        for layer in model.layers:
            if isinstance(layer, keras.layers.Conv2D):
                _, height, width, _ = layer.output.shape
                total += height * width * int(np.prod(layer.kernel.shape))
            elif isinstance(layer, keras.layers.Dense):
                total += int(np.prod(layer.kernel.shape))
        return total

    assert multiply_adds(networks.classic()) == pytest.approx(5.5e6, rel=0.02)
    assert multiply_adds(networks.nimble()) < 0.5 * multiply_adds(networks.classic())
    assert multiply_adds(networks.lean()) < 1.15 * multiply_adds(networks.classic())
