"""The attachments of a backup: one tar file beside the database's."""

import os
import tarfile
from pathlib import Path
from typing import Final

from app.domain.evidence import LARGEST
from app.store.folder import Folder

_PIECE: Final = 1 << 20


def beside(file: Path) -> Path:
    """Return where the attachments of a backup lie."""
    return file.with_name(f"{file.name}.attachments.tar")


def pack(folder: Folder, file: Path) -> int:
    """Write every content into a tar file; returns how many there were, and writes none for none.

    Images do not get smaller by compression.
    """
    contents = sorted(folder.contents())
    if contents:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out, tarfile.open(fileobj=out, mode="w|") as tar:
            for path in contents:
                tar.add(path, arcname=path.name)
            out.flush()
            os.fsync(out.fileno())
    return len(contents)


def unpack(file: Path, folder: Folder) -> int:
    """Bring the contents of a tar file into the folder, each checked; returns how many.

    A content goes where its own digest says, never where the archive does. Raises ValueError
    for one that is not what it is called.
    """
    count = 0
    try:
        with tarfile.open(file, mode="r|") as tar:
            for member in tar:
                _bring(tar, member, folder, file)
                count += 1
    except tarfile.TarError as error:
        raise ValueError(f"{file}: 不是附件归档 / no archive of attachments: {error}") from error
    return count


def _bring(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Folder, file: Path) -> None:
    source = tar.extractfile(member) if member.isreg() and member.size <= LARGEST else None
    with folder.incoming() as coming:
        while source is not None and (piece := source.read(_PIECE)):
            coming.write(piece)
        if coming.digest.hex() != member.name:
            raise ValueError(f"{file}: {member.name} 已损坏 / is damaged")
        coming.keep()
