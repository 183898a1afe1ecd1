"""Explanations over HTTP: of units from their stored reasons, of reports that were not sent."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.domain.authority import Role
from app.domain.rulebook import Part
from app.flows import drafts
from app.store.database import Database
from tests import given
from tests.conftest import NOW
from tests.given import EAST, GRID, HARBOUR, HILL, QUAY, City, Person

RUBBISH, BRANCH = "楼下一堆垃圾好臭", "行道树的枯枝要掉下来了"
FIRE = "六楼着火了浓烟滚滚"
CURRENT = "/v1/rulebooks/current:explain"


async def worker(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER)


async def clerk(city: City, centre: str = HARBOUR) -> Person:
    return await city.person(f"{centre}-ZX", Role.CLERK)


async def head(city: City) -> Person:
    return await city.person(f"{EAST}-ZX", Role.SUPERVISOR)


async def explanation(person: Person, unit: str, language: str = "zh") -> dict[str, Any]:
    headers = {"Accept-Language": language}
    answer = await person.call("GET", f"/v1/units/{unit}/explanation", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def posted(city: City, text: str = RUBBISH, **changes: Any) -> str:
    answer = await (await worker(city)).post(city.report(text, **changes))
    unit: str = answer.json()["unit"]["id"]
    return unit


def said(told: dict[str, Any], topic: str) -> str:
    return next(one["sentence"] for one in told["topics"] if one["topic"] == topic)


# A unit


async def test_a_decision_is_told_in_chinese_with_its_topics_in_order(shared_city: City):
    shared_city.clock.set(NOW)
    told = await explanation(await clerk(shared_city), await posted(shared_city))
    topics = [one["topic"] for one in told["topics"] if one["topic"] not in {"near", "otherwise"}]
    assert topics == [
        "place",
        "entry",
        "kind",
        "level",
        "holder",
        "basis",
        "clock",
        "clock",
        "version",
    ]
    assert told["sentences"][0] == (
        "位置: 山城市 东江区 码头街道 石板坡社区 第1网格, 依据上报时给出的编码。"
    )
    assert "时限: 处置 4工作时(清单规定, 按工作时间计), 自 2026-11-20 09:30:00 起," in "".join(
        told["sentences"]
    )


async def test_a_decision_is_told_in_english(shared_city: City):
    unit = await posted(shared_city, BRANCH)
    told = await explanation(await clerk(shared_city), unit, "en")
    assert "it holds" in said(told, "holder")
    assert said(told, "kind") == "item, because one duty of one holder."


async def test_a_shipped_function_is_told_by_its_name(shared_city: City):
    told = await explanation(await clerk(shared_city), await posted(shared_city))
    assert "“环境卫生”" in said(told, "holder")


async def test_the_version_tells_who_published_it(shared_city: City):
    told = await explanation(await clerk(shared_city), await posted(shared_city))
    assert said(told, "version").startswith("规则库第 1 版, 2026-11-19 09:30:00 由“given”发布")


async def test_what_would_have_made_it_different_is_told_last(shared_city: City):
    told = await explanation(await clerk(shared_city), await posted(shared_city))
    topics = [one["topic"] for one in told["topics"]]
    assert 0 < topics.count("otherwise") <= 5
    assert topics == sorted(topics, key="otherwise".__eq__)


async def test_a_task_of_a_plan_is_told(shared_city: City):
    unit = await posted(shared_city, FIRE)
    centre = await clerk(shared_city, EAST)
    task = (await centre.get(f"/v1/units/{unit}"))["tasks"][0]
    assert "的第 1 项任务“到场扑救”" in said(await explanation(centre, task["id"]), "entry")


async def test_after_a_ruling_it_is_told_that_a_centre_named_the_holder(city: City):
    unit, person, centre = await posted(city), await worker(city), await clerk(city)
    await person.act(unit, "return", reason="不归我")
    await centre.act(unit, "dispatch", holder=f"{QUAY}-SQ")
    told = await explanation(centre, unit)
    assert "由中心指定" in said(told, "holder")
    assert "若不由中心指定, 将作为事项由第1网格网格队承办" in said(told, "otherwise")


async def test_a_ruling_without_a_basis_in_the_list_is_told_as_one(city: City):
    unit = await posted(city, "楼下臭, 路面脏")
    head = await city.person(f"{EAST}-ZX", Role.SUPERVISOR, name="李主任")
    await head.act(unit, "rule", holder=f"{EAST}-CG", limit="3工作日", reason="由城管局处理")
    told = await explanation(head, unit)
    assert said(told, "basis") == "无清单依据, 承办单位由中心指定。"
    assert "由中心“李主任”指定" in said(told, "holder")
    assert any("处置 3工作日(指定承办时给出" in sentence for sentence in told["sentences"])


async def test_outside_the_scope_nothing_is_told(shared_city: City):
    unit, stranger = await posted(shared_city), await clerk(shared_city, HILL)
    assert (await stranger.call("GET", f"/v1/units/{unit}/explanation")).status_code == 404


# A report that was not sent


async def foretold(
    person: Person, report: dict[str, Any], version: str = "current", language: str = "zh"
) -> httpx.Response:
    return await person.call(
        "POST",
        f"/v1/rulebooks/{version}:explain",
        json={key: value for key, value in report.items() if key != "id"},
        headers={"Accept-Language": language},
    )


async def counts(database: Database) -> dict[str, int]:
    async with database.transaction() as tx:
        tables = await tx.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row["tablename"] for row in tables]
        return {name: await tx.value(f'SELECT count(*) FROM "{name}"') for name in names}


async def test_a_report_not_sent_is_told_as_the_one_sent_then_becomes(shared_city: City):
    shared_city.clock.set(NOW)
    person, report = await worker(shared_city), shared_city.report(FIRE)
    would = (await foretold(person, report)).json()
    done = (await person.post(report)).json()
    for each in ("entry", "kind", "clause", "holder", "route", "due_at", "state", "place"):
        assert would["unit"][each] == done["unit"][each]
    assert would["reasons"] == done["reasons"]
    assert [task["holder"] for task in would["tasks"]] == [task["holder"] for task in done["tasks"]]


async def test_it_is_told_in_the_very_words_of_the_unit_it_becomes(shared_city: City):
    shared_city.clock.set(NOW)
    person, report = await worker(shared_city), shared_city.report()
    would = (await foretold(person, report)).json()
    unit = (await person.post(report)).json()["unit"]["id"]
    assert would["sentences"] == (await explanation(person, unit))["sentences"]


async def test_nothing_is_written(city: City):
    person, report = await worker(city), city.report(FIRE)
    database = city.app.state.service.database
    before = await counts(database)
    answer = await person.call("POST", CURRENT, json=report)
    assert answer.status_code == 200, answer.text
    assert await counts(database) == before


async def test_the_id_it_was_explained_with_is_still_free(shared_city: City):
    person, report = await worker(shared_city), shared_city.report()
    assert (await person.call("POST", CURRENT, json=report)).status_code == 200
    assert (await person.post(report)).status_code == 201


async def test_it_has_no_number_for_it_is_no_unit(shared_city: City):
    would = (await foretold(await worker(shared_city), shared_city.report())).json()
    assert would["unit"]["number"] == ""


async def test_an_unclear_report_tells_what_is_missing(shared_city: City):
    report = shared_city.report("楼下臭, 路面脏")
    would = (await foretold(await worker(shared_city), report)).json()
    assert would["unit"]["state"] == "triage"
    assert said(would, "entry").startswith("未定")


async def test_a_draft_is_explained_as_if_it_were_in_force(city: City):
    service = city.app.state.service
    entries = given.entries()
    moved = (replace(entries[0], level=given.Tier.STREET, title="草稿里的名字"), *entries[1:])
    async with service.database.transaction() as tx:
        draft = await drafts.save(tx, {Part.LIST: moved}, note="", now=city.clock.now(), by="x")
    answer = await foretold(await head(city), city.report(), f"d{draft.number}")
    would = answer.json()
    assert would["unit"]["holder"]["code"] == f"{HARBOUR}-MS"
    assert "《草稿里的名字》" in said(would, "entry")
    assert f"按草稿 d{draft.number} 判定, 尚未发布" in said(would, "version")


async def test_a_version_is_asked_by_its_number(shared_city: City):
    answer = await foretold(await head(shared_city), shared_city.report(), "1")
    assert (answer.status_code, answer.json()["rulebook"]) == (200, 1)


@pytest.mark.parametrize("version", ["99", "d99", "latest"])
async def test_a_version_there_is_not_is_not_found(shared_city: City, version: str):
    answer = await foretold(await head(shared_city), shared_city.report(), version)
    assert answer.status_code == 404


@pytest.mark.parametrize("version", ["1", "d1"])
async def test_who_may_not_look_at_versions_asks_by_the_one_in_force_alone(
    shared_city: City, version: str
):
    answer = await foretold(await worker(shared_city), shared_city.report(), version)
    assert answer.status_code == 403


async def test_a_code_the_rulebook_does_not_know_is_named(shared_city: City):
    report = shared_city.report(place={"code": "999999"})
    answer = await foretold(await worker(shared_city), report)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "place.code"


async def test_a_faulty_report_is_refused_as_when_it_is_sent(shared_city: City):
    answer = await foretold(await worker(shared_city), {**shared_city.report(), "colour": "red"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.REPORTER, 200), (Role.CLERK, 200), (Role.ADMINISTRATOR, 200), (Role.DEPARTMENT, 403)],
)
async def test_who_may_report_and_who_edits_the_list_may_ask(
    shared_city: City, role: Role, status: int
):
    person = await shared_city.person(f"{EAST}-ZX", role)
    assert (await foretold(person, shared_city.report())).status_code == status


async def test_it_is_told_in_english_when_asked(shared_city: City):
    answer = await foretold(await worker(shared_city), shared_city.report(), language="en")
    assert answer.json()["sentences"][0].startswith("Place: ")
