"""What a training run does: the recipes, their schedules, and the settings a person may change.

Nothing heavy is imported here: the page and the command line read it to ask and to check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Self

from digitrec.language import N_, _, number

TRAINING_IMAGES = 60_000


class PlanError(ValueError):
    """A setting is out of range; the message says which and what it may be."""


@dataclass(frozen=True)
class Recipe:
    network: str  # a function of `networks`
    summary: str  # for the person who chooses
    epochs: int
    batch_size: int
    learning_rate: float
    folds: int = 0
    final_batch_size: int | None = None  # of the fit on all images, where it differs
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    augmented: bool = False  # distorted digits, as other hands and pens make them
    bent: bool = False  # digits turned, slanted and bent a little, as their own writers make them
    not_digits: int = 0  # examples of *not a digit* to 60,000 digits
    renewed: bool = True  # *not a digit* is made anew each epoch
    one_cycle: bool = False


RECIPES: dict[str, dict[str, Recipe]] = {
    "compact": {
        "quick": Recipe(
            "nimble",
            N_("A light network and few epochs: an honest estimate in minutes."),
            folds=5,
            epochs=4,
            batch_size=128,
            learning_rate=0.004,
            weight_decay=0.02,
            label_smoothing=0.03,
            not_digits=4_000,
            renewed=False,
            one_cycle=True,
        ),
        "thorough": Recipe(
            "lean",
            N_(
                "More network, more epochs, digits bent a little anew each time: better, and "
                "slower."
            ),
            folds=5,
            epochs=14,
            batch_size=128,
            learning_rate=0.004,
            weight_decay=0.02,
            label_smoothing=0.03,
            bent=True,
            not_digits=4_000,
            renewed=False,
            one_cycle=True,
        ),
        "full": Recipe(
            "compact",
            N_("How the shipped version is made: the larger network, distorted digits, no folds."),
            epochs=26,
            batch_size=128,
            learning_rate=0.004,
            weight_decay=0.02,
            label_smoothing=0.05,
            augmented=True,
            not_digits=20_000,
            one_cycle=True,
        ),
    },
    "classic": {
        # As the tutorial writes it: Adam at its default rate, plain images.
        "tutorial": Recipe(
            "classic",
            N_("The tutorial's network and protocol: 5 folds, 10 epochs, batches of 32."),
            folds=5,
            epochs=10,
            batch_size=32,
            final_batch_size=200,
            learning_rate=0.001,
        ),
    },
}

LIMITS: dict[str, tuple[float, float]] = {
    "epochs": (1, 200),
    "batch_size": (8, 1024),  # a larger one needs gigabytes
    "learning_rate": (1e-5, 0.1),
    "folds": (2, 10),  # or 0
    "images": (100, TRAINING_IMAGES),
    "seed": (0, 2**31 - 1),
}
SETTINGS = {
    "epochs": N_("Epochs"),
    "batch_size": N_("Batch size"),
    "learning_rate": N_("Learning rate"),
    "folds": N_("Folds"),
    "images": N_("Images"),
    "seed": N_("Seed"),
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def check_name(name: str) -> None:
    """Raises `PlanError` for what cannot be a version's folder."""
    if name == "in_service":
        raise PlanError(
            _("The name in_service is taken by the file that says which version serves.")
        )
    if not NAME.fullmatch(name):
        raise PlanError(
            _(
                "A version's name is made of letters, digits, - and _ only, 64 at most, "
                "and begins with a letter or a digit."
            )
        )


def schedule_of(recipe: str, schedule: str) -> Recipe:
    """Raises `PlanError` where there is none of that name."""
    if recipe not in RECIPES:
        raise PlanError(
            _("There is no recipe {name}; choose one of these: {names}.").format(
                name=recipe, names=", ".join(RECIPES)
            )
        )
    if schedule not in RECIPES[recipe]:
        raise PlanError(
            _("The recipe {recipe} has no schedule {name}; choose one of these: {names}.").format(
                recipe=recipe, name=schedule, names=", ".join(RECIPES[recipe])
            )
        )
    return RECIPES[recipe][schedule]


@dataclass(frozen=True)
class Plan:
    """One run, checked. Raises `PlanError` for a setting out of range.

    >>> Plan.of("classic").folds
    5
    >>> Plan.of("compact", "quick", epochs=2).to_dict()["epochs"]
    2
    """

    recipe: str
    schedule: str
    epochs: int
    batch_size: int
    learning_rate: float
    folds: int  # 0: no cross-validation
    seed: int = 1  # of the folds, the weights and the order of the images
    images: int = TRAINING_IMAGES  # the first of MNIST's training set
    name: str | None = None  # of the version; None: the recipe and the time
    serve: bool = False  # put the version in service when it is done
    examples: bool = False  # learn from the corrected digits too

    def __post_init__(self) -> None:
        schedule_of(self.recipe, self.schedule)
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if name == "folds" and value == 0:
                continue
            whole = isinstance(low, int)
            fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
            if not fits or not low <= value <= high:
                said = _("{setting}: choose a number from {low} to {high}.")
                if name == "folds":
                    said = _(
                        "{setting}: choose a whole number from {low} to {high}, or 0 for none."
                    )
                elif whole:
                    said = _("{setting}: choose a whole number from {low} to {high}.")
                values = {"low": number(low, None), "high": number(high, None)}
                raise PlanError(said.format(setting=_(SETTINGS[name]), **values))
        if self.name is not None:
            check_name(self.name)

    @classmethod
    def of(cls, recipe: str = "compact", schedule: str | None = None, **changes: Any) -> Self:
        """The schedule's own settings but for the changes; those that are None are not changes.

        Without a schedule: `quick` for a cross-validation of `compact`, else `full`.
        """
        changes = {name: value for name, value in changes.items() if value is not None}
        if schedule is None:
            crossed = recipe == "compact" and changes.get("folds")
            schedule = "tutorial" if recipe == "classic" else "quick" if crossed else "full"
        own = schedule_of(recipe, schedule)
        names = ("epochs", "batch_size", "learning_rate", "folds")
        return cls(recipe, schedule, **{name: getattr(own, name) for name in names} | changes)

    @property
    def own(self) -> Recipe:
        """The recipe's schedule, before the person's changes."""
        return RECIPES[self.recipe][self.schedule]

    @property
    def final_batch_size(self) -> int:
        """Of the fit on all images: the recipe's own, unless the person chose a size."""
        if self.batch_size == self.own.batch_size and self.own.final_batch_size:
            return self.own.final_batch_size
        return self.batch_size

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What is not there is as it was before there was such a setting."""
        given = {
            field.name: values[field.name]
            for field in fields(cls)
            if field.name in values or field.default is MISSING
        }
        return cls(**given)
