"""Envelopes: the body of a request to a webhook, exactly as it is signed, and its headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import orjson

from app.domain import signature
from app.domain.webhook import Endpoint, Envelope, Target
from app.wire import signing
from app.wire.post import Letter

SOURCE: Final = "/yiguan/v1"
"""`source` of a CloudEvent: this service's log."""
_TYPES: Final[Mapping[tuple[Envelope, bool], str]] = {
    (Envelope.STANDARD, False): "application/json",
    (Envelope.STANDARD, True): "application/json",
    (Envelope.CLOUDEVENTS, False): "application/cloudevents+json",
    (Envelope.CLOUDEVENTS, True): "application/cloudevents-batch+json",
}
_DIGITS: Final = 24


@dataclass(frozen=True, slots=True)
class Enveloped:
    """What is sent, and under which id: a batch has one of its own, made of what is in it."""

    id: str
    content_type: str
    body: bytes


def enveloped(messages: Sequence[Mapping[str, Any]], endpoint: Endpoint) -> Enveloped:
    """Put messages into the envelope an endpoint wants: an array where it wants batches."""
    wish, is_batch = endpoint.wish, endpoint.wish.batch > 1
    if wish.envelope is Envelope.CLOUDEVENTS:
        written = [_cloud_event(message) for message in messages]
    elif is_batch:
        written = [dict(message) for message in messages]
    else:
        written = [
            {name: message[name] for name in ("type", "timestamp", "data")} for message in messages
        ]
    return Enveloped(
        id=_batch_id(messages) if is_batch else messages[0]["id"],
        content_type=_TYPES[wish.envelope, is_batch],
        body=orjson.dumps(written if is_batch else written[0]),
    )


def _batch_id(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return the same id for the same messages, however often they are sent."""
    ids = " ".join(message["id"] for message in messages)
    return f"batch_{sha256(ids.encode()).hexdigest()[:_DIGITS]}"


def _cloud_event(message: Mapping[str, Any]) -> dict[str, Any]:
    data = message["data"]
    event = {
        "specversion": "1.0",
        "id": message["id"],
        "source": SOURCE,
        "type": message["type"],
        "time": message["timestamp"],
        "datacontenttype": "application/json",
    }
    if "unit" in data:
        event["subject"] = data["unit"]["number"]
    return {**event, "data": data}


def letter(target: Target, sent: Enveloped, at: datetime, *, now: datetime | None = None) -> Letter:
    """Return the signed request; `at` is the real present, as receivers compare it with theirs.

    `now` is the service's own, where that is another: until when an old secret signs as well.
    """
    wish, until = target.endpoint.wish, target.endpoint.old_until
    live = target.secrets if until and (now or at) < until else target.secrets[:1]
    headers = {
        **target.headers,
        "Content-Type": sent.content_type,
        signature.ID: sent.id,
        signature.TIMESTAMP: str(int(at.timestamp())),
        signature.SIGNATURE: signing.header(live, sent.id, at, sent.body),
    }
    return Letter(wish.url, headers, sent.body, float(wish.timeout))
