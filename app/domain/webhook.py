"""Webhooks (推送订阅): what an endpoint asks for, and which lines of the feed it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from app.domain import sight
from app.domain.authority import Scope, oversees
from app.domain.event import AccountId
from app.domain.feed import Position, Selection, Trace, touches
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.rulebook import Rulebook
from app.domain.topic import Topic, meant

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


class Condition(StrEnum):
    """Whether an endpoint is sent anything now."""

    ENABLED = "enabled"
    """启用"""
    DISABLED = "disabled"
    """停用: nothing is kept for it until it is enabled again"""
    OPEN = "open"
    """熔断: it fails, and is left alone for a while; what is for it waits"""


CONDITION: Final[Mapping[Condition, tuple[str, str]]] = {
    Condition.ENABLED: ("启用", "enabled"),
    Condition.DISABLED: ("停用", "disabled"),
    Condition.OPEN: ("熔断", "open"),
}
PAYLOAD: Final[Mapping[Payload, tuple[str, str]]] = {
    Payload.THIN: ("精简", "thin"),
    Payload.FULL: ("完整", "full"),
}
ENVELOPE: Final[Mapping[Envelope, tuple[str, str]]] = {
    Envelope.STANDARD: ("标准(Standard Webhooks)", "Standard Webhooks"),
    Envelope.CLOUDEVENTS: ("CloudEvents 1.0", "CloudEvents 1.0"),
}
SIGNING: Final[Mapping[Signing, tuple[str, str]]] = {
    Signing.HMAC: ("共享密钥(HMAC-SHA256)", "a shared secret (HMAC-SHA256)"),
    Signing.ED25519: ("公钥(ed25519)", "a public key (ed25519)"),
}


class Recovery(StrEnum):
    """What is sent to an endpoint again."""

    FAILED = "failed"
    """死信: what was given up"""
    MISSED = "missed"
    """遗漏: what was given up, and what it would have been sent had it been there"""
    ALL = "all"
    """全部: what has arrived as well"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an endpoint may be set to by whom it belongs to."""

    url: str
    scope: OrganisationCode
    """Whose units it hears of: a body of the owner's subtree."""
    description: str = ""
    types: tuple[str, ...] = ()
    """Topics, or families of them as `unit.*`; empty: all."""
    payload: Payload = Payload.THIN
    envelope: Envelope = Envelope.STANDARD
    batch: int = 1
    """Up to how many messages go in one request; more than 1: as an array, after 1 s at most."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of its own, sent with each request; empty in an `Endpoint`, where they are sealed."""
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

    def condition(self, now: datetime) -> Condition:
        """Return whether it is sent anything now."""
        if self.disabled_at is not None:
            return Condition.DISABLED
        is_open = self.open_until is not None and now < self.open_until
        return Condition.OPEN if is_open else Condition.ENABLED


@dataclass(frozen=True, slots=True)
class Target:
    """What a request to an endpoint is made of, its secrets opened: for its sender alone."""

    endpoint: Endpoint
    secrets: tuple[str, ...] = field(repr=False)
    """Those that sign now, the present one first; none: they cannot be opened."""
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listener:
    """An endpoint, and which lines it hears of as the city now is."""

    endpoint: Endpoint
    scope: Scope
    """Of a body: what somebody there has reported elsewhere is not in it."""
    topics: frozenset[Topic] | None
    """None: all."""

    @property
    def of(self) -> Selection:
        """Return which lines it asks for, whenever they were committed."""
        return Selection(self.scope, self.topics)

    def wants(self, trace: Trace) -> bool:
        """Tell whether a line is sent to it."""
        is_asked = self.topics is None or trace.topic in self.topics
        return is_asked and trace.position > self.endpoint.since and touches(self.scope, trace)


def listener(endpoint: Endpoint, rulebook: Rulebook) -> Listener | None:
    """Return what an endpoint hears of; None: nothing, as the city now is."""
    scope = scope_of(endpoint, rulebook)
    return Listener(endpoint, scope, meant(endpoint.wish.types)) if scope else None


def scope_of(endpoint: Endpoint, rulebook: Rulebook) -> Scope | None:
    """Return whose units an endpoint hears of, as the city now is.

    None where its body has ended without an heir, or oversees that scope no longer.
    """
    owner = _now(endpoint.organisation, rulebook)
    body = _now(endpoint.wish.scope, rulebook)
    if owner is None or body is None:
        return None
    reach = sight.of_organisation(owner, rulebook)
    if not oversees(reach, body, rulebook.areas.path(body.area)):
        return None
    return sight.of_organisation(body, rulebook)


def _now(code: OrganisationCode, rulebook: Rulebook) -> Organisation | None:
    """Return who stands for a body now, itself or its heir; None: nobody does."""
    bodies = rulebook.organisations
    if code not in bodies:
        return None
    body = bodies[bodies.heir(code)]
    return body if body in bodies.of_area(body.area) else None
