"""Evidence (佐证材料): what may be attached, and what resolving needs of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final, NewType
from uuid import UUID

from app.domain.errors import Invalid
from app.domain.responsibility import Evidence

AttachmentId = NewType("AttachmentId", UUID)

LARGEST: Final = 20 << 20
"""Bytes of one attachment."""
HEAD: Final = 64
"""How many of its first bytes tell what it is."""
NAME: Final = 100


class Phase(StrEnum):
    """What an attachment shows."""

    BEFORE = "before"
    """处置前"""
    AFTER = "after"
    """处置后"""
    OTHER = "other"
    """其他"""


class FileType(StrEnum):
    """What may be attached, by its media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    PDF = "application/pdf"

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The endings a file of this type may have, the usual one first."""
        return (".jpg", ".jpeg") if self is FileType.JPEG else (f".{self.name.lower()}",)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """An attachment named by a report or an action, and what it shows there."""

    id: AttachmentId
    phase: Phase


_MAGIC: Final[Mapping[bytes, FileType]] = {
    b"\xff\xd8\xff": FileType.JPEG,
    b"\x89PNG\r\n\x1a\n": FileType.PNG,
    b"%PDF-": FileType.PDF,
}
_HEIC: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
"""Brands of ISO 23008-12; `mif1` alone may as well be AVIF."""


def type_of(head: bytes) -> FileType | None:
    """Return what a file is by its first bytes, whatever its name or sender say."""
    for magic, found in _MAGIC.items():
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileType.WEBP
    return FileType.HEIC if head[4:8] == b"ftyp" and _brands(head) & _HEIC else None


def _brands(head: bytes) -> frozenset[bytes]:
    """Return the brands of an ISO base media file: the major one, and the compatible ones."""
    box = head[: int.from_bytes(head[:4], "big")]
    return frozenset({box[8:12], *(box[at : at + 4] for at in range(16, len(box) - 3, 4))})


def named(name: str, kind: FileType) -> str:
    """Return a name that is safe to save under: no folders, nothing unprintable, an honest end."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    path = PurePosixPath(plain or "attachment")
    if path.suffix.lower() in kind.suffixes:
        return f"{path.stem[:NAME]}{path.suffix}"
    return f"{path.name[:NAME]}{kind.suffixes[0]}"


_NEEDED: Final[Mapping[Evidence, tuple[Phase, ...]]] = {
    Evidence.NONE: (),
    Evidence.AFTER: (Phase.AFTER,),
    Evidence.BEFORE_AFTER: (Phase.BEFORE, Phase.AFTER),
}
PHASE: Final[Mapping[Phase, tuple[str, str]]] = {
    Phase.BEFORE: ("处置前", "before the work"),
    Phase.AFTER: ("处置后", "after the work"),
    Phase.OTHER: ("其他", "something else"),
}


def missing(rule: Evidence, shown: Collection[Phase]) -> tuple[Phase, ...]:
    """Return what an entry's rule asks for and is not shown."""
    return tuple(phase for phase in _NEEDED[rule] if phase not in shown)


def require(rule: Evidence, shown: Collection[Phase]) -> None:
    """Raise Invalid, naming what is missing, unless what is shown satisfies an entry's rule."""
    found = missing(rule, shown)
    if found:
        zh = "、".join(PHASE[phase][0] for phase in found)
        raise Invalid(
            zh=f"办结须附{zh}的照片或文件",
            en=f"resolving needs an attachment of phase {' and '.join(found)}",
            field="attachments",
            allowed=list(found),
        )
