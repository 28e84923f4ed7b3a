"""Files that a power cut, a full disk or a second process cannot spoil."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import secrets
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitrec.language import N_, Sentence


def write(path: Path, data: bytes | str) -> None:
    """Write a whole file durably: it holds the old content or the new, never a part of it.

    Who may read it stays as it was; of a new file, the umask decides. Raises ``OSError``, with the
    old file untouched.
    """
    content = data.encode() if isinstance(data, str) else data
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")  # the name may be the longest
    # Not by tempfile, which shuts others out: to open them in again takes the umask, and that can
    # only be read by setting it, for all threads.
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                with suppress(FileNotFoundError):
                    os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        if error.filename == str(temporary):
            error.filename = str(path)  # the one that somebody asked for
        raise
    sync_folder(path.parent)


def plain(text: str) -> str:
    r"""On one line, without what a file or a database refuses or a terminal obeys.

    >>> plain("a\tred \x1b[31mpen\n")
    'a red [31mpen'
    """
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def npz(**arrays: NDArray[Any]) -> bytes:
    """The bytes of an ``.npz`` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def arrays(path: Path) -> dict[str, NDArray[Any]]:
    """What an ``.npz`` file holds. Raises ``OSError``, and ``ValueError`` when it is damaged."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return dict(file)
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(str(error)) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_files(folder: Path) -> None:
    """Make every file of a folder durable, and their names."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def append(path: Path, line: str) -> None:
    """Add one line, from any number of processes at once.

    A line break goes before it too: whatever a full disk left of the last line stays by itself.
    Raises ``OSError``, also when only a part could be written.
    """
    data = f"\n{line}\n".encode()
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        if os.write(handle, data) != len(data):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
    finally:
        os.close(handle)


def lock(path: Path, wait: float = 0.5, *, follow: bool = True) -> int | None:
    """Hold a file's lock until the returned descriptor is closed or its process ends, however.

    None when another process still holds it after `wait` seconds. The lock is the kernel's
    (``flock``): it cannot outlive its holder. Unless links are followed, one in the file's place
    raises ``OSError``.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | (0 if follow else os.O_NOFOLLOW), 0o644)
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                return None
            time.sleep(0.02)
        except BaseException:
            os.close(handle)
            raise
        else:
            return handle


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock now."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def locked(path: Path, wait: float = 10) -> Iterator[None]:
    """For the length of a block. Raises ``TimeoutError`` when it cannot be had."""
    handle = lock(path, wait)
    if handle is None:
        raise TimeoutError(f"{path} is held by another process")
    try:
        yield
    finally:
        os.close(handle)


def reason(error: OSError) -> str:
    """What the system refused, in words, with the file it was about."""
    return str(refusal(error))


def refusal(error: OSError) -> Sentence:
    """The same, to be read later."""
    where = f" ({error.filename})" if error.filename else ""
    return Sentence("{what}{where}.", {"what": words(error), "where": where})


def words(error: OSError, *, reading: bool = False) -> Sentence | str:
    """What the system refused, without the file; reading: who asked did not want to write."""
    forbidden = N_("this user may not write there")
    if reading:
        forbidden = N_("this user may not read it")
    known = {
        errno.ENOSPC: N_("the disk is full"),
        errno.EDQUOT: N_("the disk quota is used up"),
        errno.EROFS: N_("the disk may only be read"),
        errno.EACCES: forbidden,
        errno.EPERM: forbidden,
        errno.ENOENT: N_("there is no such file or folder"),
        errno.ENOTDIR: N_("a part of the path is no folder"),
        errno.EISDIR: N_("it is a folder"),
        errno.ENAMETOOLONG: N_("the name is too long"),
        errno.ELOOP: N_("its links lead in a circle"),
    }.get(error.errno or 0)
    return Sentence(known) if known else (error.strerror or str(error)).lower()
