"""The dictionary: what every code and field is called, read from where the two are defined."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache
from hashlib import sha256
from types import UnionType
from typing import Any, Final, NamedTuple, get_args

from fastapi import APIRouter, Request
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.responses import Response

from app.api.claim_models import ClaimOut
from app.api.event_models import EventOut
from app.api.messages import CountChangeOut, GroupOut, MessageOut, RulebookData, ThinUnit, UnitData
from app.api.models import DutyOut, Named, OrganisationOut, Told
from app.api.request import Calling
from app.api.unit_models import ClockOut, EntryOut, PlaceOut, StepOut, UnitOut
from app.domain import dictionary
from app.domain.dictionary import Vocabulary
from app.flows.rejudge import SKIP
from app.flows.versions import VERSION_STATE

router = APIRouter(prefix="/v1", tags=["delivery"])

VOCABULARIES: Final[Sequence[Vocabulary]] = (
    *dictionary.VOCABULARIES,
    Vocabulary("版本状态", "states of a rulebook's version", VERSION_STATE),
    Vocabulary("未重新研判的原因", "why a unit was not judged again", SKIP),
)


class Shape(NamedTuple):
    """A shape that answers are made of."""

    name: str
    zh: str
    en: str
    model: type[Told]


SHAPES: Final[Sequence[Shape]] = (
    Shape("unit", "业务单元", "unit", UnitOut),
    Shape("event", "上报事件", "event", EventOut),
    Shape("step", "流转记录", "step: one line of a unit's log", StepOut),
    Shape("message", "消息", "message of the feed, the stream and webhooks", MessageOut),
    Shape("unit_data", "消息内容: 业务单元", "what a message tells of a unit", UnitData),
    Shape("thin_unit", "业务单元(精简)", "unit in a thin message", ThinUnit),
    Shape("change", "统计变化", "what a message changes in counts", CountChangeOut),
    Shape("group", "统计分组", "what a snapshot counts by", GroupOut),
    Shape("rulebook_data", "消息内容: 规则库", "what a message tells of a rulebook", RulebookData),
    Shape("entry", "职责条目", "entry of the responsibility list", EntryOut),
    Shape("organisation", "单位", "organisation", OrganisationOut),
    Shape("on_duty", "值班人员", "who is on duty", DutyOut),
    Shape("named", "编码与名称", "code and name", Named),
    Shape("place", "所在区划", "place", PlaceOut),
    Shape("claim", "领取", "claim of a unit", ClaimOut),
    Shape("clock", "时限", "limit of a unit", ClockOut),
)


class CodeOut(BaseModel):
    """A code and what it is called."""

    code: str
    zh: str
    en: str


class VocabularyOut(BaseModel):
    """The codes of one sort; `name` is what fields refer to."""

    name: str
    zh: str
    en: str
    codes: list[CodeOut]


class FieldOut(BaseModel):
    """A field, what it holds, and where its codes or its own fields are told."""

    field: str
    zh: str
    en: str
    type: str
    many: bool = False
    """It is a list."""
    optional: bool = False
    """It may be null or missing."""
    codes: str | None = None
    """The vocabulary its codes are of."""
    shape: list[str] = []
    """The shapes it may have."""


class ShapeOut(BaseModel):
    """A shape with its fields."""

    name: str
    zh: str
    en: str
    fields: list[FieldOut]


class DictionaryOut(BaseModel):
    """Codes and fields in Chinese and English. Names never change inside v1; new ones may come."""

    vocabularies: list[VocabularyOut]
    shapes: list[ShapeOut]


@cache
def told() -> DictionaryOut:
    """Return the dictionary."""
    return DictionaryOut(
        vocabularies=[
            VocabularyOut(
                name=one.name,
                zh=one.zh,
                en=one.en,
                codes=[CodeOut(code=code, zh=zh, en=en) for code, (zh, en) in one.words.items()],
            )
            for one in VOCABULARIES
        ],
        shapes=[
            ShapeOut(name=one.name, zh=one.zh, en=one.en, fields=list(_fields(one.model)))
            for one in SHAPES
        ],
    )


def _fields(model: type[Told]) -> Iterator[FieldOut]:
    for name, field in model.model_fields.items():
        zh, _, en = " ".join((field.description or "").split()).partition(" / ")
        yield FieldOut(
            field=field.serialization_alias or field.alias or name, zh=zh, en=en, **_holds(field)
        )


_TYPES: Final = {
    "str": "string",
    "int": "integer",
    "bool": "boolean",
    "datetime": "time",
    "UUID": "uuid",
    "dict": "object",
}


def _holds(field: FieldInfo) -> dict[str, Any]:
    """Tell what a field holds, out of its annotation."""
    kinds = list(_members(field.annotation))
    many = getattr(field.annotation, "__origin__", None) is list
    known = {one.sort: one.name for one in VOCABULARIES}
    shapes = {one.model: one.name for one in SHAPES}
    held = [kind for kind in kinds if kind is not type(None)]
    return {
        "type": _type_of(held[0]),
        "many": many,
        "optional": type(None) in kinds,
        "codes": next((known.get(kind) for kind in held if issubclass(kind, StrEnum)), None),
        "shape": [shapes[kind] for kind in held if kind in shapes],
    }


def _members(annotation: Any) -> Iterator[type]:
    """Return the classes that an annotation allows, those of a list's items for a list."""
    origin = getattr(annotation, "__origin__", None)
    if isinstance(annotation, UnionType) or origin is list:
        for one in get_args(annotation):
            yield from _members(one)
    else:
        yield origin or annotation


def _type_of(kind: type) -> str:
    if issubclass(kind, StrEnum):
        return "code"
    return "object" if issubclass(kind, BaseModel) else _TYPES[kind.__name__]


@cache
def _body() -> tuple[bytes, str]:
    body = told().model_dump_json().encode()
    return body, f'"{sha256(body).hexdigest()[:16]}"'


@router.get(
    "/dictionary",
    summary="数据字典: codes and fields in Chinese and English",
    response_model=DictionaryOut,
    responses={304: {"description": "The caller has it (If-None-Match)"}},
)
async def get_dictionary(request: Request, _caller: Calling) -> Response:
    """Return what every code and field of the answers is called; it changes with the version."""
    return cached(request, *_body())


def cached(request: Request, body: bytes, tag: str) -> Response:
    """Answer with what stays the same for as long as the process runs."""
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
