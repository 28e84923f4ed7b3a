"""Who trains: one run at a time for each user of a machine, and in each models folder.

Both are held to by locks that the kernel drops when their holder dies. What is written in a lock's
file says who holds it.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from digitrec import storage
from digitrec.language import _

LOCK = "lock"
ENDING = 2.0  # seconds a run that was cancelled may take to let go of its lock


def holder(runs: Path) -> str | None:
    """The id of the run that holds the folder's lock now."""
    path = runs / LOCK
    if not storage.is_locked(path):
        return None
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


@dataclass(frozen=True)
class Lock:
    """What a run holds while it works: its machine's lock and its folder's.

    The folder's also keeps out other users and machines that share it. Both end with the last
    process that has the handles, however that ends.
    """

    handles: tuple[int, int]

    def close(self) -> None:
        for handle in self.handles:
            os.close(handle)


def take_lock(runs: Path, run: str) -> Lock | Path:
    """The lock; or, where another run holds it, that run's `.runs` folder. Raises ``OSError``."""
    machine = _hold(machine_lock(), str(runs))
    if machine is None:
        return Path(os.fsdecode(machine_lock().read_bytes()))
    try:
        folder = _hold(runs / LOCK, run)
    except BaseException:
        os.close(machine)
        raise
    if folder is None:
        os.close(machine)
        return runs
    return Lock((machine, folder))


def machine_lock() -> Path:
    """The file whose lock this user's run holds, whatever models folder it works for.

    Raises ``OSError``, also where its folder is another user's or lets others in.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(runtime if runtime and Path(runtime).is_dir() else tempfile.gettempdir())
    folder = base / f"digitrec-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    # Anybody may have made it first; where others write, LOCK may lead to any file of ours.
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    if not ours or status.st_mode & 0o077:
        raise FileExistsError(errno.EEXIST, _("the folder is not this user's alone"), str(folder))
    return folder / LOCK


def _hold(path: Path, words: str) -> int | None:
    """A file's lock, with its holder's words written in it; None while another has it."""
    handle = storage.lock(path, ENDING, follow=False)  # what it leads to would be overwritten
    if handle is not None:
        os.ftruncate(handle, 0)
        os.pwrite(handle, os.fsencode(words), 0)
    return handle
