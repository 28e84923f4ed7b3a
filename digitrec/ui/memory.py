"""Keeps a server that decodes large pictures small."""

from __future__ import annotations

import ctypes
import sys

ARENAS = 2  # of the allocator: by default each thread of each visit gets one, and keeps it
_M_ARENA_MAX = -8  # from glibc's malloc.h


def limit_arenas() -> None:
    """Have all threads share a few arenas, where the C library is glibc."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Return memory that is free but still held to the operating system; takes milliseconds."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
