"""The form of the page Train: which recipe, with which settings, and how long it will take."""

from __future__ import annotations

import streamlit as st

from digitrec import examples, jobs
from digitrec.example import Which
from digitrec.examples import ExamplesError
from digitrec.jobs import JobError
from digitrec.language import _, ngettext, number
from digitrec.recipes import LIMITS, RECIPES, TRAINING_IMAGES, Plan, PlanError
from digitrec.ui.words import about, plain
from digitrec.ui.words import recipe as recipe_words

Values = dict[str, int | float | str | bool | None]  # for `Plan.of`

CHOICES = [(recipe, schedule) for recipe in RECIPES for schedule in RECIPES[recipe]]


def plan_form() -> None:
    """Choose, see how long it takes, start."""
    with st.container(key="train-form"):
        recipe, schedule = st.radio(
            _("Recipe"),
            CHOICES,
            format_func=lambda choice: recipe_words(*choice),
            captions=[_(RECIPES[recipe][schedule].summary) for recipe, schedule in CHOICES],
            key="recipe",
            persist_state="session",
        )
        values = {**_settings(recipe, schedule), **_toggles()}
        problem = st.container()
        plan = None
        try:
            plan = Plan.of(recipe, schedule, **values)
        except PlanError as error:
            problem.error(plain(str(error)), icon=":material/error:")
        with st.container(horizontal=True, vertical_alignment="center", key="start-row"):
            started = st.button(
                _("Start training"),
                type="primary",
                icon=":material/play_arrow:",
                disabled=plan is None,
                key="start",
            )
            if plan:
                _time_needed(plan)
        if started and plan:
            try:
                jobs.start(plan)
            except JobError as error:
                problem.error(plain(str(error)), icon=":material/error:")
            else:
                st.rerun()


def _settings(recipe: str, schedule: str) -> Values:
    """How it is trained, of which each schedule keeps its own; and what the version is called."""
    own = RECIPES[recipe][schedule]

    def whole(name: str, label: str, value: int, step: int, help_: str) -> int | None:
        low, high = (number(limit) for limit in LIMITS[name])
        limits = _("From {low} to {high}.").format(low=low, high=high)
        # No limits of the widget's own: it would keep the last value and say so only on hover.
        return st.number_input(
            label,
            value=value,
            step=step,
            help=f"{help_} {limits}",
            key=f"{recipe}-{schedule}-{name}",
            persist_state="session",
        )

    low, high = (int(limit) for limit in LIMITS["folds"])
    with st.container(horizontal=True, key="settings"):
        folds = st.selectbox(
            _("Folds"),
            [0, *range(low, high + 1)],
            index=own.folds - low + 1 if own.folds else 0,
            format_func=lambda k: str(k) if k else _("None"),
            help=_(
                "The images are dealt into this many parts; each part is read by a network that "
                "never saw it. None: no cross-validation, one network on all images."
            ),
            key=f"{recipe}-{schedule}-folds",
            persist_state="session",
        )
        epochs = whole("epochs", _("Epochs"), own.epochs, 1, _("Times each image is learnt from."))
        images = whole(
            "images", _("Images"), TRAINING_IMAGES, 1000, _("How many of MNIST's training images.")
        )
    with st.expander(_("More settings"), icon=":material/tune:"):
        with st.container(horizontal=True, key="more-settings"):
            batch = whole("batch_size", _("Batch size"), own.batch_size, 8, _("Images a step."))
            rate = st.number_input(
                _("Learning rate"),
                value=own.learning_rate,
                step=0.001,
                format="%.5f",
                help=_("The size of a step at its largest. From {low} to {high}.").format(
                    low=number(LIMITS["learning_rate"][0], None),
                    high=number(LIMITS["learning_rate"][1], None),
                ),
                key=f"{recipe}-{schedule}-learning_rate",
                persist_state="session",
            )
            seed = whole("seed", _("Seed"), 1, 1, _("The same seed deals the same folds."))
        name = st.text_input(
            _("Name of the version"),
            placeholder=_("The recipe and the time"),
            help=_("Letters, digits, - and _."),
            key="version-name",
            persist_state="session",
        )
    return {
        "folds": folds,
        "epochs": epochs,
        "images": images,
        "batch_size": batch,
        "learning_rate": rate,
        "seed": seed,
        "name": name.strip() or None,
    }


def _toggles() -> Values:
    """The same for every schedule: whether to serve the version, and to learn from the examples."""
    serve = st.toggle(
        _("Put the new version in service when it is done"),
        key="serve-when-done",
        persist_state="session",
    )
    kept = _examples()
    learn = st.toggle(
        _("Learn from the examples too"),
        key="learn-from-examples",
        persist_state="session",
        disabled=not kept,
        help=ngettext(
            "{count} corrected digit, in one fold",
            "{count} corrected digits, each in one fold with those like it",
            kept,
        ).format(count=number(kept))
        if kept
        else _("There are none yet: say on the page Read whether a number was read right"),
    )
    return {"serve": serve, "examples": bool(learn and kept)}


def _examples() -> int:
    try:
        return examples.count(Which())
    except ExamplesError:  # the page Examples says why
        return 0


def _time_needed(plan: Plan) -> None:
    """How long the run will take, from steps measured on this machine."""
    seconds = jobs.estimate_known(plan)
    if seconds is not None:
        said = _("{time} on this machine").format(time=about(seconds)).capitalize()
        st.markdown(f":material/schedule: {said}")
        return
    if st.button(
        _("How long will it take?"), icon=":material/timer:", type="tertiary", key="measure"
    ):
        try:
            with st.spinner(_("Timing a few steps on this machine")):
                jobs.estimate(plan)
        except JobError as error:
            st.error(plain(str(error)), icon=":material/error:")
        else:
            st.rerun()
