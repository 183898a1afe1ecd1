"""Overtaken (已被他人办理): what somebody hears who saw a unit as it is no more."""

from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.domain.errors import Claimed, ClaimLost, DomainError, Last, Present, Stale
from app.domain.unit import Unit
from app.domain.words import ACTION, STATE

Refusal = TypeVar("Refusal", bound=DomainError)


def stale(unit: Unit, seen: int) -> Stale:
    """Return the refusal of somebody who saw another version of the unit."""
    return Stale(
        zh=f"单元已变为第 {unit.version} 版(您看到的是第 {seen} 版)",
        en=f"the unit is at version {unit.version} (you saw {seen})",
        field="If-Match",
        present=Present(unit.version, unit.state),
    )


def told(refusal: Refusal, unit: Unit, last: Last | None, now: datetime, zone: str) -> Refusal:
    """Return a refusal that tells how the unit stands now, and who brought it there."""
    refusal.present = Present(unit.version, unit.state, last)
    if last is None:
        return refusal
    there = ZoneInfo(zone)
    when, who = _clock(last.at, now, there), f"{last.name}({last.by})" if last.by else last.name
    zh, en = ACTION[last.action]
    if isinstance(refusal, Stale):
        now_zh, now_en = STATE[unit.state]
        refusal.zh = f"{refusal.zh}: {who} {when} 已“{zh}”, 现为“{now_zh}”, 请刷新"
        refusal.en = f"{refusal.en}: {en} by {who} at {when}, now {now_en}; refresh"
    elif isinstance(refusal, Claimed | ClaimLost):
        refusal.zh = f"{refusal.zh}: {who} {when} 已“{zh}”"
        refusal.en = f"{refusal.en}: {en} by {who} at {when}"
        if unit.claimed_until is not None:
            until = _clock(unit.claimed_until, now, there)
            refusal.zh, refusal.en = f"{refusal.zh}, 至 {until}", f"{refusal.en}, until {until}"
    return refusal


def _clock(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a moment as people of the city say it: without the day if it is today's."""
    there = at.astimezone(zone)
    is_today = there.date() == now.astimezone(zone).date()
    return f"{there:%H:%M}" if is_today else f"{there:%m-%d %H:%M}"
