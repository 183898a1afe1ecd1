"""Claims (领取): a unit of a desk in one person's hands for a while, so that no two do the same."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from app.domain.action import Action
from app.domain.authority import Caller, Role
from app.domain.errors import Claimed, ClaimLost
from app.domain.lifecycle import RAISES_VERSION
from app.domain.unit import Unit

LEASE: Final = 900
"""Seconds a unit stays in somebody's hands unless they say otherwise."""
SHORTEST: Final = 30
LONGEST: Final = 12 * 3600
MOST: Final = 100
"""Units claimed at once."""

OVER: Final[Mapping[str, Any]] = {"claimed_by": None, "claimed_until": None}
"""A unit's fields when nobody has it in hand: whatever raises its version sets them."""


def is_live(unit: Unit, now: datetime) -> bool:
    """Tell whether somebody has the unit in hand; a lease ends by itself."""
    return unit.claimed_until is not None and unit.claimed_until > now


def is_by(unit: Unit, caller: Caller, now: datetime) -> bool:
    """Tell whether the caller has the unit in hand."""
    return is_live(unit, now) and unit.claimed_by == caller.account


def bars(unit: Unit, caller: Caller, now: datetime) -> bool:
    """Tell whether a colleague of the same desk has the unit in hand.

    Supervisors may act all the same, and so may people of other desks, who work on other things.
    """
    if unit.desk != caller.organisation or Role.SUPERVISOR in caller.roles:
        return False
    return is_live(unit, now) and unit.claimed_by != caller.account


def refuse(
    unit: Unit, caller: Caller, action: Action, now: datetime, *, token: int | None = None
) -> None:
    """Raise Claimed if a colleague has the unit in hand, ClaimLost if a token shown is stale."""
    if token is not None:
        refuse_lost(unit, caller, token, now)
    if action in RAISES_VERSION and bars(unit, caller, now):
        raise taken()


def refuse_lost(unit: Unit, caller: Caller, token: int, now: datetime) -> None:
    """Raise ClaimLost unless the token is that of the caller's own claim, and this is live."""
    if not is_by(unit, caller, now) or unit.claim != token:
        raise ClaimLost(
            zh=f"您的领取(凭证 {token})已失效",
            en=f"your claim (token {token}) holds no longer",
            field="Claim-Token",
        )


def taken() -> Claimed:
    """Return the refusal of a unit that a colleague has in hand."""
    return Claimed(zh="该单元已被他人领取", en="somebody else has the unit in hand", field="unit")
