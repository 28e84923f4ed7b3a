from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from google.protobuf.text_format import MessageToString
from hypothesis import HealthCheck, settings

from digitrec import schema
from digitrec.runs import Run
from digitrec.settings import ROOT
from digitrec.settings import settings as digitrec_settings
from digitrec.versions import FILES

# A busy machine is no failure: examples are counted, not timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def a_machine_of_its_own(tmp_path_factory):
    """A run under way elsewhere on this machine keeps no test's run from starting."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _components_found_once() -> Iterator[None]:
    """Each AppTest would look through all that is installed, as a server does: half a second."""
    with pytest.MonkeyPatch.context() as patch:
        if "streamlit" in sys.modules:  # else none of these tests needs it
            from streamlit.components.v2 import manifest_scanner

            found = cache(manifest_scanner.scan_component_manifests)
            patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of its own, of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if (
        sys.platform != "linux"
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("only root may mount a small disk, and not in every container")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def make_version() -> Callable[..., Path]:
    """Makes a whole version of a few bytes in a folder of versions, and gives its folder."""

    def make(models: Path, name: str, **report: Any) -> Path:
        folder = models / name
        folder.mkdir(parents=True)
        files = {}
        for file in FILES:
            content = f"{name} {file}".encode()
            (folder / file).write_bytes(content)
            sha = hashlib.sha256(content).hexdigest()
            files[file] = {"bytes": len(content), "sha256": sha}
        facts = {
            "created": "2026-01-01T00:00:00Z",
            "recipe": "compact",
            "schedule": "quick",
            "data": {"train": 60000},
            "settings": {"seed": 1},
            "test": {"accuracy": 0.99, "accuracy_without_contested": 0.991},
            "calibration": {"temperature": 1.0},
            "folds": [{"accuracy": 0.99}] * 5,
            "mean": 0.99,
            "std": 0.001,
            "files": files,
            **report,
        }
        (folder / "report.json").write_text(json.dumps(facts))
        return folder

    return make


@pytest.fixture
def no_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Examples are kept in a database of the test's own, and there are none yet."""
    monkeypatch.setenv("DIGITREC_DATABASE_URL", f"sqlite:///{tmp_path / 'examples.sqlite'}")
    digitrec_settings.cache_clear()
    yield
    schema.close()
    digitrec_settings.cache_clear()


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`DIGITREC_LANGUAGE` is French."""
    with monkeypatch.context() as patch:
        patch.setenv("DIGITREC_LANGUAGE", "fr")
        digitrec_settings.cache_clear()
        yield
    digitrec_settings.cache_clear()


@pytest.fixture(scope="session")
def heeding_modes():
    """The beginning of a command that heeds files' modes, as root by itself does not."""
    if os.geteuid():
        return []
    command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    try:
        subprocess.run([*command, "true"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("root may write anywhere, and there is no setpriv to give that up")
    return command


@pytest.fixture(scope="session", autouse=True)
def _examples_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test, nor an app that it starts, writes among the examples of whoever works here."""
    with pytest.MonkeyPatch.context() as patch:
        database = tmp_path_factory.mktemp("data") / "examples.sqlite"
        patch.setenv("DIGITREC_DATABASE_URL", f"sqlite:///{database}")
        digitrec_settings.cache_clear()
        yield
    digitrec_settings.cache_clear()


@pytest.fixture
def run_in_french() -> Callable[[Any], str]:
    """Runs an AppTest's page in French, where nothing is to stay English; gives what it drew."""

    def run(app: Any) -> str:
        app.session_state["language"] = "fr"
        app.run()
        assert not app.exception
        drawn = "\n".join(_drawn(app._tree))
        assert [words for words in _english() if words in drawn] == []
        return drawn

    return run


class InThisProcess:
    """Parts of a run one after another, where TensorFlow is loaded already.

    In a process of its own, each would load it anew: most of the time that a small part takes.
    """

    here, cores, at_once, device = True, 1, 1.0, "this process"

    def start(self, run: Run, part: str, threads: int) -> InThisProcess:
        from digitrec import worker  # few tests need it

        worker.do(run, part, threads)
        return self

    def finished(self) -> bool:
        return True

    def kill(self) -> None:
        """There is nothing to end."""


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> InThisProcess:
    """An engine for `crossval.carry_out`."""
    from digitrec import training  # loads TensorFlow

    monkeypatch.setattr(training, "use_threads", lambda _: None)  # too late in this process
    return InThisProcess()


class DeafBrowser:
    """The page of a browser that never hears that a run has ended, so that it clears nothing.

    It may miss it, as the sidebar's fragment runs each second (`digitrec.ui.blank`).
    """

    def __init__(self) -> None:
        self.places: dict[tuple[int, ...], Any] = {}

    def take(self, messages: list[Any]) -> None:
        for message in messages:
            if not message.HasField("delta"):
                continue
            path, delta = tuple(message.metadata.delta_path), message.delta
            before = self.places.get(path)
            kept = delta.HasField("add_block") and before and before.HasField("add_block")
            if not kept:
                within = [p for p in self.places if p[: len(path)] == path]
                for place in within:
                    del self.places[place]
            self.places[path] = delta

    def elements(self, kind: str) -> list[Any]:
        elements = [d.new_element for d in self.places.values() if d.HasField("new_element")]
        return [getattr(e, kind) for e in elements if e.WhichOneof("type") == kind]

    def html(self, part: str) -> int:
        """How many pieces of HTML hold this."""
        return sum(part in element.body for element in self.elements("html"))


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> DeafBrowser:
    """Sees what every run of an AppTest sends."""
    from streamlit.testing.v1 import local_script_runner  # few tests need it

    browser, parse = DeafBrowser(), local_script_runner.parse_tree_from_messages

    def seen(messages: list[Any]) -> Any:
        browser.take(messages)
        return parse(messages)

    monkeypatch.setattr(local_script_runner, "parse_tree_from_messages", seen)
    return browser


def _drawn(node: Any) -> Iterator[str]:
    if getattr(node, "proto", None) is not None:
        drawn = MessageToString(node.proto, as_utf8=True).replace("\\'", "'")
        drawn = re.sub(r"// .*?\\n", "", drawn)  # the comments of a component's script
        # Of what the browser puts ours over, Streamlit's words are sent as well.
        if "<style>" not in drawn and "digitrec_borrowed" not in drawn:
            yield drawn
    for child in getattr(node, "children", {}).values():
        yield from _drawn(child)


@cache
def _english() -> list[str]:
    """What is said in several words of English, and never in French."""
    path = ROOT / "digitrec" / "locale" / "fr" / "LC_MESSAGES" / "digitrec.po"
    messages = [
        message
        for message in read_po(path.read_bytes().splitlines(keepends=True), locale="fr")
        if message.id
    ]
    french = " ".join(str(message.string) for message in messages)
    ids = [text for m in messages for text in (m.id if isinstance(m.id, tuple) else (m.id,))]
    parts = {part.strip() for text in ids for part in re.split(r"{[^}]*}|[*.:;,()\[\]\n]+", text)}
    return sorted(part for part in parts if " " in part and len(part) > 7 and part not in french)
