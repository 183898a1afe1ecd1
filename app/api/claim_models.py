"""What claims look like over the wire, and what takes units in hand and puts them back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from app.api.models import Strict, Told, example
from app.api.problems import Problem
from app.domain.authority import Caller
from app.domain.claim import LEASE, LONGEST, MOST, SHORTEST, is_live
from app.domain.queue import View
from app.domain.unit import Unit


class ClaimOut(Told):
    """Who has a unit in hand (领取), and until when."""

    by: str | None
    """领取人 / who has it in hand"""
    until: datetime
    """领取到期时间 / when it goes back into the queue by itself"""
    mine: bool
    """是否本人领取 / whether it is the caller"""
    token: int | None = None
    """领取凭证, 仅本人可见, 办理时填入 Claim-Token
    / token of one's own claim, which Claim-Token shows with an action
    """


def claim_of(unit: Unit, caller: Caller, now: datetime, name: str | None) -> ClaimOut | None:
    """Render who has a unit in hand, by their name; None if nobody has."""
    if unit.claimed_until is None or not is_live(unit, now):
        return None
    mine = unit.claimed_by == caller.account
    token = unit.claim if mine else None
    return ClaimOut(by=name, until=unit.claimed_until, mine=mine, token=token)


Lease = Annotated[
    int,
    Field(
        default=LEASE,
        ge=SHORTEST,
        le=LONGEST,
        description="Seconds until it goes back into the queue by itself",
    ),
]


class ClaimIn(Strict):
    """How many units to take in hand, for how long, and of which view."""

    model_config = example(max=10, lease=900, view="to_accept")

    max: int = Field(default=1, ge=1, le=MOST)
    lease: Lease
    view: View | None = Field(default=None, description="One of the desk's own views; none: all")


class TakeIn(Strict):
    """Which unit to take in hand, by id or number, and for how long."""

    model_config = example(unit="500103-20261120-00042", lease=900)

    unit: str = Field(max_length=64)
    lease: Lease


class Held(Strict):
    """A unit in hand, with the token of the claim."""

    unit: UUID
    token: int = Field(ge=1)


def _each_once(value: list[Held]) -> list[Held]:
    if len({one.unit for one in value}) < len(value):
        message = "同一单元出现多次 / a unit is named more than once"
        raise ValueError(message)
    return value


_HELD = {"unit": "01932f3e-7b1a-7c3d-9e5f-0a1b2c3d4e5f", "token": 3}


class ReleaseIn(Strict):
    """What to put back into the queue."""

    model_config = example(units=[_HELD])

    units: Annotated[list[Held], AfterValidator(_each_once)] = Field(min_length=1, max_length=MOST)


class RenewIn(ReleaseIn):
    """What to keep in hand, and for how long from now."""

    model_config = example(units=[_HELD], lease=900)

    lease: Lease


class HeldOut(BaseModel):
    """What became of one claim: 200, until when if it goes on, or the problem that it met."""

    unit: UUID
    status: int
    until: datetime | None = None
    problem: Problem | None = None


class HeldListOut(BaseModel):
    """The outcomes in the order asked for."""

    done: int
    refused: int
    items: list[HeldOut]
