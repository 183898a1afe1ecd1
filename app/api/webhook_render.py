"""Endpoints of webhooks as the contract's shapes."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import Request

from app.api import render
from app.api.problems import wants_chinese
from app.api.service import Service
from app.api.webhook_models import DisabledOut, WebhookKeyed, WebhookOut
from app.domain.retry import DISABLED, Disabled
from app.domain.rulebook import Rulebook
from app.domain.webhook import Endpoint
from app.flows.webhooks import Keyed
from app.store import webhooks
from app.store.database import Tx
from app.store.webhooks import Backlog, Stored

_OWN: Final = (
    *("id", "signing", "public_key", "created_at", "updated_at", "version"),
    *("open_until", "failures", "failing_since", "succeeded_at"),
)
_WISHED: Final = (
    *("url", "description", "types", "payload", "envelope", "batch"),
    *("rate", "in_flight", "schedule", "timeout"),
)


class Shower:
    """Renders endpoints for one request."""

    def __init__(self, request: Request, service: Service) -> None:
        self.service = service
        self.now = service.now()
        self.rulebook: Rulebook = service.library.current(self.now).rulebook
        self._language = 0 if wants_chinese(request) else 1

    async def one(self, tx: Tx, stored: Stored) -> WebhookOut:
        """Render one with what is still to be delivered to it."""
        return (await self.many(tx, [stored]))[0]

    async def many(self, tx: Tx, found: Sequence[Stored]) -> list[WebhookOut]:
        """Render several with what is still to be delivered to each."""
        backlogs = await webhooks.backlogs(tx, [one.endpoint.id for one in found])
        return [
            WebhookOut(**self._values(one, backlogs.get(one.endpoint.id, Backlog())))
            for one in found
        ]

    async def keyed(self, tx: Tx, made: Keyed) -> WebhookKeyed:
        """Render one with the secret it was just given."""
        shown = await self.one(tx, made.stored)
        return WebhookKeyed(**dict(shown), secret=made.secret or None)

    def _values(self, stored: Stored, backlog: Backlog) -> dict[str, Any]:
        endpoint = stored.endpoint
        wish = endpoint.wish
        is_old_alive = endpoint.old_until is not None and self.now < endpoint.old_until
        return {
            **{name: getattr(endpoint, name) for name in _OWN},
            **{name: getattr(wish, name) for name in _WISHED},
            "organisation": render.named(endpoint.organisation, self.rulebook),
            "scope": render.named(wish.scope, self.rulebook),
            "headers": stored.header_names(self.service.means.seal),
            "old_until": endpoint.old_until if is_old_alive else None,
            "state": endpoint.condition(self.now),
            "disabled": self._disabled(endpoint),
            "waiting": backlog.waiting,
            "dead": backlog.dead,
            "oldest_waiting_at": backlog.oldest,
        }

    def _disabled(self, endpoint: Endpoint) -> DisabledOut | None:
        if endpoint.disabled_at is None or endpoint.disabled_by is None:
            return None
        why = Disabled(endpoint.disabled_by)
        return DisabledOut(
            at=endpoint.disabled_at,
            code=why,
            reason=DISABLED[why][self._language],
            said=endpoint.disabled_why,
        )
