"""Builders with sane defaults: a small city, its list, its people, and their reports."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from app.domain.area import Area, AreaCode, Areas, Tier
from app.domain.authority import Role
from app.domain.calendar import Calendar, parse_hours
from app.domain.limit import Limit, parse_limit
from app.domain.organisation import (
    Function,
    Organisation,
    OrganisationCode,
    OrganisationKind,
    Organisations,
)
from app.domain.policy import Policies
from app.domain.responsibility import (
    Category,
    Entry,
    EntryCode,
    Evidence,
    Kind,
    PlanTask,
    ResponsibilityList,
    Urgency,
)
from app.domain.rulebook import Part, Rulebook
from app.flows import access, publication
from app.now import Clock
from app.store.database import Tx
from app.store.parts import Content
from app.worker import turn

CITY, EAST, WEST = "500000", "500101", "500102"
HARBOUR, HILL = "500101001", "500101002"
"""Streets of the eastern district."""
QUAY = "500101001001"
"""A community of the harbour street."""
GRID = "500101001001001"
SCHEME = "GB/T 47678.5-2026"

_TIERS = {6: Tier.DISTRICT, 9: Tier.STREET, 12: Tier.COMMUNITY, 15: Tier.GRID}
_NAMES = {
    CITY: "山城市",
    EAST: "东江区",
    WEST: "西岭区",
    HARBOUR: "码头街道",
    HILL: "坡上街道",
    "500102001": "西岭街道",
    QUAY: "石板坡社区",
    "500101002001": "黄桷树社区",
    "500102001001": "大礼堂社区",
    GRID: "第1网格",
    "500101002001001": "第1网格",
    "500102001001001": "第1网格",
}


def areas() -> tuple[Area, ...]:
    def area(code: str, name: str) -> Area:
        if code == CITY:
            return Area(AreaCode(code), name, Tier.CITY, None)
        parent = CITY if len(code) == 6 else code[:-3]
        return Area(AreaCode(code), name, _TIERS[len(code)], AreaCode(parent))

    return tuple(area(code, name) for code, name in _NAMES.items())


_WORK = ("sanitation", "landscaping", "public_security")
_DEPARTMENTS = {
    "CG": ("城市管理局", ("sanitation", "landscaping", "municipal", "enforcement")),
    "PS": ("排水事务中心", ("drainage",)),
    "XF": ("消防救援大队", ("fire",)),
    "GA": ("公安分局", ("public_security",)),
}


def organisations() -> tuple[Organisation, ...]:
    return tuple(body for area in areas() for body in _bodies(area))


def _bodies(area: Area) -> list[Organisation]:
    match area.tier:
        case Tier.CITY | Tier.DISTRICT:
            departments = [
                _body(area, suffix, name, OrganisationKind.DEPARTMENT, functions)
                for suffix, (name, functions) in _DEPARTMENTS.items()
            ]
            return [_centre(area), *departments]
        case Tier.STREET:
            board = _body(area, "MS", "民生服务板块", OrganisationKind.BOARD, _WORK)
            return [_centre(area), board]
        case Tier.COMMUNITY:
            return [_body(area, "SQ", "居民委员会", OrganisationKind.COMMITTEE, _WORK)]
        case Tier.GRID:
            return [_body(area, "WG", "网格队", OrganisationKind.GRID_TEAM, ("sanitation",))]


def _centre(area: Area) -> Organisation:
    return _body(area, "ZX", "治理中心", OrganisationKind.CENTRE, ())


def _body(
    area: Area, suffix: str, name: str, kind: OrganisationKind, functions: tuple[str, ...]
) -> Organisation:
    return Organisation(
        code=OrganisationCode(f"{area.code}-{suffix}"),
        name=f"{area.name}{name}",
        kind=kind,
        area=area.code,
        tier=area.tier,
        parent=None,
        functions=tuple(Function(function) for function in functions),
        phone="023-00000001",
    )


def entry(code: str, **changes: Any) -> Entry:
    prefix, number, _ = code.split("-")
    values: dict[str, Any] = {
        "code": EntryCode(code),
        "category": Category(SCHEME, "事项" if prefix == "SX" else "部件", number),
        "category_name": changes.get("title", code),
        "title": code,
        "condition": f"{code} 的立案条件",
        "closing": "已恢复",
        "kind": Kind.ITEM,
        "level": Tier.STREET,
        "lead": Function("sanitation"),
        "support": (),
        "urgency": Urgency.NORMAL,
        "limit": limit("1工作日"),
        "evidence": Evidence.AFTER,
    }
    return Entry(**{**values, **changes})


def limit(text: str) -> Limit:
    return parse_limit(text)


def entries() -> tuple[Entry, ...]:
    return (
        entry(
            "SX-06010-1",
            title="垃圾裸露堆放",
            condition="路边裸露堆放生活垃圾",
            level=Tier.GRID,
            limit=limit("4工作时"),
            keywords=("垃圾", "臭"),
            examples=("楼下一堆垃圾好臭没人收", "垃圾袋丢得满地都是"),
        ),
        entry(
            "SX-01002-1",
            title="污水井盖缺失",
            condition="污水井盖缺失或移位",
            level=Tier.DISTRICT,
            lead=Function("drainage"),
            urgency=Urgency.URGENT,
            limit=limit("2紧急工作时"),
            keywords=("井盖", "下水道"),
            examples=("下水道井盖不见了娃儿差点掉下去", "路中间的井盖没得了"),
        ),
        entry(
            "SX-04002-1",
            title="行道树枯枝",
            condition="行道树有枯死枝条",
            limit=limit("2工作日"),
            lead=Function("landscaping"),
            keywords=("树", "枯枝"),
            examples=("行道树的枯枝要掉下来了", "街边大树死了半边"),
        ),
        entry(
            "SX-06013-1",
            title="路面坑洞",
            condition="路面有坑洞",
            lead=Function("municipal"),
            keywords=("坑", "路面"),
            examples=("路面有个大坑车子颠得很", "马路上坑坑洼洼"),
        ),
        entry(
            "SX-22001-1",
            title="房屋着火",
            condition="房屋或车辆着火冒烟",
            kind=Kind.EVENT,
            lead=Function("fire"),
            urgency=Urgency.MAJOR,
            level=Tier.DISTRICT,
            limit=limit("4紧急工作时"),
            keywords=("着火", "浓烟"),
            examples=("六楼着火了浓烟滚滚", "有辆车着火了快来人"),
            plan=(
                PlanTask(Function("fire"), limit("1紧急工作时"), "到场扑救"),
                PlanTask(Function("public_security"), limit("1紧急工作时"), "外围警戒"),
            ),
        ),
    )


def calendar() -> Calendar:
    return Calendar(
        zone="Asia/Shanghai",
        week={day: parse_hours("08:00-12:00 14:00-18:00") for day in range(5)},
        days_off=tuple(date(2026, 10, day) for day in range(1, 8)),
        days_worked=(date(2026, 10, 10),),
        covers_from=date(2024, 1, 1),
        covers_until=date(2026, 12, 31),
    )


def contents() -> dict[Part, Content]:
    return {
        Part.AREAS: areas(),
        Part.ORGANISATIONS: organisations(),
        Part.LIST: entries(),
        Part.CALENDAR: calendar(),
        Part.POLICIES: {},
    }


async def rulebook(tx: Tx, now: datetime) -> None:
    await publication.publish(tx, contents(), now=now - timedelta(days=1), by="given")


def in_memory() -> Rulebook:
    """The small city's rulebook without a database."""
    return Rulebook(
        version=1,
        areas=Areas(areas()),
        organisations=Organisations(organisations()),
        list=ResponsibilityList(entries()),
        calendar=calendar(),
        policies=Policies(),
        parts=dict.fromkeys(Part, 1),
    )


class HandClock(Clock):
    """A clock that a test moves by hand."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        object.__setattr__(self, "at", at)

    def now(self) -> datetime:
        found: datetime = self.at  # type: ignore[attr-defined]
        return found

    def forward(self, **span: float) -> None:
        self.set(self.now() + timedelta(**span))

    def set(self, at: datetime) -> None:
        object.__setattr__(self, "at", at)


@dataclass
class City:
    """The small city's service, spoken to over HTTP by people with keys."""

    client: httpx.AsyncClient
    app: FastAPI
    clock: HandClock
    keys: dict[tuple[str, tuple[Role, ...]], str] = field(default_factory=dict)
    count: int = 0

    async def key(self, organisation: str, *roles: Role, name: str = "") -> str:
        known = self.keys.get((organisation + name, roles))
        if known is None:
            service = self.app.state.service
            async with service.database.transaction() as tx:
                made = await access.create(
                    tx,
                    service.library.current(self.clock.now()).rulebook,
                    name=name or f"{organisation} 的 {roles[0]}",
                    organisation=OrganisationCode(organisation),
                    roles=roles,
                    at=self.clock.now(),
                )
            known = self.keys[organisation + name, roles] = made.secret
        return known

    async def person(self, organisation: str, *roles: Role, name: str = "") -> "Person":
        return Person(self, await self.key(organisation, *roles, name=name))

    def report(self, text: str = "楼下一堆垃圾好臭", **changes: Any) -> dict[str, Any]:
        self.count += 1
        values: dict[str, Any] = {
            "id": str(UUID(int=(0x0192_0000_0000_7000_8000 << 48) + self.count)),
            "source": "grid",
            "occurred_at": self.clock.now().isoformat(),
            "text": text,
            "place": {"code": GRID},
        }
        return {**values, **changes}

    async def fire(self) -> int:
        """One turn of the worker, at the clock's present moment."""
        service = self.app.state.service
        return await turn(service.database, service.library, self.clock.now())


@dataclass
class Person:
    """Somebody with a key."""

    city: City
    key: str

    async def call(
        self, method: str, path: str, *, seen: int | None = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        return await self.city.client.request(method, path, headers=headers, **options)

    async def post(self, report: dict[str, Any]) -> httpx.Response:
        return await self.call("POST", "/v1/events", json=report)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def act(self, unit: str, action: str, **body: Any) -> dict[str, Any]:
        """Do something to a unit as it is now, and return it as it then is."""
        answer = await self.try_to(unit, action, **body)
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done

    async def try_to(self, unit: str, action: str, **body: Any) -> httpx.Response:
        now = await self.call("GET", f"/v1/units/{unit}")
        seen = now.json().get("version", 1) if now.status_code == 200 else 1
        return await self.call("POST", f"/v1/units/{unit}:{action}", seen=seen, json=body)
