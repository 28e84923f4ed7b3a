"""How good a network's answers are: accuracy, calibration, mistakes, and against another's.

Throughout, probabilities are (n, 10) or, with *not a digit* last, (n, 11) float32 in [0, 1], labels
(n,) uint8 from 0 to 9, predicted (n,) answers from 0 to 9. Shares are from 0 to 1.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import binomtest, t
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from digitrec.datasets import CONTESTED
from digitrec.example import DIGITS
from digitrec.looks import tempered

BINS = 15  # of a reliability diagram, as Guo et al. have it
MISTAKES_SHOWN = 60
FLOAT = NDArray[np.float32]
LABELS = NDArray[np.uint8]


def digit_accuracy(probabilities: FLOAT, labels: LABELS) -> float:
    """The share of digits whose likeliest digit is right, *not a digit* left aside."""
    return float((answers(probabilities) == labels).mean())


def answers(probabilities: FLOAT) -> NDArray[np.int64]:
    """The likeliest digit of each row, *not a digit* left aside."""
    likeliest: NDArray[np.int64] = probabilities[:, :DIGITS].argmax(1)
    return likeliest


def of_folds(accuracies: list[float]) -> dict[str, Any]:
    """Mean, standard deviation (the population's, as the tutorial's numpy gives it), interval.

    The interval is Student's t at 95 % for the mean, the folds taken as independent, which they
    are not quite: their training sets overlap, so the truth is a little wider.
    """
    if not accuracies:
        return {"mean": None, "std": None, "interval": None}
    values = np.array(accuracies)
    reach = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    mean = float(values.mean())
    interval = [max(0.0, mean - reach), min(1.0, mean + reach)]
    return {"mean": mean, "std": float(values.std()), "interval": interval}


def confusion(labels: LABELS, predicted: NDArray[np.int64]) -> list[list[int]]:
    """10 x 10 counts: true digits down, answers across."""
    table: list[list[int]] = confusion_matrix(labels, predicted, labels=range(DIGITS)).tolist()
    return table


def by_digit(labels: LABELS, predicted: NDArray[np.int64]) -> list[dict[str, float]]:
    """Precision, recall, F1 and support of each digit; 0 where there is nothing to count."""
    columns = precision_recall_fscore_support(
        labels, predicted, labels=range(DIGITS), zero_division=0
    )
    names = ("precision", "recall", "f1", "support")
    return [
        {name: round(float(column[digit]), 5) for name, column in zip(names, columns, strict=True)}
        for digit in range(DIGITS)
    ]


def on_test(probabilities: FLOAT, at_sight: FLOAT, labels: LABELS) -> dict[str, Any]:
    """On MNIST's test set: plain, without the labels that people dispute, and at first sight.

    at_sight: the probabilities before `digitrec.looks.again`.
    """
    plain = np.setdiff1d(np.arange(len(labels)), CONTESTED)
    return {
        "accuracy": digit_accuracy(probabilities, labels),
        "accuracy_without_contested": digit_accuracy(probabilities[plain], labels[plain]),
        "accuracy_at_sight": digit_accuracy(at_sight, labels),
        "confusion": confusion(labels, answers(probabilities)),
    }


def fit_temperature(probabilities: FLOAT, labels: NDArray[Any]) -> float:
    """The temperature with the least negative log-likelihood (Guo et al., 2017)."""
    logits = np.log(np.clip(probabilities, 1e-12, 1)).astype(np.float64)
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[rows, labels].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def reliability(probabilities: FLOAT, labels: LABELS) -> list[dict[str, float]]:
    """Confidence against accuracy in bins of equal width; empty bins are left out."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        {
            "confidence": float(confidence[bins == b].mean()),
            "accuracy": float(right[bins == b].mean()),
            "count": int((bins == b).sum()),
        }
        for b in np.unique(bins)
    ]


def calibration_error(bins: list[dict[str, float]]) -> float:
    """The expected calibration error: |confidence - accuracy|, weighted by count."""
    total = sum(b["count"] for b in bins)
    return sum(abs(b["confidence"] - b["accuracy"]) * b["count"] for b in bins) / total


def calibration(probabilities: FLOAT, labels: LABELS, temperature: float) -> dict[str, Any]:
    """Expected calibration error and reliability before and after the temperature."""
    before = reliability(probabilities, labels)
    after = reliability(tempered(probabilities, temperature), labels)
    return {
        "ece_before": calibration_error(before),
        "ece_after": calibration_error(after),
        "reliability": {"before": before, "after": after},
    }


def mistakes(
    images: NDArray[np.uint8], probabilities: FLOAT, labels: LABELS
) -> list[dict[str, Any]]:
    """The most confident mistakes, with a guess at which are errors of the label.

    The guess is confident learning's (Northcutt, Jiang and Chuang, 2021): a label is suspect when
    the answer is given with at least the confidence that digit usually gets, and 90 %.
    """
    digits = probabilities[:, :DIGITS]
    predicted = answers(probabilities)
    confidence = digits[np.arange(len(labels)), predicted]
    usual = [
        max(0.9, digits[labels == d, d].mean()) if (labels == d).any() else 1.0
        for d in range(DIGITS)
    ]
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:MISTAKES_SHOWN]
    return [
        {
            "index": int(i),
            "label": int(labels[i]),
            "predicted": int(predicted[i]),
            "confidence": round(float(confidence[i]), 5),
            "label_error": bool(confidence[i] >= usual[predicted[i]]),
            "image": base64.b64encode(images[i].tobytes()).decode(),
        }
        for i in wrong
    ]


def against(ours: FLOAT, theirs: FLOAT, labels: LABELS, name: str) -> dict[str, Any]:
    """McNemar's exact test of two networks on the same images (Dietterich, 1998)."""
    we, they = answers(ours) == labels, answers(theirs) == labels
    gained, lost = int((we & ~they).sum()), int((they & ~we).sum())
    p = float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
    return {
        "with": name,
        "accuracy": float(we.mean()),
        "other_accuracy": float(they.mean()),
        "only_this_right": gained,
        "only_other_right": lost,
        "p_value": p,
    }
