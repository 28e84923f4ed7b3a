"""The page Examples: what people have corrected, to look through, mend, bring in and take out."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial

import streamlit as st

from digitrec import examples, exports
from digitrec.examples import ExamplesError, Which
from digitrec.ui import gallery
from digitrec.ui.adapt_box import adapt_box
from digitrec.ui.gallery import NAMES
from digitrec.ui.import_form import import_form
from digitrec.ui.words import plain

PAGE = 96
EVERYBODY = "Everybody"
RIGHT = {"All": None, "Read right": True, "Read wrong": False}


def filters() -> Which:
    """Which examples are shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        right = st.segmented_control(
            "Reading", list(RIGHT), default="All", required=True, key="which-right"
        )
        labels = st.multiselect(
            "Label", NAMES, format_func=NAMES.__getitem__, key="which-label", placeholder="Any"
        )
        read = st.multiselect(
            "Read as", NAMES, format_func=NAMES.__getitem__, key="which-read", placeholder="Any"
        )
        days = st.date_input("Days", [], max_value=date.today(), key="which-days")  # noqa: DTZ011
        writer = st.selectbox("Hand", [EVERYBODY, *examples.writers()], key="which-writer")
        binned = st.toggle("The bin", key="which-bin", help="Examples that were deleted")
    since, until = between(days)
    return Which(
        labels=tuple(labels),
        read=tuple(read),
        right=RIGHT[right],
        since=since,
        until=until,
        writer=None if writer == EVERYBODY else writer,
        binned=binned,
    )


def between(days: object) -> tuple[float | None, float | None]:
    """The beginning of the first day and the end of the last, unix seconds."""
    if not isinstance(days, tuple) or not days:
        return None, None
    midnight = [datetime.combine(day, time()).astimezone() for day in (days[0], days[-1])]
    return midnight[0].timestamp(), (midnight[1] + timedelta(days=1)).timestamp()


def act(said: str, action: Callable[..., None], *arguments: object) -> None:
    """Do it before the page is drawn, and leave word of how it went."""
    try:
        action(*arguments)
    except ExamplesError as error:
        st.session_state["examples-problem"] = str(error)
    else:
        st.toast(said, icon=":material/check_circle:")


def actions(chosen: Sequence[int], which: Which) -> None:
    """What may be done with those that are chosen."""
    none, these = not chosen, f"{len(chosen)} example{'' if len(chosen) == 1 else 's'}"
    with st.container(horizontal=True, vertical_alignment="bottom", key="example-actions"):
        if which.binned:
            st.button(
                "Restore", icon=":material/restore_from_trash:", key="restore", disabled=none,
                on_click=act, args=(f"{these} restored.", examples.restore, chosen),
            )  # fmt: skip
            st.button(
                "Empty the bin", icon=":material/delete_forever:", key="empty-bin",
                on_click=act, args=("The bin is empty.", examples.empty_bin),
                help="Remove them for good",
            )  # fmt: skip
            return
        label = st.selectbox(
            "The right label", NAMES, format_func=NAMES.__getitem__, key="new-label", width=160
        )
        st.button(
            "Relabel", icon=":material/label:", key="relabel", disabled=none,
            on_click=act, args=(f"{these} relabelled.", examples.relabel, chosen, label),
        )  # fmt: skip
        st.button(
            "Delete", icon=":material/delete:", key="delete-examples", disabled=none,
            on_click=act, args=(f"{these} in the bin.", examples.delete, chosen),
        )  # fmt: skip
        st.caption(f"{these} chosen" if chosen else "Choose some to change them.", width="content")


def shown(which: Which) -> None:
    """One page of the gallery, and the way to the others."""
    total = examples.count(which)
    if not total:
        st.info(
            "Nothing here yet: say on the page Read whether a number was read right."
            if which == Which()
            else "No example is like that.",
            icon=":material/photo_library:",
        )
        return
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.caption(f"{total:,} example{'' if total == 1 else 's'}", width="content")
        pages = -(-total // PAGE)
        page = st.pagination(pages, key=f"page-of-{pages}") if pages > 1 else 1
    above = st.container()  # at hand however long the page is
    chosen = gallery.choose(examples.find(which, PAGE, (page - 1) * PAGE))
    with above:
        actions(chosen, which)


def downloads(which: Which) -> None:
    st.caption("All that are shown above, on every page.")
    with st.container(horizontal=True, gap="small"):
        for suffix, make in exports.KINDS.items():
            st.download_button(
                suffix.removeprefix(".").upper(),
                partial(content, make, which),
                file_name=f"examples{suffix}",
                icon=":material/download:",
                key=f"export{suffix}",
                on_click="ignore",
            )


def content(make: Callable[[Which], tuple[bytes, int]], which: Which) -> bytes:
    return make(which)[0]


with st.container(key="page", gap="small"):
    st.header("Examples", anchor=False)
    st.caption("Digits that were confirmed or corrected. The network can learn from them.")
    try:
        adapt_box(examples.count(Which()))
        if problem := st.session_state.pop("examples-problem", None):
            st.error(plain(problem), icon=":material/error:")
        chosen_kind = filters()
        with st.container(key="examples-gallery"):
            shown(chosen_kind)
        with st.expander("Bring examples in", icon=":material/upload:", key="import"):
            import_form()
        with st.expander("Take them out", icon=":material/download:", key="export"):
            downloads(chosen_kind)
    except ExamplesError as error:
        st.error(plain(str(error)), icon=":material/error:")
