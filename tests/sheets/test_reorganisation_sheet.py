from datetime import date

import pytest

from app import data
from app.domain.area import Tier
from app.domain.organisation import OrganisationKind
from app.domain.reorganisation.plan import BodyBegin, BodyEnd, BodyRename, End, Move, Recode, Rename
from app.sheets import reorganisation

HEAD = ('name = "试行"', "date = 2026-01-31")
MOVE = ("[[move]]", 'to = "500109"', 'areas = ["500112133"]')


def test_every_verb_is_read(save):
    plan = reorganisation.parse(
        save(
            *HEAD,
            '[[new]]\ncode = "500191"\nname = "两江新区"\ntier = "district"\nparent = "500000"',
            'provisional = true\nlike = "500112"',
            '[[rename]]\ncode = "500110"\nname = "綦江新区"',
            *MOVE,
            '[[merge]]\ninto = "500191"\nareas = ["500112", "500105"]',
            '[[split]]\ncode = "500106"\nheir = "500192"',
            '[split.into]\n500192 = ["500106001"]\n500193 = ["500106002"]',
            '[[end]]\ncode = "500107"\nheir = "500108"',
            '[[recode]]\ncode = "500151"\nto = "500157"',
            '[[organisation.new]]\ncode = "500109-HJ"\nname = "环境局"\nkind = "department"',
            'area = "500109"\nfunctions = ["ecology"]',
            '[[organisation.rename]]\ncode = "500109-CG"\nname = "城管局"',
            '[[organisation.end]]\ncode = "500109-HW"\nsuccessor = "500109-HJ"',
            name="plan.toml",
        )
    )
    assert (plan.name, plan.day) == ("试行", date(2026, 1, 31))
    (new,) = plan.begins
    assert (new.area.code, new.area.tier, new.like, new.key) == (
        "500191",
        Tier.DISTRICT,
        "500112",
        "new[1]",
    )
    assert new.area.provisional
    assert plan.renames == (Rename("500110", "綦江新区", "rename[1]"),)
    assert plan.moves == (
        Move("500112133", "500109", "move[1]"),
        Move("500106001", "500192", "split[1]"),
        Move("500106002", "500193", "split[1]"),
    )
    assert plan.ends == (
        End("500112", "500191", is_whole=True, key="merge[1]"),
        End("500105", "500191", is_whole=True, key="merge[1]"),
        End("500107", "500108", is_whole=False, key="end[1]"),
        End("500106", "500192", is_whole=False, key="split[1]"),
    )
    assert plan.recodes == (Recode("500151", "500157", "recode[1]"),)
    department = OrganisationKind.DEPARTMENT
    assert plan.body_begins == (
        BodyBegin(
            "500109-HJ",
            "环境局",
            department,
            "500109",
            ("ecology",),
            "",
            None,
            "organisation.new[1]",
        ),
    )
    assert plan.body_renames == (BodyRename("500109-CG", "城管局", "organisation.rename[1]"),)
    assert plan.body_ends == (BodyEnd("500109-HW", "500109-HJ", "organisation.end[1]"),)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (("date = 2026-01-31", *MOVE), "name: 不能为空"),
        (('name = "试行"', *MOVE), "date: 应为日期"),
        (('name = "试行"', 'date = "2026-01-31"', *MOVE), "date: 应为日期"),
        (('name = "试行"', "date = 2026-01-31T08:00:00", *MOVE), "date: 应为日期"),
        (HEAD, "方案中没有任何改动"),
        ((*HEAD, '[[moves]]\nto = "1"'), "moves: 未知的键"),
        ((*HEAD, "[[move]]", 'areas = ["500112133"]'), "move[1].to: 不能为空"),
        ((*HEAD, "[[move]]", 'to = "500109"'), "move[1].areas: 至少一个编码"),
        ((*HEAD, "[[move]]", 'to = "500109"', "areas = [500112133]"), "move[1].areas: 应为非空"),
        ((*HEAD, *MOVE, 'name = "某镇"'), "move[1].name: 未知的键"),
        ((*HEAD, '[[new]]\ncode = "1"\nname = "区"\ntier = "city"'), "new[1].tier: 应为 district"),
        (
            (*HEAD, '[[split]]\ncode = "1"\nheir = "2"\n[split.into]\n3 = ["4"]'),
            "split[1].heir: 应为 into 中的一个",
        ),
        ((*HEAD, '[[organisation.new]]\ncode = "1"\nkind = "office"'), "organisation.new[1].kind"),
        ((*HEAD, "[[move]"), "不是 TOML"),
    ],
)
def test_a_fault_names_its_key(save, faults_of, lines, fault):
    path = save(*lines, name="plan.toml")
    found = faults_of(lambda: reorganisation.parse(path))
    assert any(one.startswith(fault) for one in found), found


@pytest.mark.parametrize("path", data.plans(), ids=lambda path: path.stem)
def test_the_shipped_plans_are_sound(path):
    assert reorganisation.parse(path).day == date(2025, 11, 6)
