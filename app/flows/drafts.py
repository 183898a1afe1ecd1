"""Drafts of a rulebook: stored, and seen as they would be in force."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from app.domain.errors import NotFound
from app.domain.rulebook import Part
from app.flows.rulebook import Library, Reference, redrawn
from app.store import drafts, parts, rulebooks
from app.store.database import Tx
from app.store.drafts import Draft
from app.store.parts import Content

CURRENT: Final = "current"
_DRAFT: Final = re.compile(r"d(\d{1,9})", re.ASCII)
_VERSION: Final = re.compile(r"\d{1,9}", re.ASCII)


async def save(
    tx: Tx,
    contents: Mapping[Part, Content],
    *,
    note: str,
    now: datetime,
    by: str,
    onto: Draft | None = None,
) -> Draft:
    """Store content for some parts as a draft, with the other parts of one that is there.

    Nothing changes by it: a draft too is written once.
    """
    await rulebooks.lock(tx)
    versions = dict(onto.parts) if onto else {}
    for part, content in contents.items():
        encoded = parts.encode(part, content)
        versions[part] = await rulebooks.put_part(tx, part, encoded, at=now, by=by)
    return await drafts.put(tx, versions, note=note, at=now, by=by)


async def find(tx: Tx, name: str) -> Draft:
    """Return a draft by its name, such as d3; raises NotFound."""
    match = _DRAFT.fullmatch(name)
    draft = await drafts.find(tx, int(match[1])) if match else None
    if draft is None:
        raise _unknown(name)
    return draft


async def discard(tx: Tx, name: str) -> None:
    """Throw a draft away; what was published of it stays. Raises NotFound."""
    draft = await find(tx, name)
    if not await drafts.remove(tx, draft.number):
        raise _unknown(name)


async def contents_of(tx: Tx, draft: Draft) -> dict[Part, Content]:
    """Return what a draft would publish."""
    return {
        part: parts.decode(part, await rulebooks.part_content(tx, part, version))
        for part, version in draft.parts.items()
    }


async def reference(tx: Tx, library: Library, name: str, *, now: datetime) -> Reference:
    """Return what a name stands for: `current`, a version such as 17, or a draft such as d3.

    A draft is seen as it would be if it were in force now. Takes seconds: hand it a connection
    that only reads. Raises NotFound.
    """
    if name == CURRENT:
        return library.current(now)
    if is_version(name):
        try:
            return (await library.at(tx, int(name))).on(now)
        except LookupError:
            raise _unknown(name) from None
    contents = await contents_of(tx, await find(tx, name))
    drawn = await asyncio.to_thread(redrawn, library.current(now), contents)
    return drawn.on(now)


def is_version(name: str) -> bool:
    """Tell whether a name is that of a version, such as 17."""
    return _VERSION.fullmatch(name) is not None


def _unknown(name: str) -> NotFound:
    return NotFound(
        zh=f"没有规则库版本或草稿“{name}”, 应为 current、版本号或 d 加草稿号",
        en=f"no rulebook version or draft {name}",
        field="version",
    )
