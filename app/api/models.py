"""What goes over the wire: the contract's words and the shapes that many others are made of."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from app.domain.area import Tier
from app.domain.organisation import OrganisationKind

TEXT: Final = 4000
PAGE: Final = 50
MOST: Final = 200
FIRST_YEAR, LAST_YEAR = 1990, 2200
_MARGIN: Final = timedelta(days=2)


_MOMENT: Final = re.compile(r"\s*\d{4}-\d\d-\d\d([Tt ]|$)")


def _written_out(value: object) -> object:
    """Refuse bare numbers: they are no RFC 3339 time and tell no offset."""
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.match(value)):
        return value
    message = "应为 RFC 3339 时间 / must be an RFC 3339 time"
    raise ValueError(message)


def _storable(value: datetime) -> datetime:
    try:
        moment = value.astimezone(UTC)
        # The city's clocks must be able to show it, and the day after it.
        return (moment + _MARGIN) - _MARGIN
    except OverflowError:
        message = "时间超出范围 / the time is out of range"
        raise ValueError(message) from None


def _reckonable(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        message = f"日期须在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间"
        message += f" / the day must lie in the years {FIRST_YEAR} to {LAST_YEAR}"
        raise ValueError(message)
    return value


Day = Annotated[date, AfterValidator(_reckonable)]
"""A day that periods can be made of."""
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_storable)]
"""A time with its offset, as RFC 3339 writes it."""


def _clean(value: str) -> str:
    """Refuse what PostgreSQL cannot store; lone surrogates do not survive the JSON parser."""
    if "\x00" in value:
        message = "含有空字符(NUL) / contains a NUL character"
        raise ValueError(message)
    return value


Clean = Annotated[str, AfterValidator(_clean)]
Code = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\s,{}\x00-\x1f]+$")]
Words = Annotated[Clean, StringConstraints(max_length=TEXT)]


class Strict(BaseModel):
    """Input: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def example(**values: Any) -> ConfigDict:
    """Return the configuration of an input that shows these values as its example."""
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [values]})


class Said(Strict):
    """What an actor says about an action."""

    model_config = example(reason="已清运完毕, 现场干净")

    reason: Words = ""


class Paging(Strict):
    """Which page of a list."""

    cursor: str | None = Field(default=None, description="`next` of the page before")
    limit: int = Field(default=PAGE, ge=1, le=MOST, description="How many items a page holds")


class Told(BaseModel):
    """Output whose fields say what they are, `Chinese / English`: the dictionary reads it here."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Named(Told):
    """A code with what it is called."""

    code: str
    """编码 / code"""
    name: str
    """名称 / name"""


class DutyOut(Told):
    """Somebody on duty."""

    person: str
    """值班人 / who is on duty"""
    phone: str
    """值班电话 / telephone"""


class OrganisationOut(Named):
    """An organisation as units show it; `on_duty` where it has a roster and one unit is shown."""

    kind: OrganisationKind | None = None
    """单位类型 / what sort of body it is"""
    tier: Tier | None = None
    """层级 / tier"""
    phone: str = ""
    """联系电话 / telephone"""
    on_duty: list[DutyOut] = []
    """当前值班人员 / who is on duty now"""
