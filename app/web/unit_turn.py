"""Whose turn it is, and why there is nothing to do for who only looks on."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.api.models import Named
from app.api.unit_models import UnitDetail
from app.domain.authority import Role
from app.domain.lifecycle import STANDINGS, Seat
from app.domain.unit import State
from app.web.act_words import Both
from app.web.actions import SIDE, Form
from app.web.visitor import Visitor

_ENDED: Final[Mapping[State, Both]] = {
    State.CLOSED: ("已结案, 闭环完成。", "Closed: the loop is complete."),
    State.DECLINED: ("已决定不予立案, 无需办理。", "Declined: nothing is to be done."),
    State.CANCELLED: ("已作废, 无需办理。", "Cancelled: nothing is to be done."),
    State.MERGED: ("已并案, 随并入的案件办理。", "Merged: work goes on at the other unit."),
}
_FOLLOWS: Final[Both] = (
    "您是上报人, 可以在此查看进展。",
    "You have reported it, and can follow it here.",
)
_IN_OTHER_HANDS: Final[Both] = (
    "在其办理或放回之前, 他人不能办理; 负责人可在中心页接管。",
    "Until then, or until they put it back, nobody else can act; a supervisor may take it over.",
)
_NOT_ONESELF: Final[Both] = (
    "按您的角色或办理经过(如自己处置的不能自己核查), 目前没有可办的操作。",
    "Your role, or your own part in it (nobody verifies their own work), leaves you nothing.",
)
_OTHERS: Final[Both] = (
    "您所在单位可以查看, 目前不需办理。",
    "Your organisation can see it; nothing is asked of it now.",
)


def desk(unit: UnitDetail) -> Named | None:
    """Return the body whose turn it is; None when nobody's."""
    match STANDINGS[unit.state].seat:
        case Seat.HOLDER:
            return unit.holder
        case Seat.CENTRE:
            return unit.centre
        case Seat.NOBODY:
            return None


def told(unit: UnitDetail, forms: Sequence[Form], me: Visitor) -> Both:
    """Say whose turn it is, and why there is nothing to do for who reads this."""
    at_desk = desk(unit)
    if at_desk is None:
        return _ENDED[unit.state]
    zh, en = f"现在轮到“{at_desk.name}”办理。", f"It is the turn of {at_desk.name}."
    if at_desk.code == me.caller.organisation:
        zh, en = "现在轮到本单位办理。", "It is your organisation's turn."
    if unit.claim is not None:
        zh_claim, en_claim = _in_hand(unit, me)
        zh, en = f"{zh}{zh_claim}", f"{en} {en_claim}"
    if any(form.action not in SIDE for form in forms):
        return zh, en
    why = _idle(unit, at_desk, me)
    return f"{zh}{why[0]}", f"{en} {why[1]}"


def _in_hand(unit: UnitDetail, me: Visitor) -> Both:
    """Say who has the unit in hand, and until when."""
    claim = unit.claim
    if claim is None:
        return "", ""
    until, by = f"{me.reader.local(claim.until):%H:%M}", claim.by or ""
    if claim.mine:
        return f"您已领取, {until} 到期放回。", f"You have it in hand until {until}."
    return f"“{by}”已领取, {until} 到期放回。", f"{by} has it in hand until {until}."


def _idle(unit: UnitDetail, at_desk: Named, me: Visitor) -> Both:
    if me.caller.roles <= {Role.REPORTER}:
        return _FOLLOWS
    if unit.claim is not None and not unit.claim.mine:
        return _IN_OTHER_HANDS
    return _NOT_ONESELF if at_desk.code == me.caller.organisation else _OTHERS
