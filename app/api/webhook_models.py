"""Webhooks over the wire: what an endpoint is set to, how it stands, and its log."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.api.models import Clean, Code, Moment, Named, Paging, Strict, example
from app.domain.answer import Outcome
from app.domain.topic import Topic
from app.domain.webhook import (
    SCHEDULE,
    Condition,
    Envelope,
    Payload,
    Recovery,
    Signing,
    WebhookId,
)
from app.domain.wish import LONGEST_SCHEDULE, MOST_RETRIES

MOST_RESENT: Final = 100
WEEK: Final = 7 * 86400
_Delay = Annotated[int, Field(ge=1, le=LONGEST_SCHEDULE)]
_Type = Annotated[Clean, StringConstraints(max_length=60)]
_Url = Annotated[Clean, StringConstraints(min_length=1, max_length=2048)]
_Id = Annotated[Clean, StringConstraints(min_length=1, max_length=64)]
_WISHED: Final[dict[str, Any]] = {
    "url": "https://dashboard.example.gov.cn/yiguan",
    "description": "区级大屏",
    "types": ["unit.*", "clock.overdue"],
    "payload": "full",
    "batch": 50,
}


class WishIn(Strict, use_attribute_docstrings=True):
    """What an endpoint may be set to."""

    description: Annotated[Clean, StringConstraints(max_length=200)] = ""
    types: Annotated[list[_Type], Field(max_length=100, default_factory=list)]
    """Event types, or families of them as `unit.*`; none: all."""
    payload: Payload = Payload.THIN
    envelope: Envelope = Envelope.STANDARD
    batch: Annotated[int, Field(ge=1, le=100)] = 1
    """Up to how many messages go in one request; more than 1: as an array, after 1 s at most."""
    headers: Annotated[dict[str, str], Field(default_factory=dict)]
    """Sent with each request; never shown again, but for their names."""
    rate: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Requests a second at most; null: no limit."""
    in_flight: Annotated[int, Field(ge=1, le=64)] = 16
    """Requests at once at most."""
    schedule: Annotated[
        list[_Delay],
        Field(min_length=1, max_length=MOST_RETRIES, default_factory=lambda: list(SCHEDULE)),
    ]
    """Seconds before each further attempt, 7 days in all at most."""
    timeout: Annotated[int, Field(ge=1, le=30)] = 15
    """Seconds a request may take."""


class WebhookIn(WishIn):
    """An endpoint to make; it hears of what happens from then on."""

    model_config = example(**_WISHED)

    url: _Url
    scope: Code | None = None
    """Whose units it hears of: a body of the caller's subtree; none: the caller's own."""
    signing: Signing = Signing.HMAC
    secret: Annotated[str, StringConstraints(max_length=200)] | None = None
    """For hmac, one of your own (`whsec_` and the base64 of 24 to 64 bytes); none: a new one."""


class WebhookChange(WishIn):
    """What of an endpoint to set otherwise; what is not named stays."""

    model_config = example(types=["unit.*"], rate=20)

    url: _Url = ""
    scope: Code = ""


class RotateIn(Strict, use_attribute_docstrings=True):
    """How long the present secret signs beside the new one."""

    model_config = example(overlap=86400)

    overlap: Annotated[int, Field(ge=0, le=WEEK)] = 86400
    """Seconds; 0: the present one is worthless at once."""
    secret: Annotated[str, StringConstraints(max_length=200)] | None = None
    """As when the endpoint was made."""


class DisableIn(Strict):
    """Why nothing is sent any more."""

    model_config = example(reason="大屏检修")

    reason: Annotated[Clean, StringConstraints(max_length=200)] = ""


class ProbeIn(Strict):
    """Of which type the test message is."""

    model_config = example(type="unit.dispatched")

    type: Topic = Topic.UNIT_DISPATCHED


class ResendIn(Strict):
    """Which messages to send again, by their ids."""

    model_config = example(messages=["msg_1_123"])

    messages: Annotated[list[_Id], Field(min_length=1, max_length=MOST_RESENT)]


class RecoverIn(Strict):
    """What to send again, since when; `cursor` is `next` of the answer before."""

    model_config = example(since="2026-11-20T09:00:00+08:00", what="missed")

    since: Moment
    what: Recovery = Recovery.FAILED
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None


class DisabledOut(BaseModel):
    """Since when an endpoint is disabled, and why; `said` is a person's own words."""

    at: datetime
    code: str
    reason: str
    said: str


class WebhookOut(BaseModel, use_attribute_docstrings=True):
    """An endpoint and how it stands."""

    id: WebhookId
    organisation: Named
    url: str
    description: str
    scope: Named
    types: list[str]
    payload: Payload
    envelope: Envelope
    batch: int
    signing: Signing
    public_key: str | None
    old_until: datetime | None
    """Until when the secret before the present one signs as well."""
    headers: list[str] | None
    """Their names; null where the service has lost the key they are sealed with."""
    rate: int | None
    in_flight: int
    schedule: list[int]
    timeout: int
    created_at: datetime
    updated_at: datetime
    version: int
    state: Condition
    open_until: datetime | None
    """Until when it is left alone, because it fails."""
    disabled: DisabledOut | None
    failures: int
    """Attempts that have failed since one succeeded."""
    failing_since: datetime | None
    succeeded_at: datetime | None
    waiting: int
    """Messages still to be delivered."""
    oldest_waiting_at: datetime | None
    dead: int
    """Messages that were given up (死信)."""


class WebhookKeyed(WebhookOut):
    """An endpoint with a secret just made: shown this once, left out when answered again."""

    secret: str | None = None


class WebhookPage(BaseModel):
    """A page of endpoints, the oldest first."""

    items: list[WebhookOut]
    next: str | None = None


class AttemptQuery(Paging):
    """Which attempts."""

    outcome: Outcome | None = None
    message: _Id | None = Field(default=None, description="the id of a message or of a request")
    since: Moment | None = None


class AttemptOut(BaseModel, use_attribute_docstrings=True):
    """One request to an endpoint, and what came of it."""

    id: int | None = None
    at: datetime
    request_id: str
    """Its `webhook-id`: the message's own, or that of a batch."""
    messages: list[str]
    attempt: int
    outcome: Outcome
    status: int | None
    milliseconds: int
    request: str
    """The beginning of what was sent."""
    response: str
    """The beginning of what was answered."""
    error: str
    is_manual: bool
    """Somebody asked for it: a test."""


class AttemptPage(BaseModel):
    """A page of attempts, the newest first."""

    items: list[AttemptOut]
    next: str | None = None


class DeliveryOut(BaseModel, use_attribute_docstrings=True):
    """A message on its way to an endpoint, or given up."""

    id: str
    type: Topic | None
    """Null where the log no longer has it."""
    at: datetime
    unit: UUID | None
    number: str | None
    attempts: int
    """How many have failed so far."""
    due_at: datetime | None
    """When it is tried next."""
    dead_at: datetime | None


class DeliveryPage(BaseModel):
    """A page of messages: waiting ones in the order of the log, dead ones by when they died."""

    items: list[DeliveryOut]
    next: str | None = None


class DeliveryDetail(DeliveryOut):
    """Where one message stands; `state` is waiting, dead, delivered, or unknown."""

    state: str
    delivered_at: datetime | None
    log: list[AttemptOut]
    """Its latest attempts, the newest first."""


class RecoveryOut(BaseModel):
    """How many messages are due again, and from where to go on; null: that was all."""

    due: int
    next: str | None = None
