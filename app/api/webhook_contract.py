"""The contract's `webhooks`: one entry for each event type, with its schema and an example."""

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from app.api.event_examples import example
from app.api.event_types import SCHEMA
from app.api.messages import RulebookData, UnitData
from app.domain.topic import ACTION_OF, WORDS, Topic
from app.domain.topic_words import TELLS

_REF: Final = "#/components/schemas/{model}"
_HEADERS: Final = (
    (
        "webhook-id",
        "消息编号, 重发时不变, 据此去重",
        "the same however often it is sent",
        "msg_1_123",
    ),
    ("webhook-timestamp", "本次发送的 Unix 秒数", "when it was sent this time", "1795138260"),
    (
        "webhook-signature",
        "对 id.timestamp.body 的签名, 以空格分隔, 任一相符即可",
        "signatures, one of which must fit: v1 is HMAC-SHA256, v1a ed25519",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
)
_ANSWERS: Final = {
    "2XX": "已收下, 不再发送 / taken: it is not sent again",
    "410": "不再接收, 停用该订阅 / gone: the endpoint is switched off",
    "default": "未收下, 按计划重发 / not taken: it is sent again by the schedule",
}
_ABOUT: Final = """{zh} / {en}

An endpoint with `batch` above 1 gets an array of messages, each with its `id`; one with
`envelope: cloudevents` gets CloudEvents 1.0, with this `data`. `payload: full` has the whole unit.
"""


def add_to(contract: dict[str, Any]) -> None:
    """Add the webhooks, and the schemas of their messages under the names of their types."""
    components = contract["components"]
    _, ours = models_json_schema(
        [(UnitData, "serialization"), (RulebookData, "serialization")], ref_template=_REF
    )
    for name, schema in ours["$defs"].items():
        components["schemas"].setdefault(name, schema)
    components["parameters"] = {header[0]: _header(*header) for header in _HEADERS}
    for topic in Topic:
        components["schemas"][topic.value] = schema_of(topic)
    contract["webhooks"] = {topic.value: {"post": _entry(topic)} for topic in Topic}


def schema_of(topic: Topic) -> dict[str, Any]:
    """Return the JSON schema of a type's messages."""
    return {
        "title": topic.value,
        "description": " / ".join(TELLS[topic]),
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "id": {"type": "string", "description": "消息编号, 仅批量时有 / in a batch only"},
            "type": {"const": topic.value},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": _data(topic),
        },
    }


def _data(topic: Topic) -> dict[str, Any]:
    if topic is Topic.RULEBOOK_PUBLISHED:
        return {"$ref": _REF.format(model="RulebookData")}
    action = {"properties": {"action": {"const": ACTION_OF[topic].value}}}
    return {"allOf": [{"$ref": _REF.format(model="UnitData")}, action]}


def _header(name: str, zh: str, en: str, shown: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": f"{zh} / {en}",
        "schema": {"type": "string"},
        "example": shown,
    }


def _entry(topic: Topic) -> dict[str, Any]:
    zh, en = TELLS[topic]
    content = {"schema": {"$ref": SCHEMA.format(topic=topic)}, "example": example(topic)}
    return {
        "tags": ["webhooks"],
        "summary": " / ".join(WORDS[topic]),
        "description": _ABOUT.format(zh=zh, en=en),
        "operationId": f"webhook_{topic.replace('.', '_')}",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name, *_ in _HEADERS],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {status: {"description": text} for status, text in _ANSWERS.items()},
        "security": [],
    }
