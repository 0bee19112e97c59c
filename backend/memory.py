"""What the server's processes ask of the allocator and of the kernel, on Linux; elsewhere it does nothing."""

from __future__ import annotations

import ctypes
import mmap
from pathlib import Path


def keep_memory() -> None:
    """glibc would hand the memory of every picture back to the kernel and take it again, zeroed, page by
    page, for the next one, which takes as long as decoding it. Let each worker keep some; see mallopt(3)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(-3, 4 << 20)  # M_MMAP_THRESHOLD: from 4 MiB on
        mallopt(-1, 8 << 20)  # M_TRIM_THRESHOLD: what is free beyond 8 MiB
        mallopt(-8, 2)  # M_ARENA_MAX: not one for each thread


def loaded() -> list[tuple[int, int]]:
    """Where the parts of the libraries' files lie that were not written to, from an address up to another. Call it
    while nothing else is loaded: a library that just comes in has its place before its contents."""
    smaps = Path("/proc/self/smaps")  # of Linux, see proc_pid_smaps(5)
    if not smaps.is_file():
        return []
    parts = []
    start = end = 0
    with smaps.open() as lines:
        for line in lines:
            name, *values = line.split(maxsplit=5)
            if not name.endswith(":"):  # the first line of a part: addresses, what is allowed, ..., the file
                of_file = values[0] in ("r-xp", "r--p") and values[-1].startswith("/")
                start, end = (int(address, 16) for address in name.split("-")) if of_file else (0, 0)
            elif name == "Anonymous:" and values[0] == "0" and end:
                parts.append((start, end))
    return parts


def unload(parts: list[tuple[int, int]]) -> None:
    """Lets go of memory that was freed, and of what is `loaded`: linking and starting the libraries took far more than
    serving does. The kernel loads again what is used again."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):  # of glibc
        libc.malloc_trim(0)
    for start, end in parts:
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)
