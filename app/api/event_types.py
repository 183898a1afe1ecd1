"""Event types: the closed list of what the feed, the stream and webhooks tell."""

from functools import cache
from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from app.api.dictionary import cached
from app.api.event_examples import example
from app.api.request import Calling
from app.domain.topic import WORDS, Topic
from app.domain.topic_words import TELLS

router = APIRouter(prefix="/v1", tags=["delivery"])

SCHEMA: Final = "#/components/schemas/{topic}"
"""Where the contract has the JSON schema of a type's messages."""


class EventTypeOut(BaseModel):
    """An event type: what it is called, and in a sentence what it tells."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: Topic
    zh: str
    en: str
    tells_zh: str
    tells_en: str
    json_schema: str
    """Where the contract has the JSON schema of its messages."""
    example: dict[str, Any]
    """A message as a webhook with thin payload carries it."""


class EventTypeList(BaseModel):
    """Every event type there is. Names never change inside v1; new ones may come."""

    items: list[EventTypeOut]


@cache
def told() -> EventTypeList:
    """Return the list."""
    return EventTypeList(
        items=[
            EventTypeOut(
                type=topic,
                zh=WORDS[topic][0],
                en=WORDS[topic][1],
                tells_zh=TELLS[topic][0],
                tells_en=TELLS[topic][1],
                json_schema=f"/openapi.json{SCHEMA.format(topic=topic)}",
                example=example(topic),
            )
            for topic in Topic
        ]
    )


@cache
def _body() -> tuple[bytes, str]:
    body = told().model_dump_json().encode()
    return body, f'"{sha256(body).hexdigest()[:16]}"'


@router.get(
    "/event-types",
    summary="事件类型: what the feed, the stream and webhooks tell",
    response_model=EventTypeList,
    responses={304: {"description": "The caller has it (If-None-Match)"}},
)
async def get_event_types(request: Request, _caller: Calling) -> Response:
    """Return every event type with an example and its JSON schema; it changes with the version."""
    return cached(request, *_body())


def document() -> str:
    """Return docs/event-types.md."""
    return "\n".join(
        [
            "# Event types",
            "",
            "`yiguan event-types` writes this page; `GET /v1/event-types`",
            "answers the same with an example of each. The feed, the stream and webhooks tell",
            "these and nothing else. Inside v1 a name never changes its meaning and never goes",
            "away; new ones may come, so a receiver passes over what it does not know. The JSON",
            "schema of a type stands in the contract under its own name",
            f"(`{SCHEMA.format(topic='unit.filed')}`); what the fields mean, `GET /v1/dictionary`",
            "and `yiguan dictionary` tell in Chinese and English.",
            "",
            "| type | 名称 | 说明 | what it tells |",
            "| --- | --- | --- | --- |",
            *(
                f"| `{topic}` | {WORDS[topic][0]} | {TELLS[topic][0]} | {TELLS[topic][1]} |"
                for topic in Topic
            ),
            "",
        ]
    )
