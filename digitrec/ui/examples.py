"""The page Examples: what people have corrected, to look through, mend, bring in and take out."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial

import streamlit as st

from digitrec import examples, exports
from digitrec.example import LABELS, Which, named
from digitrec.examples import ExamplesError
from digitrec.language import N_, _, ngettext, number
from digitrec.ui import gallery
from digitrec.ui.adapt_box import adapt_box
from digitrec.ui.import_form import import_form
from digitrec.ui.words import plain

PAGE = 96
EVERYBODY = ""
RIGHT = {N_("All"): None, N_("Read right"): True, N_("Read wrong"): False}


def filters() -> Which:
    """Which examples are shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        right = st.segmented_control(
            _("Reading"),
            list(RIGHT),
            format_func=_,
            default="All",
            required=True,
            key="which-right",
        )
        labels = st.multiselect(
            _("Label"), LABELS, format_func=named, key="which-label", placeholder=_("Any")
        )
        read = st.multiselect(
            _("Read as"), LABELS, format_func=named, key="which-read", placeholder=_("Any")
        )
        today = date.today()  # noqa: DTZ011
        days = st.date_input(_("Days"), [], max_value=today, format="DD/MM/YYYY", key="which-days")
        writer = st.selectbox(
            _("Hand"),
            [EVERYBODY, *examples.writers()],
            format_func=lambda hand: hand or _("Everybody"),
            key="which-writer",
        )
        binned = st.toggle(_("The bin"), key="which-bin", help=_("Examples that were deleted"))
    since, until = between(days)
    return Which(
        labels=tuple(labels),
        read=tuple(read),
        right=RIGHT[right],
        since=since,
        until=until,
        writer=writer or None,
        binned=binned,
    )


def between(days: object) -> tuple[float | None, float | None]:
    """The beginning of the first day and the end of the last, unix seconds."""
    if not isinstance(days, tuple) or not days:
        return None, None
    # The days are counted before they have hours: one on which the clocks change has not 24.
    first, after = (
        datetime.combine(day, time()).astimezone() for day in (days[0], days[-1] + timedelta(1))
    )
    return first.timestamp(), after.timestamp()


def act(said: str, action: Callable[..., object], *arguments: object) -> None:
    """Do it before the page is drawn, and leave word of how it went."""
    try:
        action(*arguments)
    except ExamplesError as error:
        st.session_state["examples-problem"] = str(error)
    else:
        st.toast(said, icon=":material/check_circle:")


def relabel(labels: dict[int, int]) -> None:
    """Give examples, by their ids, these labels, and remember those they had."""
    st.session_state["relabelled"] = examples.relabel(labels)


def take_back() -> None:
    examples.unlabel(st.session_state["relabelled"])
    del st.session_state["relabelled"]  # not before: what was refused may be tried again


@st.dialog(_("Empty the bin?"), icon=":material/delete_forever:")
def empty_bin() -> None:
    st.write(_("Everything in it is removed for good."))
    with st.container(horizontal=True):
        if st.button(_("Empty the bin"), type="primary", key="empty-now"):
            act(_("The bin is empty."), examples.empty_bin)
            st.rerun()
        if st.button(_("Keep it"), key="empty-not"):
            st.rerun()


def actions(chosen: Sequence[int], which: Which) -> None:
    """What may be done with those that are chosen."""
    none, count = not chosen, len(chosen)
    with st.container(horizontal=True, vertical_alignment="bottom", key="example-actions"):
        if which.binned:
            said = ngettext("{count} example restored.", "{count} examples restored.", count)
            st.button(
                _("Restore"), icon=":material/restore_from_trash:", key="restore", disabled=none,
                on_click=act, args=(said.format(count=count), examples.restore, chosen),
            )  # fmt: skip
            if st.button(
                _("Empty the bin"), icon=":material/delete_forever:", key="empty-bin",
                help=_("Remove them for good"),
            ):  # fmt: skip
                empty_bin()
            return
        label = st.selectbox(
            _("The right label"), LABELS, index=None, format_func=named, key="new-label",
            placeholder=_("Choose one"), width=160,
        )  # fmt: skip
        said = ngettext("{count} example relabelled.", "{count} examples relabelled.", count)
        st.button(
            _("Relabel"), icon=":material/label:", key="relabel", disabled=none or label is None,
            on_click=act, args=(said.format(count=count), relabel, dict.fromkeys(chosen, label)),
        )  # fmt: skip
        said = ngettext("{count} example in the bin.", "{count} examples in the bin.", count)
        st.button(
            _("Delete"), icon=":material/delete:", key="delete-examples", disabled=none,
            on_click=act, args=(said.format(count=count), examples.delete, chosen),
        )  # fmt: skip
        if (before := st.session_state.get("relabelled")) and before.keys() >= set(chosen):
            st.button(
                _("Undo relabelling"), icon=":material/undo:", key="undo-relabel",
                on_click=act, args=(_("The labels are as they were."), take_back),
            )  # fmt: skip
        st.caption(
            ngettext("{count} example chosen", "{count} examples chosen", count).format(count=count)
            if chosen
            else _("Choose some to change them."),
            width="content",
        )


def shown(which: Which) -> None:
    """One page of the gallery, and the way to the others."""
    total = examples.count(which)
    if not total:
        st.info(_("No example is like that."), icon=":material/photo_library:")
        return
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.caption(
            ngettext("{count} example", "{count} examples", total).format(count=number(total)),
            width="content",
        )
        pages = -(-total // PAGE)
        page = pager(pages, f"page-of-{pages}", f"page-below-of-{pages}")
    above = st.container()  # at hand however long the page is
    chosen = gallery.choose(examples.find(which, PAGE, (page - 1) * PAGE))
    with above:
        actions(chosen, which)
    pager(pages, f"page-below-of-{pages}", f"page-of-{pages}")


def pager(pages: int, key: str, other: str) -> int:
    """The page that is chosen, here or at the `other` end of the gallery."""
    if pages == 1:
        return 1
    state = st.session_state
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="right", gap="xsmall"
    ):
        said = _("Page {page} of {pages}").format(page=state.get(key, 1), pages=pages)
        st.caption(said, width="content")
        return st.pagination(
            pages,
            max_visible_pages=0,
            key=key,
            on_change=lambda: state.__setitem__(other, state[key]),
        )


def downloads(which: Which) -> None:
    st.caption(_("All that are shown above, on every page."))
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
    st.header(_("Examples"), anchor=False)
    st.caption(_("Digits that were confirmed or corrected. The network can learn from them."))
    try:
        kept, binned = (examples.count(Which(binned=which)) for which in (False, True))
        adapt_box(kept)
        if problem := st.session_state.pop("examples-problem", None):
            st.error(plain(problem), icon=":material/error:")
        chosen_kind = filters() if kept or binned else None
        with st.container(key="examples-gallery"):
            if chosen_kind:
                shown(chosen_kind)
            else:
                st.info(
                    _("Nothing here yet: say on the page Read whether a number was read right."),
                    icon=":material/photo_library:",
                )
        with st.expander(_("Bring examples in"), icon=":material/upload:", key="import"):
            import_form()
        if chosen_kind:
            with st.expander(_("Take them out"), icon=":material/download:", key="export"):
                downloads(chosen_kind)
    except ExamplesError as error:
        st.error(plain(str(error)), icon=":material/error:")
