"""What the service answers, as far as types can tell; `GET /v1/dictionary` says what it means."""

from typing import Any, NamedTuple, TypedDict

Json = dict[str, Any]


class Message(TypedDict):
    """What happened, the same from the feed, the stream and webhooks.

    `data` of `unit.…` and `clock.…` has `action`, `seq`, `state`, `organisation`, `actor`, `unit`
    and `change`; a full one has `reason` and `details` too.
    """

    id: str
    type: str
    timestamp: str
    data: Json


class Group(NamedTuple):
    """What open units are counted by."""

    organisation: str
    state: str
    kind: str
    light: str | None


class Told(NamedTuple):
    """A message and the cursor behind it: keep it, and go on from there after a restart."""

    message: Message
    cursor: str
