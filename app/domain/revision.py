"""Revisions: what one list makes of another's entries, added, removed or changed in what."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from app.domain.responsibility import Entry


class Deed(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    """新增"""
    CHANGED = "changed"
    """修改"""
    REMOVED = "removed"
    """删除"""


@dataclass(frozen=True, slots=True)
class Revision:
    """What became of one entry: as it is now, or last was; `before` and `fields` if it changed."""

    deed: Deed
    entry: Entry
    before: Entry | None = None
    fields: tuple[str, ...] = ()


_FIELDS: Final = tuple(field.name for field in fields(Entry))


def revisions(before: Iterable[Entry], after: Iterable[Entry]) -> tuple[Revision, ...]:
    """Return what differs, in the order of the later list; what it lacks comes last."""
    old = {entry.code: entry for entry in before}
    found = []
    for entry in after:
        was = old.pop(entry.code, None)
        if was is None:
            found.append(Revision(Deed.ADDED, entry))
        elif entry != was:
            found.append(Revision(Deed.CHANGED, entry, was, _differing(was, entry)))
    return (*found, *(Revision(Deed.REMOVED, entry) for entry in old.values()))


def _differing(was: Entry, entry: Entry) -> tuple[str, ...]:
    return tuple(name for name in _FIELDS if getattr(was, name) != getattr(entry, name))
