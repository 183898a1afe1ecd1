"""The small city with a morning's work in it, so that no page is empty."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.authority import Role
from tests import counted, photos
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, QUAY, City, Person

LONG = (
    "石板坡立交桥下靠近滨江步道的第三根桥墩旁边, 施工单位留下的建筑垃圾、旧家具和装修材料混在一起"
    "堆了快半个月, 一下雨黄泥水就流到步道上, 老人小孩走路都要绕行, 打了几次电话都说不归他们管, "
    "请尽快安排清运并告知处理结果"
)


@dataclass(frozen=True)
class Filled:
    """Who has keys there, and the units that pages are about."""

    director: str
    district: str
    street: str
    department: str
    worker: str
    administrator: str
    waiting: str
    """A unit that nobody could place."""
    late: str
    event: str
    closed: str


async def filled(city: City) -> Filled:
    """Report, work and be late, until half past three in the afternoon."""
    director = await city.person(f"{CITY}-ZX", Role.SUPERVISOR, name="周主任")
    district = await city.person(f"{EAST}-ZX", Role.CLERK, Role.SUPERVISOR, name="陈工")
    street = await city.person(f"{HARBOUR}-ZX", Role.CLERK, name="向素芬")
    department = await city.person(f"{EAST}-PS", Role.DEPARTMENT, name="谢磊")
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER, name="冉光荣")

    administrator = await city.person(f"{CITY}-ZX", Role.ADMINISTRATOR, name="张敏")
    late = await _reported(worker, "路中间的井盖没得了")
    closed = await _reported(worker, LONG, category={"code": "06010"})
    for action in ("accept", "start"):
        await worker.act(closed, action)
    photograph = photos.exhibit(await photos.uploaded(worker))
    await worker.act(closed, "resolve", attachments=[photograph], reason="已清运")
    await street.act(closed, "verify")
    event = await _reported(district, "六楼着火了浓烟滚滚", source="hotline", place={"code": QUAY})
    for text in ("马路上坑坑洼洼", "街边大树死了半边", "楼下一堆垃圾好臭没人收"):
        await _reported(district, text, source="citizen", place={"code": HILL})
    asked = await _reported(worker, "垃圾袋丢得满地都是")
    await worker.act(asked, "accept")
    wish = {"kind": "extension", "reason": "清运车故障, 下午修好"}
    answer = await worker.call("POST", f"/v1/units/{asked}:request", json=wish)
    assert answer.status_code == 201, answer.text

    city.clock.set(datetime.fromisoformat("2026-11-20T15:30+08:00"))
    await city.fire()
    await counted.count(city.app.state.service.database, city.clock.now())
    await _reported(worker, "树和坑")
    waiting = await _reported(worker, "这里有点不对劲你们来看看", place={"code": QUAY})
    await _reported(worker, "楼下一堆垃圾好臭")
    return Filled(
        director.key,
        district.key,
        street.key,
        department.key,
        worker.key,
        administrator.key,
        waiting,
        late,
        event,
        closed,
    )


async def _reported(person: Person, text: str, **changes: Any) -> str:
    answer = await person.post(person.city.report(text, **changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["unit"]["id"])
