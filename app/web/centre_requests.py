"""Requests on a desk's page: those that wait for its decision, and what it has asked for itself."""

from dataclasses import dataclass
from typing import Final

from app.api import requests
from app.api.request_models import RequestOut, RequestQuery, Whose
from app.domain.authority import WORKERS, Role
from app.domain.organisation import OrganisationKind
from app.domain.request import RequestState
from app.web.centre_desk import Desk

_DECIDERS: Final = frozenset({Role.CLERK, Role.SUPERVISOR})


@dataclass(frozen=True)
class Shown:
    """A request, and whether the visitor decides it or may take it back."""

    request: RequestOut
    is_decidable: bool
    is_withdrawable: bool


@dataclass(frozen=True)
class Listed:
    """A page of requests; `next` is the cursor of what comes after it."""

    items: list[Shown]
    next: str | None


async def listed(desk: Desk) -> Listed:
    """Return the requests on a desk or, with its subtree, on those below as well; or its own."""
    asked = desk.asked
    if asked.own:
        wanted = RequestQuery(whose=Whose.OWN, cursor=asked.cursor)
    elif desk.is_subtree:
        state = RequestState.PENDING
        wanted = RequestQuery(whose=Whose.SUBTREE, state=state, cursor=asked.cursor)
    else:
        wanted = RequestQuery(cursor=asked.cursor)
    page = await requests.list_requests(desk.me.service, desk.me.caller, wanted)
    return Listed([_shown(desk, one) for one in page.items], page.next)


async def of_ended(desk: Desk) -> int:
    """Return how many requests about units that have ended wait: no view of the queue has them."""
    if not desk.is_own or desk.body.kind is not OrganisationKind.CENTRE:
        return 0
    page = await requests.list_requests(desk.me.service, desk.me.caller, RequestQuery())
    return sum(one.about.state is not None and one.about.state.is_final for one in page.items)


def _shown(desk: Desk, request: RequestOut) -> Shown:
    is_pending, roles = request.state is RequestState.PENDING, desk.me.caller.roles
    own = desk.body.code
    lies_here = request.desk is not None and request.desk.code == own
    # Whoever is in charge decides for the desks below as well.
    may = bool(roles & _DECIDERS) if lies_here else Role.SUPERVISOR in roles and desk.is_subtree
    is_theirs = request.organisation.code == own and bool(roles & WORKERS)
    return Shown(request, is_pending and may, is_pending and is_theirs)
