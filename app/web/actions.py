"""Actions as forms: every action that a unit offers, with the fields its route asks for.

Routes and bodies are the API's own, so that a new action has its form by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from app.api.models import Said
from app.api.request_models import RequestOut
from app.api.unit_models import ActionOut, UnitDetail
from app.domain.action import Action
from app.domain.area import AreaCode
from app.domain.authority import Role, oversees
from app.domain.evidence import Phase
from app.domain.lifecycle import TRANSITIONS
from app.domain.need import Need
from app.domain.organisation import OrganisationCode
from app.domain.request import RequestKind
from app.domain.unit import State
from app.web import act_words, picks
from app.web.fields import Field, Option, Widget, field_of, of_model
from app.web.picks import Wish
from app.web.visitor import Visitor

_LOOP: Final = (
    Action.GRANT,
    Action.FILE,
    Action.DISPATCH,
    Action.ACCEPT,
    Action.ARRIVE,
    Action.START,
    Action.RESOLVE,
    Action.VERIFY,
    Action.CLOSE,
    Action.RESUME,
    Action.RATE,
    Action.REMIND,
)
"""What is next on the way to the closed loop: the first of these that may be done comes first."""
_UNDONE: Final = frozenset({State.DECLINED, State.CANCELLED})
_GRAVE: Final = frozenset(
    action
    for (state, action), move in TRANSITIONS.items()
    if move.to in _UNDONE and state not in _UNDONE
)
"""What ends a unit without anything being done: nobody is to do it by a slip."""
SIDE: Final = frozenset({Action.NOTE, Action.ATTACH, Action.URGE, Action.APPEAL})
"""What moves nothing on."""
_ON_REQUESTS: Final = frozenset({Action.GRANT, Action.REFUSE, Action.WITHDRAW})
_ELSEWHERE: Final[Mapping[Action, str]] = {
    Action.CLAIM: "/v1/organisations/{code}/queue:take",
    Action.RELEASE: "/v1/organisations/{code}/queue:release",
    **{action: f"/v1/requests/{{request}}:{action}" for action in _ON_REQUESTS},
}
"""The routes of actions that are not `/v1/units/{unit}:{action}`."""
_ASKED: Final[Mapping[tuple[Action, str], tuple[str, str]]] = {
    (Action.REQUEST, "until"): ("申请挂账时须填", "needed to ask for a suspension"),
    (Action.DISPATCH, "holder"): ("不选则按职责清单派遣", "left empty: whoever the list names"),
    (Action.SPLIT, "tasks"): ("删去全部任务则按预案拆分", "without any: by the entry's plan"),
    (Action.SUPPORT, "holder"): ("或者只选职能", "or a function alone"),
    (Action.SUPPORT, "function"): ("由清单定承办单位", "the list says who has it"),
    (Action.RESOLVE, "reason"): ("做了什么, 现在怎样", "and how it is now"),
    (Action.RESOLVE, "attachments"): ("照片或 PDF", "photographs or PDF"),
    (Action.RATE, "reason"): ("不满意须说明", "needed if unsatisfied"),
    (Action.FILE, "area"): ("位置不明或有误时填", "if the place is not known, or wrong"),
}
"""What must be known of a field that may be left empty: it is shown with the others."""


@dataclass(frozen=True, slots=True)
class Form:
    """What one action asks for and where it is sent; `fixed` values are not for the caller to say.

    A request's own decision is about `request`.
    """

    action: Action
    path: str
    fields: Sequence[Field]
    fixed: Mapping[str, object]
    is_grave: bool = False
    request: RequestOut | None = None

    @property
    def id(self) -> str:
        """Return its id on the page; with other fields it is another form."""
        must = (one for one in self.fields if one.is_required)
        asked = "-".join(f"{one.name}{one.phase or ''}" for one in must)
        about = f"-{self.request.id}" if self.request else ""
        return f"act-{self.action}{about}-{asked}".rstrip("-")

    @property
    def is_next(self) -> bool:
        """Tell whether it may be what is to be done next."""
        return self.action in _LOOP

    @property
    def main(self) -> list[Field]:
        """Return the fields that are shown at once: what is done first, and then why."""
        shown = [one for one in self.fields if one.is_required or self.hint(one)]
        return sorted(shown, key=lambda one: one.key == Need.REASON)

    @property
    def rest(self) -> list[Field]:
        """Return the fields that most leave empty."""
        shown = self.main
        return [one for one in self.fields if one not in shown]

    def hint(self, field: Field) -> tuple[str, str] | None:
        """Return what must be known of a field that may be left empty."""
        return _ASKED.get((self.action, field.key))

    def label(self, field: Field) -> tuple[str, str]:
        """Return what a field is called here."""
        return act_words.label(self.action, field.key, is_required=field.is_required)


@lru_cache(maxsize=4)
def bodies(app: FastAPI) -> Mapping[str, type[BaseModel]]:
    """Return what every POST of the API takes, by its path."""
    found = {}
    for route in iter_route_contexts(app.routes):
        taken: Any = getattr(route, "dependant", None)
        if taken is None or not taken.body_params or "POST" not in (route.methods or ()):
            continue
        model = taken.body_params[0].field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            found[str(route.path)] = model
    return found


def path_of(action: Action) -> str:
    """Return the route of an action."""
    return _ELSEWHERE.get(action, f"/v1/units/{{unit}}:{action}")


Likely = Mapping[str, Sequence[Option]]
"""What the unit itself tells of what may be picked, by field."""


def forms(unit: UnitDetail, me: Visitor, likely: Likely) -> list[Form]:
    """Return the forms of all that the caller may do to a unit, the next in the loop first."""
    found = [form for offered in unit.actions for form in _forms(offered, unit, me)]
    whole = [_filled(form, unit, me, likely) for form in found]
    return sorted(whole, key=_rank)


def _rank(form: Form) -> tuple[int, bool]:
    # What is granted may as well be refused.
    action = Action.GRANT if form.action is Action.REFUSE else form.action
    order = _LOOP.index(action) if action in _LOOP else len(_LOOP)
    return order, action in SIDE


def _forms(offered: ActionOut, unit: UnitDetail, me: Visitor) -> Iterator[Form]:
    path, action = path_of(offered.action), offered.action
    fields = _fields(offered, bodies(me.request.app).get(path, Said))
    values = {"unit": str(unit.id), "code": me.caller.organisation}
    fixed = _fixed(action, unit)
    form = Form(
        action,
        path.format(**values, request="{request}"),
        [one for one in fields if not any(name.split(".")[0] == one.name for name in fixed)],
        fixed,
        is_grave=action in _GRAVE,
    )
    if action not in _ON_REQUESTS:
        yield form
        return
    for request in unit.pending:
        if _is_for(request, action, me):
            yield _about(form, request)


def _filled(form: Form, unit: UnitDetail, me: Visitor, likely: Likely) -> Form:
    """Return a form with what there is to choose from."""
    place = unit.place
    finest = place.grid or place.community or place.street or place.district
    at = AreaCode(finest.code) if finest else me.rulebook.areas.city.code

    def chosen(field: Field) -> Field:
        if field.widget is Widget.ROWS:
            return replace(field, rows=[chosen(one) for one in field.rows])
        if field.key == Need.CLOCK:
            late = [one.name for one in unit.clocks if one.overdue_at and not one.exempted_at]
            return replace(field, options=late)
        if field.widget is not Widget.PICK:
            return field
        wish = Wish(field.key, form.action, at, **picks.terms(unit, me.rulebook))
        near = likely.get(field.key) or picks.near(me, wish)
        find = wish.address if picks.has_more(field.key) else ""
        return replace(field, near=near, find=find)

    return replace(form, fields=[chosen(one) for one in form.fields])


def _about(form: Form, request: RequestOut) -> Form:
    fields = form.fields
    if request.kind is not RequestKind.SUPPORT:
        # Support alone is granted as a task of its own.
        fields = [one for one in fields if one.name == "reason"]
    return replace(form, path=form.path.format(request=request.id), fields=fields, request=request)


def _is_for(request: RequestOut, action: Action, me: Visitor) -> bool:
    """Tell whether a request is one's own to take back, or on one's desk or below to decide."""
    own = me.caller.organisation
    if action is Action.WITHDRAW:
        return request.organisation.code == own
    if request.desk is None or request.desk.code == own:
        return True
    body = me.rulebook.organisations.get(OrganisationCode(request.desk.code))
    if body is None or Role.SUPERVISOR not in me.caller.roles:
        return False
    return oversees(me.scope, body, me.rulebook.areas.path(body.area))


def _fields(offered: ActionOut, model: type[BaseModel]) -> list[Field]:
    needed = {field_of(need) for need in offered.needs}
    found: list[Field] = []
    for field in of_model(model, needed):
        if field.widget is Widget.FILES and offered.phases:
            found += [replace(field, phase=phase) for phase in offered.phases]
        elif field.widget is Widget.FILES:
            found.append(replace(field, options=tuple(Phase)))
        else:
            found.append(field)
    return found


def _fixed(action: Action, unit: UnitDetail) -> Mapping[str, object]:
    if action is Action.CLAIM:
        return {"unit": str(unit.id)}
    if action is Action.RELEASE and unit.claim is not None:
        return {"units.0.unit": str(unit.id), "units.0.token": unit.claim.token}
    return {}
