from datetime import date

import pytest

from app.domain.area import Tier
from app.domain.errors import Invalid
from app.sheets import areas

HEADER = "code,name,tier,parent,grids,valid_from,valid_to,outline"
CITY = "50,重庆市,city,,,,,"
DISTRICT = "5001,渝中区,district,50,,,,"
STREET = "5001001,七星岗街道,street,5001,,,,"
TREE = (HEADER, CITY, DISTRICT, STREET)


def test_the_tree_is_read_in_order_with_its_grids(save):
    path = save(*TREE, "5001001001,通远门社区居民委员会,community,5001001,2,2024-01-01,2026/1/1,")
    found = areas.parse(path)
    assert [area.code for area in found[3:]] == ["5001001001", "5001001001001", "5001001001002"]
    grid = found[-1]
    assert (grid.name, grid.tier, grid.parent) == ("第2网格", Tier.GRID, "5001001001")
    assert grid.generated
    assert (grid.valid_from, grid.valid_to) == (date(2024, 1, 1), date(2026, 1, 1))


def test_grids_may_be_drawn_one_by_one(save):
    community = "5001001001,通远门社区居民委员会,community,5001001,,,,"
    grid = '5001001001999,江边网格,grid,5001001001,,,,"POLYGON((1 2,3 2,3 4,1 2))"'
    found = areas.parse(save(*TREE, community, grid))
    assert not found[-1].generated
    assert found[-1].outline.startswith("POLYGON")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_writing_and_reading_again_changes_nothing(save, tmp_path, suffix):
    path = save(
        *TREE,
        "5001001001,甲社区居民委员会,community,5001001,3,2024-01-01,,",
        "5001001002,乙社区居民委员会,community,5001001,,,,",
        "5001001002777,江边网格,grid,5001001002,,,,",
    )
    found = areas.parse(path)
    areas.write(tmp_path / f"again.{suffix}", found)
    assert areas.parse(tmp_path / f"again.{suffix}") == found


def test_an_outline_too_long_for_excel_is_not_dropped_in_silence(save, tmp_path):
    points = ",".join("106.5 29.5" for _ in range(4000))
    path = save(HEADER, f'50,重庆市,city,,,,,"POLYGON(({points}))"')
    with pytest.raises(Invalid, match="outline"):
        areas.write(tmp_path / "x.xlsx", areas.parse(path))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (",甲街道,street,5001,,,,", "code: 不能为空"),
        ("50 01,甲街道,street,5001,,,,", "code: 编码“50 01”不能含空白"),
        ('"50,01",甲街道,street,5001,,,,', "code: 编码“50,01”不能含空白"),
        ("{a},甲街道,street,5001,,,,", "code: 编码“{a}”不能含空白"),
        (f"{'5' * 41},甲街道,street,5001,,,,", "code: 不超过 40 字, 现有 41 字"),
        ("5001001,甲街道,street,5001,,,,", "code: 编码 5001001 与第4行重复"),
        ("5001002,,street,5001,,,,", "name: 不能为空"),
        (f"5001002,{'甲' * 61},street,5001,,,,", "name: 不超过 60 字"),
        ("5001002,甲街道,town,5001,,,,", "tier: “town”应为 city、district、street"),
        ("5001002,甲街道,street,5009,,,,", "parent: 没有编码为 5009 的区划"),
        ("5001002,甲街道,street,,,,,", "parent: 不能为空"),
        ("5001002,甲社区,community,5001,,,,", "tier: community 的上级应为 street"),
        ("5001002,甲街道,street,5001,3,,,", "grids: 只有 community 行可以生成网格"),
        ("5001001001,甲社区,community,5001001,1000,,,", "grids: 应为 0-999 的整数"),
        ("5001001001,甲社区,community,5001001,两个,,,", "grids: 应为 0-999 的整数"),
        ("5001002,甲街道,street,5001,,昨天,,", "valid_from: “昨天”应为日期"),
        ("5001002,甲街道,street,5001,,2026-02-30,,", "valid_from: “2026-02-30”应为日期"),
        ("5001002,甲街道,street,5001,,2026-01-02,2026-01-02,", "valid_to: 应晚于 valid_from"),
        ("5001002,甲街道,street,5001,,,,POINT(1 2)", "outline: 应为 WKT"),
        ('5001002,甲街道,street,5001,,,,"POLYGON((1 2,3 4,5 6,7 8))"', "outline: 应为 WKT"),
        ('5001002,甲街道,street,5001,,,,"POLYGON((1 2,3 4,5 6,1 2)"', "outline: 应为 WKT"),
        ('5001002,甲街道,street,5001,,,,"POLYGON((1 99,3 4,5 6,1 99))"', "outline: 应为 WKT"),
        ("51,北京市,city,,,,,", "tier: 只能有一个 city"),
        ("51,北京市,city,50,,,,", "parent: city 没有上级"),
    ],
)
def test_a_fault_names_its_row_and_column(save, faults_of, line, fault):
    path = save(*TREE, line)
    assert any(found.startswith(f"第5行 {fault}") for found in faults_of(lambda: areas.parse(path)))


PAST = f"{HEADER},successor,provisional,former,old_names"


def test_what_became_of_an_area_is_read_and_written(save, tmp_path):
    path = save(
        PAST,
        f"{CITY},,,,",
        "5001,江北区,district,50,,,2025-11-06,,5009,,,",
        "5009,两江新区,district,50,,2025-11-06,,,,yes,,",
        "5001001,观音桥街道,street,5009,,,,,,,5001,观音桥镇|观音桥公社",
    )
    found = areas.parse(path)
    assert (found[1].successor, found[2].provisional) == ("5009", True)
    assert (found[3].former, found[3].old_names) == (("5001",), ("观音桥镇", "观音桥公社"))
    areas.write(tmp_path / "again.csv", found)
    assert areas.parse(tmp_path / "again.csv") == found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("5002,甲区,district,50,,,,,5001,,,", "successor: 只有已撤销"),
        ("5002,甲区,district,50,,,2026-01-01,,5008,,,", "successor: 没有编码为 5008 的区划"),
        ("5002,甲区,district,50,,,2026-01-01,,5001001,,,", "successor: 5001001 层级不同"),
        ("5002,甲区,district,50,,,2026-01-01,,5002,,,", "successor: 承继关系成环"),
        ("5002,甲区,district,50,,,,,,是,,", "provisional: 应为 yes 或空"),
        ("5002,甲区,district,50,,,,,,,5008,", "former: 没有编码为 5008 的区划"),
    ],
)
def test_what_cannot_have_become_of_an_area_is_a_fault(save, faults_of, line, fault):
    path = save(PAST, *(f"{row},,,," for row in TREE[1:]), line)
    assert any(found.startswith(f"第5行 {fault}") for found in faults_of(lambda: areas.parse(path)))


def test_one_bad_row_is_one_fault_and_not_one_for_everything_below_it(save, faults_of):
    path = save(HEADER, CITY, "5001,渝中区,area,50,,,,", STREET)
    assert len(faults_of(lambda: areas.parse(path))) == 1


def test_a_circle_is_a_fault_in_each_of_its_rows(save, faults_of):
    path = save(HEADER, CITY, "A,甲,street,B,,,,", "B,乙,district,A,,,,", "C,丙,district,C,,,,")
    faults = faults_of(lambda: areas.parse(path))
    assert [fault.split(" /")[0] for fault in faults] == [
        f"第{row}行 parent: 上级关系成环" for row in (3, 4, 5)
    ]


def test_a_generated_grid_clashing_with_a_drawn_one_is_a_fault(save, faults_of):
    community = "5001001001,甲社区,community,5001001,1,,,"
    path = save(*TREE, community, "5001001001001,江边网格,grid,5001001001,,,,")
    assert faults_of(lambda: areas.parse(path))[0].startswith(
        "第6行 code: 编码 5001001001001 与第5行"
    )


def test_there_must_be_a_city(save, faults_of):
    assert "没有 city 行" in faults_of(lambda: areas.parse(save(HEADER)))[0]


def test_all_faults_come_at_once_in_the_order_of_the_rows(save, faults_of):
    path = save(HEADER, CITY, ",,x,,,,,", "5001,渝中区,district,51,,,,", "5002,,district,50,,,,")
    faults = faults_of(lambda: areas.parse(path))
    assert [fault.split(":")[0] for fault in faults] == [
        "第3行 code",
        "第3行 name",
        "第3行 tier",
        "第4行 parent",
        "第5行 name",
    ]
    assert "row 4, parent: no area of that code" in faults[3]
