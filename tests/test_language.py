"""Every sentence that a person reads is in the catalogue, and the catalogue in French."""

from __future__ import annotations

import ast
import io
import json
import re
import string
import subprocess
import threading
from pathlib import Path
from unittest.mock import Mock

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from digitrec import ImageError, adaptation, jobs, language, load
from digitrec.language import (
    N_,
    Sentence,
    _,
    bound,
    ngettext,
    number,
    percent,
    preferred,
    speaking,
)
from digitrec.recipes import Plan
from digitrec.settings import ROOT

FRENCH = ROOT / "digitrec" / "locale" / "fr" / "LC_MESSAGES" / "digitrec.po"
PAGE = [ROOT / "app.py", *sorted((ROOT / "digitrec" / "ui").rglob("*.py"))]
ENGLISH = "line_training"  # what makes the shipped line network
LIBRARY = [p for p in sorted((ROOT / "digitrec").glob("*.py")) if p.stem != ENGLISH]
COMMANDS = [p for p in LIBRARY if p.stem.startswith("cli")]
MARKS = {"_", "N_", "ngettext"}
TEXT = {  # what of a call's keywords a person reads
    *("alt", "body", "caption", "captions", "description", "help", "label", "metavar"),
    *("page_title", "placeholder", "said", "text", "title", "words"),
}
NAMED = {  # what of a call's keywords nobody reads
    *("border", "color", "column_order", "css", "default", "file_name", "fill_color", "format"),
    *("gap", "height", "html", "icon", "icon_position", "js", "key", "label_visibility", "layout"),
    *("mime", "mode", "on_click", "page_icon", "persist_state", "scope", "selection_mode", "size"),
    *("stroke_color", "type", "vertical_alignment", "horizontal_alignment", "width"),
}
SPOKEN = {  # Streamlit's calls whose first argument a person reads
    *("badge", "button", "camera_input", "caption", "checkbox", "code", "date_input", "dialog"),
    *("download_button", "error", "expander", "file_uploader", "form_submit_button", "header"),
    *("info", "link_button", "markdown", "metric", "multiselect", "number_input", "popover"),
    *("radio", "segmented_control", "select_slider", "selectbox", "slider", "spinner"),
    *("subheader", "success", "table", "tabs", "text", "text_area", "text_input", "title"),
    *("toast", "toggle", "warning", "write", "ImageColumn", "ProgressColumn", "TextColumn"),
}
ALIKE = {  # read in both languages, or by nobody
    *("CSV", "JSON", "PNG", "SVG", "SHA-256", "MNIST", "MNIST, ", "Language, langue", "About"),
    *("User-Agent", "Mobi", "Accept-Language", "Picture", "python -m digitrec", "json+h5"),
    *("id\tlabel\tread\tversion\tsource\twriter\twhen", "not a digit"),  # for programs
    "{percentage:3.0f}% |{bar}| {desc} {elapsed}<{postfix}",
}
BUILTIN = {"OSError", "ValueError", "TimeoutError", "ArgumentError"}
NAMES = {"Draw", "Camera", "box plot"}  # by which modules know what others show


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    return read_po(io.StringIO(FRENCH.read_text()), locale="fr")


class Literals(ast.NodeVisitor):
    """The literals of a module: those for the catalogue, and the others with what holds each.

    later: those that `N_` marks, which may also be names in the code.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[tuple[str, ast.expr, list[ast.AST]]] = []
        self.marked: set[tuple[str, ...]] = set()
        self.later: set[str] = set()
        self.above: list[ast.AST] = []
        self.visit(tree)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call) and _name(node) in MARKS:
            texts = tuple(a.value for a in node.args if isinstance(a, ast.Constant))
            if texts:
                self.marked.add(texts)
                self.later |= set(texts) if _name(node) == "N_" else set()
                return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.found.append((node.value, node, [*self.above]))
        if isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "{}" for p in node.values]
            self.found.append(("".join(parts), node, [*self.above]))
        self.above.append(node)
        for child in ast.iter_child_nodes(node):
            if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):
                self.visit(child)
        self.above.pop()


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _is_read(node: ast.expr, above: list[ast.AST]) -> bool | None:
    """Whether a person reads this literal, by where it stands; None where that does not tell."""
    child: ast.AST = node
    for parent in reversed(above):
        if isinstance(parent, ast.keyword):
            if parent.arg in NAMED:
                return False
            if parent.arg in TEXT:
                return True
        if isinstance(parent, ast.Compare | ast.Subscript | ast.AnnAssign):
            return False if child is not getattr(parent, "value", None) else None
        if isinstance(parent, ast.Call):
            if _name(parent) in SPOKEN and parent.args and child is parent.args[0]:
                return True
            if child in parent.args:
                return None
        child = parent
    return None


def _words(text: str) -> str:
    """What is left of a literal without markup, icons, placeholders, sizes and addresses."""
    text = re.sub(r"<style>.*</style>", "", text)
    text = re.sub(r"<[^>]*>|:material/\w+:|:?[\w{}-]+(?=\[)|\{\w*\}|&\w+;", " ", text)
    text = re.sub(r"\b[\d.]+r?em\b|(min|var|rgba|color-mix|light-dark)\(.*\)|digitrec", " ", text)
    return re.sub(r"[\w./*-]*[/_][\w./*-]+|[\w-]*\.\w+|data:.*base64,", " ", text).strip()


def _unmarked(tree: ast.Module) -> list[str]:
    found = []
    literals = Literals(tree)
    for text, node, above in literals.found:
        read, words = _is_read(node, above), _words(text)
        filled_in = isinstance(node, ast.Constant) and re.search(r"{\w+}", text)
        letters = re.search("[A-Za-zé]" if filled_in else "[A-Za-zé]{2}", words)
        if read is False or text in ALIKE or not letters:
            continue
        technical = re.fullmatch(r"[a-z#-][\w.:,;#%()=-]*|[A-Z\d.-]+", words)
        if read or filled_in or not (technical or text in NAMES | literals.later):
            found.append(f"line {node.lineno}: {text!r}")
    return found


@pytest.mark.parametrize("path", [*PAGE, *COMMANDS], ids=lambda path: path.stem)
def test_no_string_of_the_page_or_the_command_line_is_left_out(path: Path) -> None:
    assert not _unmarked(ast.parse(path.read_text()))


def test_a_string_that_is_left_out_is_found() -> None:
    page = (ROOT / "digitrec" / "ui" / "drawing.py").read_text()
    for marked, bare in [
        ('_("Undo")', '"Undo"'),
        ('_("Pen")', '"pen"'),
        ('_("Room for several lines")', '"Room for several lines"'),
        ("_(NOT_WHOLE)", '"Not whole."'),
        ('_("Write a number here")', 'f"Write {PENS} here"'),
    ]:
        assert page.count(marked) == 1
        assert _unmarked(ast.parse(page.replace(marked, bare)))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_no_sentence_of_the_library_is_left_out(path: Path) -> None:
    """What is raised, and whatever else is a sentence by its looks."""
    for text, _node, above in Literals(ast.parse(path.read_text())).found:
        raised = [node for node in above if isinstance(node, ast.Raise)]
        ours = any(isinstance(n.exc, ast.Call) and _name(n.exc) not in BUILTIN for n in raised)
        sentence = re.fullmatch(r"[A-Z{].* .*[.?!:…]", text)
        assert not sentence, text
        assert not (ours and re.search("[a-z]{2} [a-z]{2}", text)), text


def test_no_component_speaks_for_itself() -> None:
    """What JavaScript shows comes from Python."""
    for path in (ROOT / "digitrec" / "ui").glob("*.js"):
        code = re.sub(r"^\s*//.*$|\s// .*$", "", path.read_text(), flags=re.MULTILINE)
        for text in re.findall(r'"([^"\n]*)"|`([^`]*)`', code):
            assert not re.search(r"[A-Z][a-z]+ |[a-z]{3,} [a-z]{2,}[ .:]", "".join(text)), text


def test_every_sentence_is_in_french(catalogue: Catalog) -> None:
    """Marked in the code and translated, neither more nor less, and none by a guess."""
    paths = [*PAGE, *LIBRARY]
    marked = set().union(*(Literals(ast.parse(path.read_text())).marked for path in paths))
    known = {m.id if isinstance(m.id, tuple) else (m.id,) for m in catalogue if m.id}
    assert marked == known
    for message in catalogue:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(texts), message.id
        assert not message.fuzzy, message.id


def test_translations_keep_the_placeholders(catalogue: Catalog) -> None:
    for message in catalogue:
        if not message.id:
            continue
        one, *many = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in texts:
            assert _placeholders(text) in [*map(_placeholders, (one, *many))], message.id
            assert re.findall(r":(?:primary|orange)\[", text) == re.findall(
                r":(?:primary|orange)\[", one
            )
            assert text.count("**") == one.count("**"), message.id


def _placeholders(text: str) -> set[str]:
    """By name, with how each is written; argparse's own are those of the sign for per cent."""
    braces = {f"{name}:{form}" for _, name, form, _ in string.Formatter().parse(text) if name}
    return braces | set(re.findall(r"%(?:\(\w+\))?[rs]", text))


def test_french_is_set_as_the_french_set_it(catalogue: Catalog) -> None:
    """No line may break before : ; ? ! % and », nor after «; and an apostrophe is one."""
    for message in catalogue:
        for text in message.string if isinstance(message.string, tuple) else (message.string,):
            assert not (
                message.id and re.search(r" [;?!»]| %(?![\w(])| :(?=\s|$)|« |\w'\w", text)
            ), text


def test_the_compiled_catalogue_is_up_to_date(catalogue: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert FRENCH.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `make messages`"


@pytest.mark.usefixtures("french")
def test_the_setting_decides_where_no_session_does() -> None:
    assert language.language() == "fr"
    with pytest.raises(ImageError, match="Ce fichier est vide"):
        load(b"")
    assert _("Undo") == "Annuler"
    assert N_("Undo") == "Undo"
    forms = [ngettext("{count} example", "{count} examples", count) for count in (0, 1, 2)]
    assert forms == ["{count} exemple", "{count} exemple", "{count} exemples"]
    assert number(60_000.5, 1) == "60\u202f000,5"
    assert percent(0.98925, 3) == "98,925\u202f%"


@pytest.mark.usefixtures("french")
def test_a_sentence_s_percentages_are_the_reader_s() -> None:
    said = Sentence(N_("{folder}: {share:.2%}, {count}"), {"share": 0.98925, "count": 1000})
    said = Sentence(said.english, {**said.values, "folder": Sentence("Undo")})
    kept = json.loads(json.dumps(said, default=Sentence.to_json))
    assert Sentence.from_json(kept) == said
    assert str(Sentence.from_json(kept)) == "Annuler: 98,92\u202f%, 1000"
    assert Sentence.from_json("as it was") == "as it was"


def test_english_needs_no_catalogue() -> None:
    assert language.language() == "en"
    assert _("Undo") == "Undo"
    assert (number(60_000), number(0.25, None), percent(0.5)) == ("60,000", "0.25", "50 %")


@pytest.mark.parametrize(
    ("accepted", "found"),
    [
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9", "fr"),
        ("br, FR;q=0.8, en;q=0.5", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("de-DE,de;q=0.9", None),
        ("frr", None),
        ("", None),
        (";;,,", None),
    ],
)
def test_the_browser_s_first_wish_that_can_be_met(accepted: str, found: str | None) -> None:
    assert preferred(accepted) == found


def test_each_thread_has_the_language_of_whom_it_works_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoken: dict[int, str] = {}
    monkeypatch.setattr(language, "_ask", lambda: spoken.get(threading.get_ident()))
    spoken[threading.get_ident()] = "fr"
    later = bound(lambda: _("Undo"))
    heard: list[str] = []
    thread = threading.Thread(target=lambda: heard.extend([_("Undo"), later()]))
    thread.start()
    thread.join()
    assert heard == ["Undo", "Annuler"]
    assert speaking()["DIGITREC_LANGUAGE"] == "fr"
    spoken.clear()
    assert (later(), _("Undo")) == ("Annuler", "Undo")


def test_a_child_process_speaks_as_who_started_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard = []

    def begin(_command: object, *, env: dict[str, str], **_options: object) -> Mock:
        heard.append(env["DIGITREC_LANGUAGE"])
        return Mock(poll=lambda: 0)

    monkeypatch.setattr(subprocess, "Popen", begin)
    monkeypatch.setattr(language, "_ask", lambda: "fr")
    jobs.start(Plan.of("compact", "quick"), tmp_path)
    adaptation.start(tmp_path)
    assert heard == ["fr", "fr"]
