"""Refusals as RFC 9457 problems: one table gives the status, the domain gives the words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.api.models import Named
from app.domain import errors
from app.domain.action import Action
from app.domain.errors import BadSheet, DomainError, Present
from app.domain.unit import State
from app.store.database import BAD_VALUE, CONTENTION

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of refusal as the contract names it."""

    status: int
    slug: str
    title_zh: str
    title_en: str


PROBLEMS: Final[Mapping[type[Exception], ProblemType]] = {
    errors.Invalid: ProblemType(422, "invalid", "请求内容有误", "The request is invalid"),
    errors.TooLarge: ProblemType(413, "too-large", "请求过大", "The request is too large"),
    errors.NotFound: ProblemType(404, "not-found", "未找到", "Not found"),
    errors.Forbidden: ProblemType(403, "forbidden", "无权操作", "Not permitted"),
    errors.Unauthenticated: ProblemType(401, "unauthenticated", "未认证", "Not authenticated"),
    errors.Conflict: ProblemType(409, "conflict", "编号冲突", "The id stands for something else"),
    errors.ActionNotAllowed: ProblemType(
        409, "action-not-allowed", "当前状态不允许此操作", "The state does not permit the action"
    ),
    errors.Stale: ProblemType(412, "stale", "单元已发生变化", "The unit has changed"),
    errors.Claimed: ProblemType(409, "claimed", "已被他人领取", "Somebody else has it in hand"),
    errors.ClaimLost: ProblemType(412, "claim-lost", "领取已失效", "The claim holds no longer"),
    errors.Changed: ProblemType(412, "changed", "内容已被更改", "It has changed meanwhile"),
    errors.VersionRequired: ProblemType(
        428, "version-required", "须说明所见版本", "Say which version you saw"
    ),
    errors.Expired: ProblemType(
        410, "cursor-expired", "游标已过期, 须重新同步", "The cursor has expired: begin anew"
    ),
    errors.Unavailable: ProblemType(503, "unavailable", "服务暂不可用", "Unavailable for now"),
    errors.Busy: ProblemType(503, "busy", "服务繁忙", "Too busy"),
    errors.BadSheet: ProblemType(422, "bad-sheet", "文件未被接受", "The file was refused"),
}
_HTTP: Final[Mapping[int, ProblemType]] = {
    404: ProblemType(404, "not-found", "没有这个地址", "No such address"),
    405: ProblemType(405, "method-not-allowed", "不支持的方法", "Method not allowed"),
}
_INTERNAL: Final = ProblemType(500, "internal", "服务内部错误", "Internal error")
_WORDS: Final[Mapping[str, str]] = {
    "missing": "缺少该字段",
    "extra_forbidden": "未知字段",
    "json_invalid": "不是有效的 JSON",
    "uuid_parsing": "应为 UUID",
    "uuid_type": "应为 UUID",
    "string_too_long": "文字过长",
    "string_too_short": "文字过短",
    "string_pattern_mismatch": "格式不符",
    "enum": "不在允许的取值之内",
    "literal_error": "不在允许的取值之内",
    "timezone_aware": "时间须带时区",
    "datetime_from_date_parsing": "应为 RFC 3339 时间",
    "datetime_parsing": "应为 RFC 3339 时间",
    "string_type": "应为文字",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "数值过大",
    "int_from_float": "应为整数",
    "float_type": "应为数值",
    "float_parsing": "应为数值",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "list_type": "应为数组",
    "dict_type": "应为对象",
    "model_type": "应为 JSON 对象",
    "model_attributes_type": "应为 JSON 对象",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "too_short": "至少 {min_length} 个",
    "too_long": "最多 {max_length} 个",
}
_CELL: Final = re.compile(r"第(?P<row>\d+)行 (?P<column>[^:]+): ")
LISTED: Final = 100
"""How many faults of one request are listed."""

RETRY_AFTER: Final = "2"
LANGUAGE: Final = "language"
"""Where a request's state holds what a page's reader has chosen."""


_OVERTAKEN: Final = (
    "单元已变为第 4 版(您看到的是第 3 版): 渝中区城市管理局(陈工) 09:31 已“签收”,"
    " 现为“已签收”, 请刷新"
)
EXAMPLE: Final[Any] = {
    "type": "/problems/stale",
    "title": "单元已发生变化",
    "status": 412,
    "detail": _OVERTAKEN,
    "request_id": "7d3f0c7be2f34cf2a9e9a0c1d5b8e6a1",
    "errors": [{"field": "If-Match", "message": _OVERTAKEN}],
    "version": 4,
    "state": "accepted",
    "last": {
        "action": "accept",
        "by": "陈工",
        "organisation": {"code": "500103-CGJ", "name": "渝中区城市管理局"},
        "at": "2026-11-20T01:31:00Z",
    },
}


class FieldError(BaseModel):
    """One fault of the input; `row` is that of a sheet, the header being 1."""

    field: str
    message: str
    row: int | None = None


class LastOut(BaseModel):
    """What was done last to a unit: by whom, when. `by` is null for the service itself."""

    action: Action
    by: str | None
    organisation: Named
    at: datetime


class Problem(BaseModel):
    """A refusal (RFC 9457).

    One about a unit that others were first with tells how that stands now: its `version`, its
    `state`, and what was done `last`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldError] = []
    allowed: list[str] = []
    version: int | None = None
    state: State | None = None
    last: LastOut | None = None


def install(app: FastAPI) -> None:
    """Have every error of the application answered as a problem."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(ValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    for kind in BAD_VALUE:
        app.add_exception_handler(kind, bad_value)
    for busy in CONTENTION:
        app.add_exception_handler(busy, _contention)
    app.add_exception_handler(Exception, _internal)


async def _domain(request: Request, error: Exception) -> Response:
    return refusal(request, error) if isinstance(error, DomainError) else _unknown(request)


def refusal(request: Request, error: DomainError) -> Response:
    """Answer with the problem a domain error stands for."""
    return _answered(problem_of(request, error))


def problem_of(request: Request, error: DomainError) -> Problem:
    """Return the problem a domain error stands for."""
    kind = PROBLEMS[type(error)]
    chinese = wants_chinese(request)
    detail = error.zh if chinese else error.en
    extra: dict[str, Any] = {}
    if error.field:
        extra["errors"] = [FieldError(field=error.field, message=detail)]
    if isinstance(error, BadSheet):
        extra["errors"] = [_of_sheet(fault, chinese=chinese) for fault in error.faults[:LISTED]]
    if error.allowed:
        extra["allowed"] = list(error.allowed)
    if error.present:
        extra |= _standing(error.present)
    return _problem(request, kind, detail, extra)


def _standing(present: Present) -> dict[str, Any]:
    found: dict[str, Any] = {"version": present.version, "state": State(present.state)}
    last = present.last
    if last is not None:
        found["last"] = LastOut(
            action=Action(last.action),
            by=last.by,
            organisation=Named(code=last.organisation, name=last.name),
            at=last.at,
        )
    return found


def _of_sheet(fault: str, *, chinese: bool) -> FieldError:
    """Return a sheet's fault, which names its cell in both languages."""
    cell = _CELL.match(fault)
    if cell is None:
        zh, _, en = fault.partition(" / ")
        return FieldError(field="file", message=zh if chinese or not en else en)
    row, column = int(cell["row"]), cell["column"]
    zh, _, en = fault[cell.end() :].partition(f" / row {row}, {column}: ")
    return FieldError(field=column, message=zh if chinese else en, row=row)


def unstorable() -> DomainError:
    """Return the refusal of a value that PostgreSQL does not take."""
    return errors.Invalid(
        zh="含有无法保存或比较的值", en="a value can be neither stored nor compared"
    )


def contended() -> DomainError:
    """Return the refusal of what others are at for too long."""
    return errors.Unavailable(zh="他人正在处理, 请稍后重试", en="others are at it; try again")


async def bad_value(request: Request, _error: Exception) -> Response:
    """Answer that PostgreSQL refuses a value."""
    return refusal(request, unstorable())


async def _contention(request: Request, error: Exception) -> Response:
    log.warning("contention", path=request.url.path, error=repr(error))
    return refusal(request, contended())


async def _validation(request: Request, error: Exception) -> Response:
    return invalid(request, getattr(error, "errors", list)())


def invalid(request: Request, faults: Sequence[Mapping[str, Any]]) -> Response:
    """Return the problem that pydantic's faults stand for, naming each field."""
    chinese = wants_chinese(request)
    listed = [
        FieldError(field=_field(fault), message=_message(fault, chinese=chinese))
        for fault in faults[:LISTED]
    ]
    kind = PROBLEMS[errors.Invalid]
    detail = "; ".join(f"{one.field}: {one.message}" for one in listed[:5])
    return _answer(request, kind, detail, {"errors": listed})


async def _http(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    kind = _HTTP.get(status, ProblemType(status, "http", "请求失败", "The request failed"))
    return _answer(request, kind, str(getattr(error, "detail", "")), {})


async def _internal(request: Request, error: Exception) -> Response:
    request_id = request.scope.get("request_id", "")
    log.error(
        "unexpected",
        path=request.url.path,
        request_id=request_id,
        error=repr(error),
        exc_info=error,
    )
    return _unknown(request)


def _unknown(request: Request) -> Response:
    chinese = wants_chinese(request)
    detail = "请凭请求编号联系运维人员" if chinese else "Give the operators the request id"
    return _answer(request, _INTERNAL, detail, {})


def wants_chinese(request: Request) -> bool:
    """Tell whether to answer in Chinese, the default, or in English: as chosen, else as asked."""
    chosen = getattr(request.state, LANGUAGE, None)
    if chosen is not None:
        return bool(chosen == "zh")
    asked = request.headers.get("accept-language", "").lower()
    wanted = {"zh": 0.0, "en": 0.0}
    for choice in asked.split(","):
        tag, _, quality = choice.strip().partition(";q=")
        language = tag[:2]
        if language in wanted:
            wanted[language] = max(wanted[language], _quality(quality))
    return wanted["zh"] >= wanted["en"]


def _quality(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


def _answer(request: Request, kind: ProblemType, detail: str, extra: Mapping[str, Any]) -> Response:
    return _answered(_problem(request, kind, detail, extra))


def _problem(request: Request, kind: ProblemType, detail: str, extra: Mapping[str, Any]) -> Problem:
    return Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title_zh if wants_chinese(request) else kind.title_en,
        status=kind.status,
        detail=detail,
        request_id=request.scope.get("request_id", ""),
        **extra,
    )


def _answered(problem: Problem) -> Response:
    body = orjson.dumps(problem.model_dump(mode="json", exclude_defaults=True))
    headers = {"Retry-After": RETRY_AFTER} if problem.status == 503 else {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body, problem.status, headers, "application/problem+json")


def _field(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "json_invalid":
        # Its location counts bytes: no field of anybody's.
        return "body"
    location: Sequence[object] = fault["loc"]
    parts = [str(part) for part in location if part not in {"body", "query", "path", "header"}]
    return ".".join(parts) or "body"


def _message(fault: Mapping[str, Any], *, chinese: bool) -> str:
    kind, message = str(fault["type"]), str(fault["msg"])
    if kind == "value_error":
        message = message.removeprefix("Value error, ")
        zh, _, en = message.partition(" / ")
        return zh if chinese or not en else en
    context = fault.get("ctx") or {}
    if context.get("field_type") == "Value":
        # What pydantic says of a text that is looked at by a validator of ours first.
        message = message.replace("item", "character").replace(" after validation", "")
    known = _WORDS.get(kind, "").format(**context)
    return f"{known} ({message})" if chinese and known else message
