"""The folder of attachments: each content once, named by its SHA-256, durable once kept."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from app.domain.evidence import HEAD

_INCOMING: Final = "incoming"
_PRIVATE: Final = 0o700
_LEFT_OVER: Final = 24 * 3600.0
"""Seconds after which nobody is still sending what came in."""


class Incoming:
    """A content on its way in; `keep` makes it part of the folder."""

    def __init__(self, folder: "Folder", descriptor: int, path: Path) -> None:
        self._folder = folder
        self._file = os.fdopen(descriptor, "wb")
        self._path = path
        self._sha256 = sha256()
        self.size = 0
        self.head = b""

    def write(self, chunk: bytes) -> None:
        """Take a further piece."""
        self._file.write(chunk)
        self._sha256.update(chunk)
        self.size += len(chunk)
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]

    @property
    def digest(self) -> bytes:
        """The SHA-256 of what has come so far."""
        return self._sha256.digest()

    def keep(self) -> bytes:
        """Put the content in its place and return its digest; it is on the disk by then.

        A content that is there already is written over by itself, which mends a damaged one.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        digest = self.digest
        target = self._folder.path(digest)
        target.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        self._path.replace(target)
        for folder in (target.parent, target.parent.parent, self._folder.root):
            sync(folder)
        return digest

    def drop(self) -> None:
        """Close, and leave nothing behind that was not kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Folder:
    """Where the contents of attachments lie: ab/cd/<SHA-256>."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: bytes) -> Path:
        """Return where a content lies, if it is there."""
        name = digest.hex()
        return self.root / name[:2] / name[2:4] / name

    @contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """Take a content in; what is not kept by the end of the block is gone."""
        folder = self.root / _INCOMING
        if not folder.is_dir():
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            sync(self.root.parent)
        descriptor, name = mkstemp(dir=folder)
        coming = Incoming(self, descriptor, Path(name))
        try:
            yield coming
        finally:
            coming.drop()

    def contents(self) -> Iterator[Path]:
        """Yield every content that is kept."""
        return self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/" + "[0-9a-f]" * 64)

    def sweep(self) -> None:
        """Remove what killed processes left half-received."""
        for path in self.root.glob(f"{_INCOMING}/*"):
            # Another process may have finished or swept it meanwhile.
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _LEFT_OVER:
                    path.unlink()


def sync(folder: Path) -> None:
    """Make the names in a folder durable: a rename may be lost in a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
