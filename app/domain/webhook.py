"""Webhooks (推送订阅): what an endpoint asks for, and which lines of the feed it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from app.domain.authority import Scope
from app.domain.event import AccountId
from app.domain.feed import Line, Position, concerns
from app.domain.organisation import OrganisationCode
from app.domain.topic import Topic

WebhookId = NewType("WebhookId", UUID)

SCHEDULE: Final = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds before each further attempt: three days in all (Standard Webhooks 1.0.0)."""


class Payload(StrEnum):
    """How much a message tells of its unit."""

    THIN = "thin"
    """精简: what happened to which unit; the rest is asked for"""
    FULL = "full"
    """完整: the unit as the API shows it, the reason and the details"""


class Envelope(StrEnum):
    """What a message is wrapped in."""

    STANDARD = "standard"
    """Standard Webhooks: type, timestamp, data"""
    CLOUDEVENTS = "cloudevents"
    """CloudEvents 1.0, structured mode"""


class Signing(StrEnum):
    """What a message is signed with."""

    HMAC = "hmac"
    """v1: HMAC-SHA256 with a shared secret"""
    ED25519 = "ed25519"
    """v1a: the receiver needs the public key alone"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an endpoint may be set to by whom it belongs to."""

    url: str
    scope: OrganisationCode
    """Whose units it hears of: a body of the owner's subtree."""
    description: str = ""
    types: frozenset[Topic] = frozenset()
    """Empty: all of them."""
    payload: Payload = Payload.THIN
    envelope: Envelope = Envelope.STANDARD
    batch: int = 1
    """Up to how many messages go in one request; more than 1: as an array, after 1 s at most."""
    headers: Mapping[str, str] = field(default_factory=dict)
    rate: int | None = None
    """Requests a second at most."""
    in_flight: int = 16
    """Requests at once at most."""
    schedule: tuple[int, ...] = SCHEDULE
    timeout: int = 15
    """Seconds a request may take."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as it is stored, without its secrets."""

    id: WebhookId
    organisation: OrganisationCode
    account: AccountId
    wish: Wish
    signing: Signing
    since: Position
    """It hears of what was committed behind this."""
    created_at: datetime
    updated_at: datetime
    version: int = 1
    public_key: str | None = None
    old_until: datetime | None = None
    """Until when the secret before the present one signs as well."""
    disabled_at: datetime | None = None
    disabled_by: str | None = None
    disabled_why: str = ""
    failures: int = 0
    """Attempts that have failed since one succeeded."""
    failing_since: datetime | None = None
    succeeded_at: datetime | None = None
    open_until: datetime | None = None
    """Until when the circuit breaker lets nothing through."""
    openings: int = 0


def wants(endpoint: Endpoint, scope: Scope, line: Line) -> bool:
    """Tell whether a line is sent to an endpoint; `scope` is what its body may see now."""
    wish = endpoint.wish
    asked = not wish.types or line.topic in wish.types
    return asked and line.position > endpoint.since and concerns(scope, line)
