"""Top-down tasks: `POST /v1/tasks:issue`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from app.api import render
from app.api.families import Title
from app.api.models import TEXT, Clean, Code, Said, Strict, example
from app.api.once import Posted
from app.api.request import Services
from app.api.request_models import LimitText
from app.api.unit_models import UnitOut
from app.domain.area import AreaCode, Tier
from app.domain.authority import Caller
from app.domain.errors import Invalid
from app.domain.issue import MOST, Issue, Receivers
from app.domain.organisation import Function, OrganisationCode
from app.domain.responsibility import EntryCode
from app.domain.rulebook import Rulebook
from app.flows import issue
from app.flows.family import limit_of

router = APIRouter(prefix="/v1/tasks", tags=["families"])


class ReceiversIn(Strict):
    """To whom: organisations, all holders of a function, or all centres of a tier.

    Of a function or a tier those within `area`; without one within the issuer's own.
    """

    organisations: list[Code] = Field(default_factory=list, max_length=MOST)
    function: Code | None = None
    tier: Tier | None = None
    area: Code | None = None


class IssueIn(Said):
    """A task for many organisations. `id` is made by the caller: sent again it is one issue.

    Without an entry (清单之外) only a supervisor of the centre above may issue it, with a limit
    and a reason.
    """

    model_config = example(
        id="01932f3e-7b1a-7c3d-9e5f-0a1b2c3d4e5f",
        title="汛前排查沿街广告牌",
        text="请各镇街在汛期前排查辖区沿街广告牌, 发现松动立即处置并报结果",
        entry="SX-06010-1",
        limit="5工作日",
        to={"tier": "street", "area": "500103"},
    )

    id: UUID
    title: Title
    text: Annotated[Clean, StringConstraints(min_length=1, max_length=TEXT)]
    entry: Code | None = None
    limit: LimitText | None = None
    to: ReceiversIn


class IssuedOut(BaseModel):
    """The unit an issue made; `tasks` is how many organisations got one of it just now."""

    unit: UnitOut
    tasks: int


@router.post(
    ":issue",
    summary="交办任务: one task for many organisations",
    status_code=201,
    response_model=IssuedOut,
)
async def issue_task(body: IssueIn, service: Services, once: Posted) -> Response:
    """Issue a task as one unit with a task for every receiver; 200 if it was there already."""
    now = service.now()
    reference = service.library.current(now)
    wish = _wish(body, once.caller, reference.rulebook)
    async with once.transaction() as doing:
        issued = await issue.issue(doing.tx, reference, wish, now)
        unit = render.unit(issued.unit, reference.rulebook, now)
        shown = IssuedOut(unit=unit, tasks=issued.tasks)
        return doing.answer(shown, status=201 if issued.tasks else 200)


def _wish(body: IssueIn, caller: Caller, rulebook: Rulebook) -> Issue:
    entry = rulebook.list.get(EntryCode(body.entry)) if body.entry else None
    if body.entry and (entry is None or entry.code in rulebook.list.asleep):
        raise Invalid(
            zh=f"职责清单中没有条目“{body.entry}”",
            en=f"the list has no entry {body.entry}",
            field="entry",
        )
    return Issue(
        id=body.id,
        by=caller,
        title=body.title,
        text=body.text,
        to=Receivers(
            organisations=tuple(map(OrganisationCode, body.to.organisations)),
            function=Function(body.to.function) if body.to.function else None,
            tier=body.to.tier,
            area=AreaCode(body.to.area) if body.to.area else None,
        ),
        entry=entry,
        limit=limit_of(body.limit, "limit"),
        reason=body.reason,
    )
