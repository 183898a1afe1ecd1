"""Explanations: why a unit is what it is, and what a report that was not sent would become."""

from collections.abc import Sequence
from typing import Annotated, Any, Self
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Request
from pydantic import AfterValidator, BaseModel, Field

from app.api import render, reports
from app.api.event_models import EventIn, event_id
from app.api.problems import wants_chinese
from app.api.request import Calling, Services
from app.api.rulebooks import reader
from app.api.unit_models import UnitOut
from app.domain.authority import REPORTERS, Role
from app.domain.errors import Forbidden
from app.domain.explain.passage import Passage, Subject
from app.flows import drafts, explanation

router = APIRouter(prefix="/v1/rulebooks", tags=["rulebooks"])


class ReportIn(EventIn):
    """A report as it would be sent; it needs no id, for nothing is kept of it."""

    id: Annotated[UUID, AfterValidator(event_id)] = Field(default_factory=uuid4)


class TopicOut(BaseModel):
    """One decision: what it is about, a sentence, and the facts it rests on."""

    topic: Subject
    sentence: str
    facts: dict[str, Any]


class Told(BaseModel):
    """Decisions in words: by topic, and as sentences that stand alone, in the same order."""

    sentences: list[str]
    topics: list[TopicOut]
    reasons: dict[str, Any]

    @classmethod
    def of(cls, passages: Sequence[Passage], request: Request, **values: Any) -> Self:
        """Return the passages in the language the request asks for."""
        chinese = wants_chinese(request)
        topics = [
            TopicOut(topic=one.topic, sentence=one.text(chinese=chinese), facts=dict(one.facts))
            for one in passages
        ]
        sentences = [one.sentence(chinese=chinese) for one in passages]
        return cls(sentences=sentences, topics=topics, **values)


class Explanation(Told):
    """Why the unit is what and where it is, from the reasons stored when it was decided."""

    unit: UUID
    number: str
    rulebook: int


class Foretelling(Told):
    """What a report would become if it were sent: its root unit, its tasks, and why."""

    version: str
    rulebook: int
    unit: UnitOut
    tasks: list[UnitOut]


@router.post("/{version}:explain", summary="What a report would become, and why; nothing is sent")
async def explain_report(
    version: Annotated[str, Path(description="`current`, a number such as 17, or a draft as d3")],
    body: ReportIn,
    request: Request,
    service: Services,
    caller: Calling,
) -> Foretelling:
    """Judge a report by a version or a draft as the caller's, and write nothing.

    Who may not look at versions asks by the current one.
    """
    # An administrator posts no events but must see what an edited list would do.
    if not caller.roles & {*REPORTERS, Role.ADMINISTRATOR}:
        raise Forbidden(zh="该密钥无权上报事件", en="this key may not post events", field="roles")
    if version != drafts.CURRENT:
        reader(service, caller)
    now = service.now()
    report = reports.sent_by(caller, body.model_dump_json(by_alias=True).encode(), at=now)
    async with service.database.reading() as tx:
        told = await explanation.of_report(tx, service.library, version, report, now=now)
    root, *tasks = (
        render.unit(filed.unit, told.rulebook, now)
        for filed in (told.admission.root, *told.admission.tasks)
    )
    return Foretelling.of(
        told.passages,
        request,
        version=version,
        rulebook=told.rulebook.version,
        unit=root,
        tasks=tasks,
        reasons=dict(told.admission.root.unit.reasons),
    )
