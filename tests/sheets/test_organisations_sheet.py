from datetime import date

import pytest

from app.domain.area import Area, AreaCode, Areas, Tier
from app.domain.organisation import Organisation, OrganisationCode
from app.sheets import organisations

HEADER = "code,name,kind,area,parent,functions,phone,valid_from,valid_to"
CENTRE = "C,市中心,centre,50,,,023-1,,"


def area(code: str, tier: Tier, parent: str | None, name: str = "") -> Area:
    return Area(AreaCode(code), name or code, tier, AreaCode(parent) if parent else None)


AREAS = Areas(
    [
        area("50", Tier.CITY, None, "重庆市"),
        area("51", Tier.DISTRICT, "50", "渝中区"),
        area("52", Tier.DISTRICT, "50", "江北区"),
        area("511", Tier.STREET, "51", "七星岗街道"),
        area("5111", Tier.COMMUNITY, "511", "通远门社区居民委员会"),
        area("51111", Tier.GRID, "5111", "第1网格"),
        area("521", Tier.STREET, "52", "石马河街道"),
    ]
)


def by_code(*found: Organisation) -> dict[str, Organisation]:
    return {body.code: body for body in found}


def test_a_pattern_makes_one_body_for_every_area_of_the_tier(save):
    path = save(
        HEADER,
        CENTRE,
        "{area}-SW,{name}水务公司,department,*district,,water|drainage,023-0000{n},,",
    )
    found = by_code(*organisations.parse(path, AREAS))
    assert found["51-SW"].name == "渝中区水务公司"
    assert found["52-SW"].functions == ("water", "drainage")
    assert found["52-SW"].tier is Tier.DISTRICT
    assert found["51-SW"].phone != found["52-SW"].phone
    assert len(found["51-SW"].phone) == len("023-0000123456")


def test_generated_numbers_do_not_change_between_readings(save):
    path = save(HEADER, CENTRE, "{area}-X,{name}局,department,*district,,,023-0000{n},,")
    assert organisations.parse(path, AREAS) == organisations.parse(path, AREAS)


def test_blank_parents_follow_the_rule(save):
    path = save(
        HEADER,
        "{area}-ZX,{name}中心,centre,*city,,,,,",
        "{area}-ZX,{name}中心,centre,*district,,,,,",
        "511-ZX,七星岗中心,centre,511,,,,,",
        "{area}-BM,{name}局,department,*district,,,,,",
        "{area}-BK,{name}板块,board,*street,,,,,",
        "{area}-WH,{name},committee,*community,,,,,",
        "{area}-WG,{name}工作队,grid_team,*grid,,,,,",
    )
    found = by_code(*organisations.parse(path, AREAS))
    parents = {code: body.parent for code, body in found.items()}
    assert parents == {
        "50-ZX": None,
        "51-ZX": "50-ZX",
        "52-ZX": "50-ZX",
        "511-ZX": "51-ZX",
        "51-BM": "51-ZX",
        "52-BM": "52-ZX",
        "511-BK": "511-ZX",
        "521-BK": "52-ZX",
        "5111-WH": "511-ZX",
        "51111-WG": "5111-WH",
    }
    assert found["51111-WG"].name == "通远门社区第1网格工作队"


def test_a_grid_without_a_committee_stands_under_the_nearest_centre(save):
    path = save(HEADER, CENTRE, "{area}-WG,{name}工作队,grid_team,*grid,,,,,")
    assert organisations.parse(path, AREAS)[-1].parent == "C"


def test_a_post_stands_under_the_board_that_shares_a_function_with_it(save):
    path = save(
        HEADER,
        CENTRE,
        "{area}-ZX,{name}中心,centre,*street,,,,,",
        "{area}-PA,{name}平安板块,board,*street,,safety,,,",
        "{area}-MS,{name}民生板块,board,*street,,water|roads,,,",
        "{area}-GW,{name}道路岗,post,*street,,roads,,,",
        "{area}-XF,{name}信访岗,post,*street,,petitions,,,",
        "511-JG,协管岗,post,511,511-PA,roads,,,",
    )
    found = by_code(*organisations.parse(path, AREAS))
    codes = ("511-GW", "521-GW", "511-XF", "511-JG")
    assert [found[code].parent for code in codes] == ["511-MS", "521-MS", "511-ZX", "511-PA"]


def test_a_parent_may_be_given_by_pattern(save):
    path = save(HEADER, CENTRE, "{area}-A,局,department,*city,C,,,,", "B,科,department,51,50-A,,,,")
    assert by_code(*organisations.parse(path, AREAS))["B"].parent == "50-A"


def test_a_body_without_dates_has_those_of_its_area(save):
    areas = Areas(
        [
            AREAS.city,
            Area(AreaCode("51"), "旧区", Tier.DISTRICT, AreaCode("50"), valid_to=date(2025, 11, 6)),
        ]
    )
    found = organisations.parse(
        save(HEADER, CENTRE, "{area}-A,局,department,*district,,,,,"), areas
    )
    assert found[-1].valid_to == date(2025, 11, 6)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_writing_and_reading_again_changes_nothing(save, tmp_path, suffix):
    path = save(
        HEADER,
        CENTRE,
        "{area}-ZX,{name}中心,centre,*district,,,023-0000{n},2024-01-01,2030-01-01",
        "{area}-WG,{name}工作队,grid_team,*grid,,a|b,,,",
    )
    found = organisations.parse(path, AREAS)
    again = tmp_path / f"again.{suffix}"
    organisations.write(again, found)
    assert organisations.parse(again, AREAS) == found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("C,甲局,department,51,,,,,", "code: 编码 C 与第2行重复"),
        ("A b,甲局,department,51,,,,,", "code: 编码“A b”不能含空白"),
        ("{area}-A,甲局,department,51,,,,,", "code: 编码“{area}-A”不能含空白"),
        ("A,甲局,department,*district,,,,,", "code: 各区划一个单位时须含 {area}"),
        ("{area}-{x},甲局,department,*district,,,,,", "code: 编码“{area}-{x}”不能含空白"),
        ("A,,department,51,,,,,", "name: 不能为空"),
        ("A,甲局,bureau,51,,,,,", "kind: “bureau”应为 centre、department"),
        ("A,甲局,department,,,,,,", "area: 不能为空"),
        ("A,甲局,department,59,,,,,", "area: 没有区划 59, 也不是 *city、*district"),
        ("A,甲局,department,*town,,,,,", "area: 没有区划 *town"),
        ("A,甲局,department,51,B,,,,", "parent: 没有单位 B"),
        ("A,甲局,department,51,A,,,,", "parent: 上级关系成环"),
        ("A,甲局,department,51,,fire|unheard,,,", "functions: 未知的职能 unheard"),
        ("A,甲局,department,51,,fire|fire,,,", "functions: 同一项写了两次"),
        ("A,甲局,department,51,,fire||gas,,,", "functions: “|”之间不能为空"),
        (f"A,甲局,department,51,,,{'0' * 41},,", "phone: 不超过 40 字"),
        ("A,甲局,department,51,,,,2026-13-01,", "valid_from: “2026-13-01”应为日期"),
        ("D,又一个中心,centre,50,,,,,", "kind: 区划 50 已有治理中心 C"),
    ],
)
def test_a_fault_names_its_row_and_column(save, faults_of, line, fault):
    path = save(HEADER, CENTRE, line)
    faults = faults_of(lambda: organisations.parse(path, AREAS, functions={"fire", "gas"}))
    assert any(found.startswith(f"第3行 {fault}") for found in faults)


def test_who_follows_an_ended_body_is_read_and_written(save, tmp_path):
    path = save(
        f"{HEADER},successor",
        f"{CENTRE},",
        "A,甲局,department,51,,,,,2026-01-01,B",
        "B,乙局,department,51,,,,2026-01-01,,",
    )
    found = organisations.parse(path, AREAS)
    assert by_code(*found)["A"].successor == "B"
    organisations.write(tmp_path / "again.csv", found)
    assert organisations.parse(tmp_path / "again.csv", AREAS) == found


def test_a_centre_may_end_and_another_begin_in_its_area(save):
    path = save(
        f"{HEADER},successor",
        f"{CENTRE},",
        "A,旧中心,centre,51,,,,,2026-01-01,B",
        "B,新中心,centre,51,,,,2026-01-01,,",
        "D,某局,department,51,,,,,,",
    )
    assert by_code(*organisations.parse(path, AREAS))["D"].parent == "B"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("A,甲局,department,51,,,,,,C", "successor: 只有已撤并"),
        ("A,甲局,department,51,,,,,2026-01-01,Z", "successor: 没有单位 Z"),
        ("A,甲局,department,51,,,,,2026-01-01,A", "successor: 承继关系成环"),
    ],
)
def test_who_cannot_follow_a_body_is_a_fault(save, faults_of, line, fault):
    path = save(f"{HEADER},successor", f"{CENTRE},", line)
    found = faults_of(lambda: organisations.parse(path, AREAS))
    assert any(one.startswith(f"第3行 {fault}") for one in found), found


def test_a_parent_must_act_in_the_same_area_or_above(save, faults_of):
    path = save(HEADER, CENTRE, "A,甲局,department,52,,,,,", "B,乙科,department,51,A,,,,")
    faults = faults_of(lambda: organisations.parse(path, AREAS))
    assert faults[0].startswith("第4行 parent: 上级 A 不在 51 或其上级区划")


def test_a_circle_of_parents_is_a_fault_in_each_of_its_rows(save, faults_of):
    lines = ["A,甲,department,51,B,,,,", "B,乙,department,51,A,,,,", "D,丁,department,51,A,,,,"]
    faults = faults_of(lambda: organisations.parse(save(HEADER, CENTRE, *lines), AREAS))
    assert [fault.split(" /")[0] for fault in faults] == [
        "第3行 parent: 上级关系成环",
        "第4行 parent: 上级关系成环",
    ]


def test_two_patterns_that_clash_everywhere_are_one_fault(save, faults_of):
    line = "{area}-A,{name}局,department,*district,,,,,"
    faults = faults_of(lambda: organisations.parse(save(HEADER, CENTRE, line, line), AREAS))
    assert len(faults) == 1


def test_the_city_must_have_a_centre(save, faults_of):
    path = save(HEADER, "A,甲局,department,51,,,,,")
    assert "市级没有治理中心" in faults_of(lambda: organisations.parse(path, AREAS))[0]


def test_codes_are_codes_of_the_domain(save):
    found = organisations.parse(save(HEADER, CENTRE), AREAS)
    assert found[0].code == OrganisationCode("C")
