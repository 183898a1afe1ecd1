"""Advisory locks on files and folders, which the kernel frees however their holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open a folder, or a file made if missing; closing frees the lock unless it was inherited."""
    # Reading suffices for a lock, so root and the folder's owner can share one file.
    flags = os.O_RDONLY if path.is_dir() else os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Wait for the exclusive lock of `path`."""
    with opened(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor


def share(descriptor: int) -> None:
    """Wait for a share; a lock already held is let go meanwhile."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def let_go(descriptor: int) -> None:
    """Free the lock early."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_alone(descriptor: int) -> bool:
    """Take the exclusive lock if nobody else has a share; where somebody has, ours may be lost."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
