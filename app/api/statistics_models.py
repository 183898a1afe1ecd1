"""Statistics over the wire: what is asked, and rows of figures and rates."""

from datetime import date, datetime
from typing import Final, Literal

from pydantic import BaseModel, Field

from app.api.models import Clean, Code, Day, Named, Paging, Strict
from app.domain.area import Tier
from app.domain.event import Channel
from app.domain.measure import FIGURES, RATES, STOCKS
from app.domain.responsibility import Kind

SHOWN: Final = (
    *("reported", "filed", "closed", "overdue", "stock_after"),
    *("disposal_on_time_rate", "closing_on_time_rate", "recurrence_rate", "satisfaction_rate"),
)
"""What a trend shows unless something else is asked for."""


class CountedQuery(Strict):
    """Whose figures, of what and of when."""

    organisation: Code | None = Field(default=None, description="default: the caller's own")
    since: Day | None = Field(default=None, alias="from", description="with `to`")
    until: Day | None = Field(default=None, alias="to", description="the last day, included")
    subtree: bool = Field(default=True, description="with the bodies of its area")
    channel: Channel | None = None
    kind: Kind | None = None
    category: Clean | None = Field(
        default=None, description="a category's code, such as 06010, or an entry's"
    )


class StatisticsQuery(CountedQuery):
    """Whose figures, of when, of what, and by what they are told apart."""

    period: Clean | None = Field(
        default=None,
        description="2026-11, 2026-11-20 or 2026, and not `from`; default: this month",
    )
    by: Literal["organisation", "day", "month", "channel", "kind", "category"] | None = None
    rank: str = Field(
        default="disposal_on_time_rate",
        description="by which rate organisations are ranked",
        json_schema_extra={"enum": list(RATES)},
    )
    place: bool = Field(
        default=False, description="also the place of who is asked about among its siblings"
    )


class MonthlyQuery(Strict):
    """Whose month."""

    organisation: Code | None = Field(default=None, description="default: the caller's own")
    period: Clean | None = Field(default=None, description="2026-11; default: this month")


class TrendQuery(CountedQuery):
    """Whose figures, of what, over which days or months."""

    by: Literal["day", "month"] = Field(
        default="day", description="by month the days are widened to whole months"
    )
    figures: Clean = Field(
        default=",".join(SHOWN),
        description="figures and rates with commas between them",
        json_schema_extra={"items": [*FIGURES, *STOCKS, *RATES]},
    )


class UnitsQuery(CountedQuery, Paging):
    """Behind which figure, and whose and of what it is."""

    figure: str = Field(json_schema_extra={"enum": [*FIGURES, *STOCKS]})
    since: Day = Field(alias="from")
    until: Day = Field(alias="to", description="the last day, included")
    level: Tier | None = Field(default=None, description="of the bodies of this tier alone")


class FigureOut(BaseModel):
    """A number, what it was the period before and a year ago, and where its units are listed.

    `list` is null of a body that no rulebook knows any more.
    """

    value: int
    before: int | None = None
    last_year: int | None = None
    list: str | None = None


class RateOut(BaseModel):
    """A rate from 0 to 1; null where nothing was due."""

    value: float | None
    before: float | None = None
    last_year: float | None = None


class RankOut(BaseModel):
    """The place among bodies of the same tier and kind; equals share one."""

    place: int
    of: int


class StatisticsRow(BaseModel):
    """What was counted of one organisation, day, channel …; `key` says of which."""

    key: Named | None
    tier: Tier | None = None
    rank: RankOut | None = None
    figures: dict[str, FigureOut]
    rates: dict[str, RateOut]


class PeriodOut(BaseModel):
    """Days, the last one included."""

    since: date = Field(serialization_alias="from")
    until: date = Field(serialization_alias="to")


class StatisticsOut(BaseModel):
    """Rows of figures, and all of them together.

    `as_of`: whatever happened up to then is counted; null: nothing has been counted yet.
    """

    organisation: Named
    period: PeriodOut
    before: PeriodOut
    last_year: PeriodOut
    by: str | None
    as_of: datetime | None
    rows: list[StatisticsRow]
    total: StatisticsRow


class TrendOut(BaseModel):
    """Figures and rates day by day, or month by month: each has a value for each of `at`.

    A day on which nothing happened has zeros, and null for rates. `as_of` as in statistics.
    """

    organisation: Named
    period: PeriodOut
    by: str
    as_of: datetime | None
    at: list[date]
    figures: dict[str, list[int]]
    rates: dict[str, list[float | None]]


class MonthlyRowOut(BaseModel):
    """A channel and a level; the last row, without either, is all of them together."""

    channel: Named | None
    level: Named | None
    figures: dict[str, FigureOut]
    rates: dict[str, RateOut]


class MonthlyOut(BaseModel):
    """The officials' monthly table (渠道 × 层级), with the month before beside it."""

    organisation: Named
    period: PeriodOut
    before: PeriodOut
    as_of: datetime | None
    rows: list[MonthlyRowOut]
