"""The convolutional networks, as plain functions returning an uncompiled ``keras.Model``.

Each takes (n, 28, 28, 1) float32 in [0, 1], ink bright on dark, and gives (n, classes) float32
probabilities.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import keras
from keras import layers

from digitrec.example import DIGITS


def classic() -> keras.Model:
    """The network of the well-known cross-validation tutorial: 10 classes, 159,254 weights."""

    def conv(filters: int) -> layers.Conv2D:
        return layers.Conv2D(filters, 3, activation="relu", kernel_initializer="he_uniform")

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            conv(32),
            layers.MaxPooling2D(),
            conv(64),
            conv(64),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(100, activation="relu", kernel_initializer="he_uniform"),
            layers.Dense(DIGITS, activation="softmax"),
        ],
        name="classic",
    )


def compact() -> keras.Model:
    """A small VGG (Simonyan and Zisserman, 2015), batch-normalised: digits and *not a digit*.

    Only one cheap convolution runs at full resolution: a second one there costs as much time as
    both at half resolution together. The head sees where each feature lies, which an average
    over the map would not: digits are framed by their centre of mass before they come here.
    """

    def conv(filters: int, size: int = 3) -> list[layers.Layer]:
        return [
            layers.Conv2D(
                filters, size, padding="same", use_bias=False, kernel_initializer="he_normal"
            ),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *conv(32, 5),
            layers.MaxPooling2D(),
            *conv(64),
            *conv(64),
            layers.MaxPooling2D(),
            *conv(128),
            *conv(192),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(128, use_bias=False, kernel_initializer="he_normal"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dropout(0.3),
            layers.Dense(DIGITS + 1, activation="softmax"),
        ],
        name="compact",
    )


def lean() -> keras.Model:
    """For a thorough cross-validation: digits and *not a digit*, at `classic`'s time a step.

    Each convolution is pooled before it is normalised, so that batch normalisation, which takes a
    CPU as long as the convolutions do, has a quarter of the places to go through.
    """

    def conv(filters: int, size: int = 3, padding: str = "same") -> list[layers.Layer]:
        return [
            layers.Conv2D(
                filters, size, padding=padding, use_bias=False, kernel_initializer="he_normal"
            ),
            layers.MaxPooling2D(),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *conv(32, 5, padding="valid"),  # the margin of a digit's frame is empty
            *conv(64),
            *conv(128),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(128, use_bias=False, kernel_initializer="he_normal"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(DIGITS + 1, activation="softmax"),
        ],
        name="lean",
    )


def nimble() -> keras.Model:
    """For a quick cross-validation: digits and *not a digit*, at half `classic`'s time a step.

    A strided first convolution leaves a quarter of the places to everything after it, and there
    is no batch normalisation, which takes a CPU as long as the convolutions do.
    """

    def conv(filters: int, size: int = 3, **options: Any) -> layers.Conv2D:
        return layers.Conv2D(
            filters, size, activation="relu", kernel_initializer="he_normal", **options
        )

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            conv(24, 5, strides=2, padding="same"),
            conv(48),
            layers.MaxPooling2D(),
            conv(96),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(128, activation="relu", kernel_initializer="he_uniform"),
            layers.Dense(DIGITS + 1, activation="softmax"),
        ],
        name="nimble",
    )


def line(symbols: int) -> keras.Model:
    """Reads a whole line, and tells words from numbers: two answers to (n, 32, w, 1).

    The first is of (n, w // 2 - 4, symbols + 1) float32 logits for connectionist temporal
    classification (Graves et al., 2006), 0 being the blank. No recurrence: each place sees 90
    pixels or so to either side of it, which is three digits, and any width goes in. Its last layer
    answers for two places at once, as in sub-pixel convolution (Shi et al., 2016): digits that
    touch need more places than the features' resolution has. Nothing is dropped out: no line is
    seen twice, and the network has more to learn than room.

    The second is of (n, w // 4 - 4) float32 logits of there being no number at a place. It has the
    first's features and layers of its own: were letters nothing to the first, faint digits would
    be nothing, too.
    """

    def conv(filters: int, size: Any = 3, **options: Any) -> list[layers.Layer]:
        options = {"padding": "same"} | options
        return [
            layers.Conv2D(filters, size, use_bias=False, kernel_initializer="he_normal", **options),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]

    image = keras.Input((32, None, 1))
    features = [
        *conv(16, 5),
        layers.MaxPooling2D(),
        *conv(40),
        layers.MaxPooling2D(),
        *conv(80),
        *conv(80),
        layers.MaxPooling2D((2, 1)),
        *conv(128),
        layers.MaxPooling2D((2, 1)),
    ]
    spelling = [
        *conv(192, (2, 3), padding="valid"),
        *conv(160, (1, 5), dilation_rate=(1, 2)),
        layers.Conv2D(2 * (symbols + 1), 1),
        layers.Reshape((-1, symbols + 1)),
    ]
    no_number = [
        *conv(64, (2, 5), padding="valid"),
        *conv(64, (1, 5)),
        layers.Conv2D(1, 1),
        layers.Reshape((-1,)),
    ]

    def through(x: Any, passed: list[layers.Layer]) -> Any:
        return reduce(lambda y, layer: layer(y), passed, x)

    shared = through(image, features)
    answers = [through(shared, spelling), through(shared, no_number)]
    return keras.Model(image, answers, name="line")
