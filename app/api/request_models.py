"""What a request looks like over the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.api.models import Clean, Code, Moment, Named, Paging, Said, example
from app.domain.request import RequestKind, RequestState
from app.domain.responsibility import Urgency
from app.domain.unit import ClockName, State

LimitText = Annotated[Clean, StringConstraints(max_length=40)]


class AboutOut(BaseModel):
    """The unit a request is about, as it stands now.

    Where it is now and by when is null for who has no part in it any more.
    """

    number: str
    title: str
    urgency: Urgency
    state: State | None
    holder: Named | None
    due_at: datetime | None
    overdue_at: datetime | None


class RequestOut(BaseModel):
    """What somebody has asked for; `text` says it in a sentence."""

    id: UUID
    unit: UUID
    kind: RequestKind
    text: str
    organisation: Named
    at: datetime
    reason: str
    until: datetime | None
    """Until when a suspension (挂账) is asked for."""
    helper: Named | None
    """Whose support (协办) is asked for."""
    limit: str | None
    """How much more time an extension (延期) means, or within what support is wanted."""
    clock: ClockName | None
    """Whose lateness an appeal (申诉) is about."""
    agreed: list[Named]
    """Centres that have agreed while another has yet to."""
    state: RequestState
    desk: Named | None
    """The centre that must decide it now."""
    decided_at: datetime | None
    decision: str
    about: AboutOut


class RequestIn(Said):
    """What is asked for and why; a suspension (挂账) also says until when."""

    model_config = example(kind="extension", reason="配件须从外地调运, 三天后到")

    kind: Literal[
        RequestKind.EXTENSION, RequestKind.SUSPENSION, RequestKind.RETURN, RequestKind.CANCEL
    ]
    until: Moment | None = None


class SupportIn(Said):
    """Whose help is asked for, an organisation's or whoever holds a function, and why.

    `limit` is within what it is wanted; the centre may set another one.
    """

    model_config = example(function="enforcement", limit="1工作日", reason="占道经营需执法配合")

    holder: Code | None = None
    function: Code | None = None
    limit: LimitText | None = None


class AppealIn(Said):
    """Which limit was late, and why it should not count."""

    model_config = example(clock="dispose", reason="市电中断, 泵站无法排水")

    clock: ClockName


class GrantIn(Said):
    """What is said to a request; support (协办) is granted as a task with a title and a limit.

    Left out, the limit asked for holds, or else the list's.
    """

    model_config = example(reason="同意", title="配合执法", limit="1工作日")

    title: Annotated[Clean, StringConstraints(max_length=100)] = ""
    limit: LimitText | None = None


class Whose(StrEnum):
    """Whose requests a list shows."""

    DESK = "desk"
    """What the caller's centre must decide."""
    OWN = "own"
    """What the caller's organisation has asked for."""
    SUBTREE = "subtree"
    """Those about the units that the caller may see."""


class RequestQuery(Paging):
    """Which requests; those of a desk are pending ones."""

    whose: Whose = Whose.DESK
    kind: RequestKind | None = None
    state: RequestState | None = Field(
        default=None, description="Of own or of the subtree: all of them unless it is given"
    )


class RequestPage(BaseModel):
    """A page of requests: pending ones by urgency and then age, else the newest first."""

    items: list[RequestOut]
    next: str | None = None
