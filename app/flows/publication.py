"""Publication: a new version now or from a moment on, back to an earlier one, one withdrawn.

The versions that are to come form one line: each is made on top of the one before it. When
something joins or leaves the line, all behind it are made anew on top of it with what they
themselves change, so that nothing scheduled undoes what was published after it was scheduled.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from app.domain.errors import Invalid, NotFound, Unavailable
from app.domain.fit import Misfit, links, misfits
from app.domain.roster import Shift
from app.domain.rulebook import Part
from app.domain.words import PART
from app.flows.rulebook import NEEDED
from app.store import parts, rulebooks, units
from app.store.database import Tx
from app.store.drafts import Draft
from app.store.parts import Content
from app.store.rulebooks import Edition

NOTICE: Final = timedelta(seconds=5)
"""How long before a version takes effect it is published, so that every process has it by then."""

NAMED: Final = 5
"""How many codes a refusal names."""


@dataclass(frozen=True, slots=True)
class _Act:
    """Who publishes when, and what is said of it; `at` is when it is to come into force."""

    now: datetime
    by: str
    note: str
    at: datetime | None = None


async def publish(
    tx: Tx,
    contents: Mapping[Part, Content],
    *,
    now: datetime,
    by: str,
    note: str = "",
    at: datetime | None = None,
) -> Edition:
    """Publish new content for some parts, in force after notice or from `at` on.

    The other parts stay as the version in force at that moment has them. The first version of
    all is in force at once. Raises Invalid if a part has never been published and is not given,
    if parts do not fit together, or if codes that open units stand with would vanish.
    """
    await rulebooks.lock(tx)
    changed = {
        part: await rulebooks.put_part(tx, part, parts.encode(part, content), at=now, by=by)
        for part, content in contents.items()
    }
    return await _issue(tx, changed, contents, _Act(now, by, note, at))


async def publish_draft(
    tx: Tx, draft: Draft, *, now: datetime, by: str, note: str = "", at: datetime | None = None
) -> Edition:
    """Publish the parts of a draft as `publish` does."""
    await rulebooks.lock(tx)
    return await _issue(tx, draft.parts, {}, _Act(now, by, note or draft.note, at))


async def roll_back(
    tx: Tx,
    version: int,
    *,
    now: datetime,
    by: str,
    note: str = "",
    only: Collection[Part] = NEEDED,
) -> Edition:
    """Publish the parts of an earlier version again.

    Duty rosters stay unless asked for: they say who is there today, not what the rules are.
    Raises NotFound, and Invalid as `publish` does.
    """
    await rulebooks.lock(tx)
    earlier = await _find(tx, version)
    if earlier.withdrawn_at is not None:
        raise Invalid(
            zh=f"第 {version} 版已撤回, 从未生效",
            en=f"version {version} was withdrawn and never in force",
            field="version",
        )
    changed = {part: number for part, number in earlier.parts.items() if part in only}
    return await _issue(tx, changed, {}, _Act(now, by, note or _restored(version)))


async def withdraw(tx: Tx, version: int, *, now: datetime) -> Edition:
    """Have a scheduled version never come into force.

    Raises NotFound, and Invalid for one that is in force or will be before all could know.
    """
    await rulebooks.lock(tx)
    found = await _find(tx, version)
    if found.withdrawn_at is not None:
        return found
    if found.in_force_at < await _soonest(tx, now):
        raise Invalid(
            zh=f"第 {version} 版已经或即将生效, 不能撤回; 请恢复此前的版本",
            en=f"version {version} is or is about to be in force: roll back instead",
            field="version",
        )
    line = await rulebooks.live(tx, since=now)
    place = [edition.version for edition in line].index(version)
    if place == 0:
        raise Invalid(
            zh="首个版本不能撤回", en="the first version cannot be withdrawn", field="version"
        )
    await rulebooks.withdraw(tx, version, at=now)
    await _remake(tx, line[place - 1], line[place + 1 :], now)
    return replace(found, withdrawn_at=now)


def _restored(version: int) -> str:
    return f"恢复第 {version} 版 / back to version {version}"


async def _find(tx: Tx, version: int) -> Edition:
    found = await rulebooks.edition(tx, version)
    if found is None:
        raise NotFound(
            zh=f"没有规则库第 {version} 版", en=f"no rulebook version {version}", field="version"
        )
    return found


async def _issue(
    tx: Tx, changed: Mapping[Part, int], known: Mapping[Part, Content], act: _Act
) -> Edition:
    """Put a new version into the line; `known` is content that need not be read again."""
    line = await rulebooks.live(tx, since=act.now)
    base = _before(line, await _moment(tx, act, line))
    versions = {**(base.parts if base else {}), **changed}
    if base and versions == base.parts:
        return base
    _refuse_missing(versions)
    await _refuse_unfit(tx, versions, changed, known)
    if base and act.at is not None:
        await _refuse_vanishing(tx, versions, base.parts)
    # Asked again: what was done meanwhile may have taken seconds of the notice.
    moment = await _moment(tx, act, line)
    if _before(line, moment) is not base:
        raise Unavailable(
            zh="一个预定版本正在生效, 请重试",
            en="a scheduled version is coming into force this moment: try again",
        )
    edition = Edition(
        version=await _number(tx),
        parts=versions,
        published_at=act.now,
        published_by=act.by,
        in_force_at=moment,
        base=base.version if base else None,
        changed=_differing(versions, base.parts if base else {}),
        note=act.note,
    )
    await rulebooks.put(tx, edition)
    await _remake(tx, edition, [one for one in line if one.in_force_at > moment], act.now)
    return edition


async def _remake(tx: Tx, base: Edition, behind: Sequence[Edition], now: datetime) -> None:
    """Make the versions behind a new place in the line anew; the old ones are withdrawn."""
    for pending in behind:
        changed = {part: pending.parts[part] for part in pending.changed}
        edition = replace(
            pending,
            version=await _number(tx),
            parts={**base.parts, **changed},
            published_at=now,
            base=base.version,
        )
        await _refuse_unfit(tx, edition.parts, changed, {})
        await _refuse_vanishing(tx, edition.parts, await _renewed(tx, pending, base))
        await rulebooks.withdraw(tx, pending.version, at=now)
        await rulebooks.put(tx, edition)
        base = edition


def _differing(versions: Mapping[Part, int], before: Mapping[Part, int]) -> tuple[Part, ...]:
    """Return what a version changes: the same still when it is made anew on another base."""
    return tuple(part for part, number in versions.items() if before.get(part) != number)


async def _number(tx: Tx) -> int:
    newest = await rulebooks.latest(tx)
    return newest.version + 1 if newest else 1


async def _soonest(tx: Tx, now: datetime) -> datetime:
    """Return when what is published now may come into force.

    A transaction that has waited for others, or worked, for long gives its notice from then.
    """
    return now + NOTICE + timedelta(seconds=int(await rulebooks.seconds_open(tx)))


async def _moment(tx: Tx, act: _Act, line: Sequence[Edition]) -> datetime:
    """Return when a version comes into force; raises Invalid for a moment too near."""
    soonest = await _soonest(tx, act.now) if line else act.now
    if act.at is not None and act.at < soonest:
        raise Invalid(
            zh=f"生效时间须晚于现在至少 {NOTICE.seconds} 秒",
            en=f"a version comes into force {NOTICE.seconds} s from now at the earliest",
            field="at",
        )
    return act.at or soonest


def _before(line: Sequence[Edition], moment: datetime) -> Edition | None:
    """Return the version in force at a moment."""
    return next((one for one in reversed(line) if one.in_force_at <= moment), None)


def _refuse_missing(versions: Mapping[Part, int]) -> None:
    missing = [part for part in NEEDED if part not in versions]
    if missing:
        raise Invalid(
            zh=f"首次发布缺少: {'、'.join(missing)}",
            en=f"the first version lacks {', '.join(missing)}",
            field=missing[0],
        )


async def _refuse_unfit(
    tx: Tx, versions: Mapping[Part, int], changed: Collection[Part], known: Mapping[Part, Content]
) -> None:
    """Raise Invalid when parts would not fit together, or leave open units without a code."""
    linked = {part for link in links(changed) for part in link} & set(versions)
    read = {
        part: await rulebooks.part_content(tx, part, versions[part]) for part in linked - set(known)
    }
    # Seconds of pure computation for a whole city: the loop goes on answering meanwhile.
    contents, found = await asyncio.to_thread(_compared, known, read, changed)
    await _refuse_orphans(tx, {part: contents[part] for part in changed if part in contents})
    for misfit in found[:1]:
        shown = "、".join(misfit.codes[:NAMED])
        part, lacking = PART[misfit.part], PART[misfit.lacking]
        raise Invalid(
            zh=f"{part[0]}所用的 {len(misfit.codes)} 个编码不在{lacking[0]}中: {shown}",
            en=f"the {part[1]} name {len(misfit.codes)} codes the {lacking[1]} lack: {shown}",
            field=misfit.part,
        )


def _compared(
    known: Mapping[Part, Content], read: Mapping[Part, bytes], changed: Collection[Part]
) -> tuple[dict[Part, Content], list[Misfit]]:
    decoded = {part: parts.decode(part, content) for part, content in read.items()}
    contents = {**known, **decoded}
    return contents, misfits(contents, changed)


async def _refuse_orphans(tx: Tx, contents: Mapping[Part, Content]) -> None:
    """Raise Invalid when areas or organisations that open units stand with would vanish."""
    if Part.ORGANISATIONS not in contents and Part.AREAS not in contents:
        return
    bodies, areas = await units.codes_in_use(tx)
    for part, needed in ((Part.ORGANISATIONS, bodies), (Part.AREAS, areas)):
        if part not in contents:
            continue
        missing = sorted(needed - codes_of(contents[part]))
        if missing:
            shown = "、".join(missing[:NAMED])
            raise Invalid(
                zh=f"{len(missing)} 个在办单元所用的编码不在文件中: {shown}",
                en=f"open units stand with {len(missing)} codes the file lacks: {shown}",
                field=part,
            )


async def _renewed(tx: Tx, pending: Edition, base: Edition) -> Mapping[Part, int]:
    """Return the parts that are others under a pending version than when it was checked last."""
    known = await rulebooks.edition(tx, pending.base) if pending.base else None
    under = known.parts if known else {}
    return {part: number for part, number in base.parts.items() if under.get(part) != number}


async def _refuse_vanishing(
    tx: Tx, versions: Mapping[Part, int], before: Mapping[Part, int]
) -> None:
    """Raise Invalid when a scheduled version lacks areas or organisations of the one before it.

    Until it comes into force units may come to stand with any of them.
    """
    for part in (Part.ORGANISATIONS, Part.AREAS):
        if before.get(part) in {None, versions[part]}:
            continue
        read = [await rulebooks.part_content(tx, part, one[part]) for one in (before, versions)]
        missing = sorted(await asyncio.to_thread(_vanished, part, *read))
        if missing:
            shown = "、".join(missing[:NAMED])
            raise Invalid(
                zh=f"预定版本的文件缺少 {len(missing)} 个此前有效的编码"
                f", 请保留并注明 valid_to: {shown}",
                en=f"a scheduled version lacks {len(missing)} codes of the one before it;"
                f" keep them, ended by valid_to: {shown}",
                field=part,
            )


def _vanished(part: Part, before: bytes, after: bytes) -> set[str]:
    return codes_of(parts.decode(part, before)) - codes_of(parts.decode(part, after))


def codes_of(content: Content) -> set[str]:
    """Return the codes a part's content has; a part that is not made of coded rows has none."""
    rows = content if isinstance(content, tuple) else ()
    return {str(row.code) for row in rows if not isinstance(row, Shift)}
