"""The versions on disk: what is listed, what serves, and what no bad luck may change."""

import errno
import json
import os
import shutil
import subprocess
import sys

import pytest

from digitrec import registry, storage
from digitrec.registry import RegistryError
from digitrec.settings import ROOT
from digitrec.versions import FILES


@pytest.fixture
def models(tmp_path, make_version):
    make_version(tmp_path, "default", created="2025-01-01T00:00:00Z")
    make_version(tmp_path, "older", created="2026-01-01T00:00:00Z")
    make_version(tmp_path, "newer", created="2026-02-01T00:00:00Z")
    return tmp_path


def names(models):
    return [version.name for version in registry.versions(models)]


def test_the_one_in_service_comes_first_then_the_newest(models):
    assert names(models) == ["default", "newer", "older"]
    registry.serve("older", models)
    assert names(models) == ["older", "newer", "default"]


def test_what_is_no_version_is_not_listed(models):
    (models / ".runs").mkdir()
    (models / "a file").touch()
    assert names(models) == ["default", "newer", "older"]


def test_no_folder_at_all_is_an_empty_list(tmp_path):
    assert registry.versions(tmp_path / "missing") == []


def test_serve_and_roll_back_through_every_version(models):
    assert registry.previous(models) is None
    for name in ("older", "newer"):
        registry.serve(name, models)
        assert registry.in_service(models) == name
    assert registry.previous(models) == "older"
    assert registry.rollback(models) == "older"
    assert registry.rollback(models) == "default"
    with pytest.raises(RegistryError, match="No version served before"):
        registry.rollback(models)


def test_serving_the_one_in_service_leaves_no_trace(models):
    registry.serve("newer", models)
    registry.serve("newer", models)
    assert registry.rollback(models) == "default"


def test_roll_back_passes_over_what_is_gone_or_damaged(models, make_version):
    make_version(models, "latest")
    for name in ("older", "newer", "latest"):
        registry.serve(name, models)
    (models / "newer" / "model.tflite").write_bytes(b"spoilt")
    assert registry.previous(models) == "older"
    assert registry.rollback(models) == "older"


def test_a_damaged_version_is_listed_as_damaged_and_never_serves(models):
    (models / "newer" / "model.keras").write_bytes(b"spoilt")
    assert "model.keras" in str(registry.version("newer", models).damaged)
    with pytest.raises(RegistryError, match="cannot be put in service"):
        registry.serve("newer", models)
    assert registry.in_service(models) == "default"


@pytest.mark.parametrize(
    "pointer", [b"gone\n", b"", b"\xff\xfe\x00", b"../newer\n", b"/etc", b"newer\x00"]
)
def test_a_bad_pointer_means_the_shipped_version(models, pointer):
    (models / "in_service").write_bytes(pointer)
    assert registry.in_service(models) == "default"
    assert names(models)[0] == "default"
    registry.serve("older", models)
    assert registry.in_service(models) == "older"


def test_a_version_damaged_in_service_gives_way_to_the_shipped_one(models):
    registry.serve("newer", models)
    (models / "newer" / "model.tflite").write_bytes(b"spoilt")
    assert registry.in_service(models) == "default"


def test_a_version_that_lost_only_what_training_needs_goes_on_serving(models):
    registry.serve("newer", models)
    (models / "newer" / "model.keras").unlink()
    assert registry.in_service(models) == "newer"
    assert "model.keras" in str(registry.version("newer", models).damaged)
    with pytest.raises(RegistryError, match="is in service"):
        registry.delete("newer", models)
    registry.serve("default", models)


def test_a_version_that_can_no_longer_serve_may_go(models):
    registry.serve("newer", models)
    (models / "newer" / "model.tflite").write_bytes(b"spoilt")
    registry.delete("newer", models)
    assert names(models) == ["default", "older"]
    assert registry.pointed_to(models) == "default"


def test_rename_takes_the_pointer_and_the_history_along(models):
    registry.serve("older", models)
    registry.serve("newer", models)
    registry.rename("newer", "better", models)
    registry.rename("older", "elder", models)
    assert registry.in_service(models) == "better"
    assert registry.rollback(models) == "elder"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("default", "mine", "keeps its name"),
        ("newer", "older", "exists already"),
        ("newer", "../x", "letters, digits"),
        ("newer", ".x", "letters, digits"),
        ("newer", "in_service", "is taken"),
        ("none", "mine", "no version none"),
        ("../models", "mine", "no version"),
    ],
)
def test_names_that_cannot_be(models, old, new, message):
    with pytest.raises(RegistryError, match=message):
        registry.rename(old, new, models)


def test_a_note_stays_with_its_version(models):
    registry.annotate("newer", "  with\nmore data ", models)
    assert registry.version("newer", models).note == "with more data"
    registry.annotate("newer", "of \x1b[31mthe caf\udcff", models)  # a terminal's, and no text
    assert registry.version("newer", models).note == "of [31mthe caf"
    assert registry.version("newer", models).damaged is None
    with pytest.raises(RegistryError, match="at most 500"):
        registry.annotate("newer", "x" * 501, models)
    with pytest.raises(RegistryError, match="takes no note"):
        registry.annotate("default", "mine", models)


def test_delete_spares_the_shipped_one_and_the_one_in_service(models):
    registry.serve("newer", models)
    for name, message in (("default", "shipped"), ("newer", "in service"), ("x", "no version")):
        with pytest.raises(RegistryError, match=message):
            registry.delete(name, models)
    registry.delete("older", models)
    assert names(models) == ["newer", "default"]
    assert not list(models.glob(".deleted*"))


def test_what_a_kill_left_of_a_deletion_goes_with_the_next(models, make_version, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        registry.delete("older", models)
    assert names(models) == ["default", "newer"]
    make_version(models, "older")
    registry.delete("older", models)
    assert not list(models.glob(".deleted*"))


def refuse(code):
    def fail(*_):
        raise OSError(code, os.strerror(code), "models/in_service")

    return fail


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "only be read")]
)
def test_a_write_that_fails_changes_nothing(models, monkeypatch, code, words):
    registry.serve("older", models)
    monkeypatch.setattr(os, "fsync", refuse(code))
    with pytest.raises(RegistryError, match=words):
        registry.serve("newer", models)
    assert registry.in_service(models) == "older"
    assert not list(models.glob(".*.tmp"))


LISTING = """
import sys
from pathlib import Path
from digitrec import registry
models = Path(sys.argv[1])
print(*[version.name for version in registry.versions(models)])
for change in (
    lambda: registry.serve("newer", models),
    lambda: registry.rename("newer", "other", models),
    lambda: registry.annotate("newer", "a note", models),
    lambda: registry.delete("newer", models),
):
    try:
        change()
    except registry.RegistryError as error:
        print(error)
"""


def test_a_read_only_folder_lists_and_refuses(models, heeding_modes):
    for folder in (models, models / "newer"):
        folder.chmod(0o555)
    command = [*heeding_modes, sys.executable, "-c", LISTING, models]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for folder in (models, models / "newer"):
        folder.chmod(0o755)
    listed, *refused = done.stdout.splitlines()
    assert listed == "default newer older"
    assert len(refused) == 4
    assert all("this user may not write there" in sentence for sentence in refused)


def test_a_closed_version_is_listed(models, heeding_modes):
    (models / "newer").chmod(0o600)
    listing = LISTING.partition("for change")[0]
    command = [*heeding_modes, sys.executable, "-c", listing, models]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (models / "newer").chmod(0o755)
    assert done.stdout == "default older newer\n"


def test_a_folder_whose_name_is_too_long_holds_no_version(tmp_path):
    with pytest.raises(RegistryError, match="There is no version mine"):
        registry.report("mine", tmp_path / ("a" * 300))


def test_a_full_disk_lists_and_refuses(small_disk, make_version):
    for name in ("default", "newer"):
        make_version(small_disk, name)
    with pytest.raises(OSError, match="No space"):
        (small_disk / "filler").write_bytes(bytes(4_000_000))
    with pytest.raises(RegistryError, match="the disk is full"):
        registry.serve("newer", small_disk)
    assert registry.in_service(small_disk) == "default"
    (small_disk / "filler").unlink()
    registry.serve("newer", small_disk)
    assert registry.in_service(small_disk) == "newer"


def test_a_crash_between_the_two_writes_of_serve_loses_nothing(models, monkeypatch):
    registry.serve("older", models)
    write = storage.write

    def crash(path, data):
        if path.name == "in_service":
            raise KeyboardInterrupt
        write(path, data)

    monkeypatch.setattr(storage, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        registry.serve("newer", models)
    monkeypatch.undo()
    assert registry.in_service(models) == "older"
    assert registry.previous(models) == "default"


SERVING = """
import sys
from pathlib import Path
from digitrec import registry
for _ in range(40):
    registry.serve(sys.argv[2], Path(sys.argv[1]))
"""


def test_two_processes_on_one_folder(models):
    both = [
        subprocess.Popen([sys.executable, "-c", SERVING, models, name], cwd=ROOT)
        for name in ("older", "newer")
    ]
    while any(process.poll() is None for process in both):
        assert registry.in_service(models) in ("default", "older", "newer")
    assert [process.returncode for process in both] == [0, 0]
    assert registry.in_service(models) in ("older", "newer")
    assert json.loads((models / ".before.json").read_text())[0] == "default"


def publish(models, name):
    work = models / ".work"
    work.mkdir()
    for file in FILES:
        (work / file).write_bytes(b"x")
    folder = registry.publish(work, name, {"calibration": {"temperature": 1.0}}, models)
    assert registry.version(folder.name, models).damaged is None
    assert not work.exists()
    return folder.name


def test_publish_moves_a_whole_version_into_place(models):
    assert publish(models, "made") == "made"


@pytest.mark.parametrize("name", ["newer", "n" * 64])
def test_publish_finds_a_name_where_its_own_is_taken(models, make_version, name):
    if name != "newer":
        make_version(models, name)
    assert publish(models, name) == f"{name[:60]}-2"
    assert publish(models, name) == f"{name[:60]}-3"


def test_a_link_that_leads_nowhere_takes_a_name_too(models):
    (models / "made").symlink_to("nowhere")
    with pytest.raises(RegistryError, match="exists already"):
        registry.rename("newer", "made", models)
    assert publish(models, "made") == "made-2"


def test_nothing_heavy_is_loaded_for_the_page():
    code = (
        "import sys; from digitrec import jobs, registry, figures, report, recipes;"
        "print(*{'tensorflow', 'keras', 'matplotlib', 'sklearn'} & sys.modules.keys())"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == ""
