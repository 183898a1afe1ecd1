"""The published contract: OpenAPI 3.1, with the plain route's entry and every problem type."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from app.api import webhook_contract
from app.api.event_models import EventIn
from app.api.problems import PROBLEMS, Problem
from app.api.unit_models import AcceptedOut, EventDetail

DESCRIPTION: Final = """
一贯: 三级治理中心的事件分拨服务。Event routing for a city's three-tier operations centres.

A POST whose answer was lost is sent again: a report as it is, for its id makes it known; anything
else with the same `Idempotency-Key`, for 72 h. It is done once. What was refused may be sent again
under the same key; another request under it is a conflict.

Every refusal is an RFC 9457 problem (`application/problem+json`) whose `type` is one of:
"""
_REF: Final = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Have the application publish its whole contract."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _contract(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _contract(app: FastAPI) -> dict[str, Any]:
    types = "\n".join(
        f"- `/problems/{kind.slug}` ({kind.status}): {kind.title_zh} / {kind.title_en}"
        for kind in PROBLEMS.values()
    )
    contract = get_openapi(
        title="Yiguan 一贯",
        version=app.version,
        description=DESCRIPTION + types,
        routes=app.routes,
    )
    schemas = contract.setdefault("components", {}).setdefault("schemas", {})
    _, ours = models_json_schema(
        [
            (EventIn, "validation"),
            (AcceptedOut, "serialization"),
            (EventDetail, "serialization"),
            (Problem, "serialization"),
        ],
        ref_template=_REF,
    )
    for name, schema in ours["$defs"].items():
        schemas.setdefault(name, schema)
    webhook_contract.add_to(contract)
    contract["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    contract["security"] = [{"key": []}]
    contract["paths"].setdefault("/v1/events", {})["post"] = _post_event()
    for path in contract["paths"].values():
        for operation in path.values():
            _add_problems(operation)
    for open_to_all in ("/healthz", "/readyz", "/metrics"):
        contract["paths"][open_to_all]["get"]["security"] = []
    contract["paths"] = dict(sorted(contract["paths"].items()))
    return contract


def _post_event() -> dict[str, Any]:
    return {
        "tags": ["events"],
        "summary": "Report an event; the same report again is answered with its unit as it is now",
        "operationId": "post_event",
        "requestBody": {"required": True, "content": _json("EventIn")},
        "responses": {
            "201": {"description": "Written: its root unit", "content": _json("AcceptedOut")},
            "200": {"description": "Was there already", "content": _json("EventDetail")},
            "409": _problem("The id stands for another report"),
        },
    }


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model)}}}


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
    }


def _add_problems(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses["422"] = _problem("The request is invalid; `errors` name the fields")
    responses["default"] = _problem("Any other refusal")
