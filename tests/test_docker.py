"""What can be checked of the image without an engine to build it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digitrec.settings import ROOT


def instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text()
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = lines.replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


DOCKERFILE = instructions()
STAGES = [place for place, (name, _) in enumerate(DOCKERFILE) if name == "FROM"]
FINAL = DOCKERFILE[STAGES[-1] :]


def last(name: str) -> str:
    return [rest for instruction, rest in FINAL if instruction == name][-1]


def copied() -> list[tuple[list[str], str]]:
    pairs = [rest.split() for name, rest in DOCKERFILE if name == "COPY" and "--from" not in rest]
    return [(parts[:-1], parts[-1]) for parts in pairs]


def test_both_stages_stand_on_the_same_slim_base():
    bases = {DOCKERFILE[place][1].split()[0] for place in STAGES}
    assert len(STAGES) == 2
    assert bases == {"python:3.11-slim-bookworm"}


def test_no_compiler_is_installed():
    steps = " ".join(rest for name, rest in DOCKERFILE if name == "RUN")
    assert not re.search(r"gcc|g\+\+|build-essential|apt", steps)
    assert "--only-binary :all:" in steps


def test_what_is_copied_exists_and_is_not_ignored():
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    sources = {source for group, _ in copied() for source in group}
    assert sources == kept
    for source in sources:
        assert (ROOT / source).exists(), source


def test_the_image_can_read_and_retrain():
    targets = {source: target for group, target in copied() for source in group}
    assert targets["digitrec"] == "digitrec"  # with digitrec/data/mnist.npz
    assert (ROOT / "digitrec/data/mnist.npz").is_file()
    assert targets["models/default"] == "shipped/default"
    assert {"model.tflite", "model.keras", "report.json"} <= {
        path.name for path in (ROOT / "models/default").iterdir()
    }
    assert re.search(r"^tensorflow", (ROOT / "requirements.txt").read_text(), re.MULTILINE)


def test_it_runs_as_somebody_who_may_write_models_and_nothing_else():
    names = [name for name, _ in FINAL]
    user = last("USER")
    assert user == "1000:1000"
    assert names.index("USER") > max(i for i, name in enumerate(names) if name == "RUN")
    steps = [rest for name, rest in FINAL if name == "RUN"]
    assert steps == [
        "useradd --uid 1000 --create-home digitrec",
        f"mkdir models data && chown {user} models data",
    ]
    assert last("VOLUME").split() == [f"{last('WORKDIR')}/{name}" for name in ("models", "data")]


@pytest.mark.parametrize("state", ["empty volume", "older image", "same image", "half copied"])
def test_the_volume_gets_the_shipped_version(tmp_path, state):
    shipped = tmp_path / "shipped" / "default"
    volume = tmp_path / "models"
    shutil.copytree(ROOT / "models/default", shipped)
    (volume / "mine").mkdir(parents=True)
    if state != "empty volume":
        shutil.copytree(shipped, volume / "default")
    if state == "older image":
        (volume / "default/report.json").write_text("{}")
        (volume / "default/model.tflite").write_bytes(b"old")
    if state == "half copied":
        (volume / "default/model.keras").unlink()
        os.truncate(volume / "default/model.tflite", 1000)
    entry = json.loads(last("ENTRYPOINT"))
    done = subprocess.run(
        [*entry, "echo", "two words"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("two words\n", "")
    assert sorted(path.name for path in volume.iterdir()) == ["default", "mine"]
    for path in shipped.iterdir():
        assert (volume / "default" / path.name).read_bytes() == path.read_bytes()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def health(port: int) -> int:
    check = last("HEALTHCHECK").partition("CMD ")[2].replace(":8501/", f":{port}/")
    command = [sys.executable, *json.loads(check)[1:]]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode


def test_the_health_check_tells_a_running_app_from_none():
    port = free_port()
    assert health(port) == 1
    command = [part.replace("8501", str(port)) for part in json.loads(last("CMD"))]
    command = [part.replace("0.0.0.0", "127.0.0.1") for part in command]
    assert command[0] == "streamlit"
    server = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 240
        while health(port) != 0:
            assert server.poll() is None, "the app ended"
            assert time.monotonic() < deadline, "the app is not healthy after four minutes"
    finally:
        server.terminate()
        server.wait(30)


def test_the_port_is_the_same_everywhere():
    assert last("EXPOSE") == "8501"
    assert "--server.port=8501" in last("CMD")
    assert ":8501/_stcore/health" in last("HEALTHCHECK")
    assert "-p 127.0.0.1:8501:8501" in (ROOT / "Dockerfile").read_text()


def test_locked_files_name_packages_alone():
    for name in ("requirements.txt", "requirements-test.txt"):
        lines = (ROOT / name).read_text().splitlines()
        packages = [line for line in lines if not line.startswith("#")]
        assert all(re.match(r"[a-z0-9-]+==[\w.]+( ; .+)?$", line) for line in packages)
        assert not any("torch" in line for line in packages)


def test_the_tests_lock_agrees_with_the_app_s():
    def pins(name: str) -> set[str]:
        return set(Path(ROOT, name).read_text().splitlines())

    assert pins("requirements.txt") <= pins("requirements-test.txt")
