"""Requests (申请): what a holder may not do alone and asks the centres above for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from app.domain.action import Action
from app.domain.event import AccountId
from app.domain.limit import Limit
from app.domain.organisation import Function, OrganisationCode

RequestId = NewType("RequestId", UUID)


class RequestKind(StrEnum):
    """What is asked for."""

    EXTENSION = "extension"
    """延期"""
    SUSPENSION = "suspension"
    """挂账"""
    RETURN = "return"
    """退回"""
    CANCEL = "cancel"
    """作废"""
    SUPPORT = "support"
    """协办"""
    APPEAL = "appeal"
    """申诉"""

    @property
    def action(self) -> Action:
        """What is done to the unit when it is granted."""
        return _ACTIONS[self]

    @property
    def asking(self) -> Action:
        """What the asking itself is called."""
        return _ASKED_BY.get(self, Action.REQUEST)


_ACTIONS: Final = {
    RequestKind.EXTENSION: Action.EXTEND,
    RequestKind.SUSPENSION: Action.SUSPEND,
    RequestKind.RETURN: Action.RETURN,
    RequestKind.CANCEL: Action.CANCEL,
    RequestKind.SUPPORT: Action.SUPPORT,
    RequestKind.APPEAL: Action.EXEMPT,
}
_ASKED_BY: Final = {RequestKind.SUPPORT: Action.SUPPORT, RequestKind.APPEAL: Action.APPEAL}
ASKED_AS: Final = {action: kind for kind, action in _ACTIONS.items() if kind not in _ASKED_BY}
"""The kind of request that an action may need; support and appeals are nothing but asked for."""


class RequestState(StrEnum):
    """How a request stands."""

    PENDING = "pending"
    """待批"""
    GRANTED = "granted"
    """已批准"""
    REFUSED = "refused"
    """已驳回"""
    WITHDRAWN = "withdrawn"
    """已撤回"""
    VOID = "void"
    """已失效: 单元已移交他人或已不能如此办理"""


@dataclass(frozen=True, slots=True)
class Pending:
    """A request as its unit carries it, so that no unit without one need be asked about it.

    `route` is the unit's at the time: along another route nobody has asked for anything.
    `account` of `organisation` has asked, and `desk` is to decide.
    """

    id: RequestId
    kind: RequestKind
    route: tuple[OrganisationCode, ...]
    account: AccountId
    organisation: OrganisationCode
    desk: OrganisationCode


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    A suspension says `until` when; support whose help, by name or by `function`. `limit` is
    how much more time an extension means, or within what support is to be given. An appeal
    names the `clock` whose lateness it is about, and who was `late`.
    """

    kind: RequestKind
    until: datetime | None = None
    helper: OrganisationCode | None = None
    function: Function | None = None
    limit: Limit | None = None
    clock: str | None = None
    late: OrganisationCode | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A wish with what became of it; `desk` is the centre that must decide it now."""

    id: RequestId
    unit: UUID
    home: str
    wish: Wish
    account: AccountId
    organisation: OrganisationCode
    at: datetime
    reason: str
    agreed: tuple[OrganisationCode, ...] = ()
    """Centres that have agreed to it while another has yet to."""
    state: RequestState = RequestState.PENDING
    desk: OrganisationCode | None = None
    decided_by: AccountId | None = None
    decided_at: datetime | None = None
    decision: str = ""
    """What was said with the decision."""

    @property
    def kind(self) -> RequestKind:
        """What is asked for."""
        return self.wish.kind
