import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from digitrec.settings import settings as digitrec_settings

# A busy machine is no failure: examples are counted, not timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def a_machine_of_its_own(tmp_path_factory):
    """A run under way elsewhere on this machine keeps no test's run from starting."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
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
