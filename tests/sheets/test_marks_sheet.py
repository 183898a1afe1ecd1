"""Marks in the policies document: readable, whole, and every fault under its own key."""

import pytest

from app.domain.limit import parse_limit
from app.domain.marks import Effect, Mark, Marks
from app.domain.rulebook import Part
from app.sheets import policies
from app.store import parts

AREAS = {"500000"}
DOCUMENT = """
[policy."500000"]
marks.normal = [
  { at = "80%", do = ["remind_holder", "yellow"] },
  { at = "－30分钟", do = ["remind_duty"] },
  { at = "100%", do = ["red", "raise"] },
  { at = "+1工作日", do = ["supervise", "notice"], limit = "4小时" },
]
marks.urgent = []
marks.accept.normal = [{ at = "150%", do = ["notice"] }]
"""
NORMAL = Marks(
    (
        Mark((Effect.YELLOW, Effect.REMIND_HOLDER), 80),
        Mark((Effect.REMIND_DUTY,), offset=parse_limit("30分钟"), is_before=True),
        Mark((Effect.RED, Effect.RAISE)),
        Mark(
            (Effect.SUPERVISE, Effect.NOTICE),
            offset=parse_limit("1工作日"),
            limit=parse_limit("4工作时"),
        ),
    )
)


@pytest.fixture
def parse(save):
    return lambda text: policies.parse(save(text, name="p.toml"), AREAS, set())


def test_marks_are_read_by_urgency_and_by_limit(parse):
    assert parse(DOCUMENT)["500000"].marks == {
        "normal": NORMAL,
        "urgent": Marks(),
        "accept.normal": Marks((Mark((Effect.NOTICE,), 150),)),
    }


def test_marks_written_and_read_again_are_the_same(parse, tmp_path):
    found = parse(DOCUMENT)
    policies.write(tmp_path / "again.toml", found)
    assert policies.parse(tmp_path / "again.toml", AREAS, set()) == found


def test_marks_are_kept_with_a_version(parse):
    found = parse(DOCUMENT)
    assert parts.decode(Part.POLICIES, parts.encode(Part.POLICIES, found)) == found


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("marks = []", "marks: 应为表"),
        ("marks = { warn = 80 }", "marks.warn: 未知的键, 应为 accept、"),
        ("marks.suspend.normal = []", "marks.suspend: 未知的键"),
        ("marks.accept = []", "marks.accept: 应为表"),
        ("marks.accept.slow = []", "marks.accept.slow: 未知的键, 应为 major、normal、urgent"),
        ("marks.normal = 80", "marks.normal: 应为列表"),
        ("marks.normal = [80]", "marks.normal: 应写成"),
        ('marks.normal = [{ do = ["red"] }]', "marks.normal[1].at: 不能为空"),
        *(
            (
                f'marks.normal = [{{ at = "{at}", do = ["notice"] }}]',
                f"marks.normal[1].at: “{at}”应为 1-1000 的百分比",
            )
            for at in ("0%", "1001%", "80", "30分钟", "-快", "+0工作时", "-80%")
        ),
        ('marks.normal = [{ at = "80%" }]', "marks.normal[1].do: 应为 yellow、red"),
        ('marks.normal = [{ at = "80%", do = [] }]', "marks.normal[1].do: 应为 yellow、red"),
        ('marks.normal = [{ at = "80%", do = ["call"] }]', "marks.normal[1].do: 应为 yellow、red"),
        ('marks.normal = [{ at = "80%", do = ["red"] }]', "marks.normal[1].do: 红灯表示已超期"),
        ('marks.normal = [{ at = "-1分钟", do = ["red"] }]', "marks.normal[1].do: 红灯表示已超期"),
        ('marks.normal = [{ at = "99%", do = ["supervise"] }]', "marks.normal[1].limit: 督办"),
        (
            'marks.normal = [{ at = "99%", do = ["raise"], limit = "1工作日" }]',
            "marks.normal[1].limit: 督办",
        ),
        ('marks.normal = [{ at = "99%", do = ["raise"], to = 1 }]', "marks.normal[1].to: 未知的键"),
        (
            'marks.normal = [{ at = "99%", do = ["raise"] }, { at = "99%", do = ["notice"] }]',
            "marks.normal: 两个节点在同一时刻",
        ),
    ],
)
def test_what_means_nothing_is_a_fault_under_its_key(save, faults_of, said, fault):
    path = save(f'[policy."500000"]\n{said}', name="p.toml")
    (found,) = faults_of(lambda: policies.parse(path, AREAS, set()))
    assert f"policy.500000.{fault}" in found


FORMER = (
    b'{"500000":{"marks":{"warn":70,"raises":[100,200]},"pressing_marks":null,"rules":[]},'
    b'"500103":{"marks":null,"pressing_marks":{"warn":80,"raises":[100]},"rules":[]}}'
)


def test_policies_published_when_marks_were_percentages_are_read_as_lists():
    city, district = parts.decode(Part.POLICIES, FORMER).values()
    (normal,) = city.marks.values()
    assert [(str(mark), mark.do) for mark in normal.listed] == [
        ("70%", (Effect.YELLOW, Effect.REMIND_HOLDER)),
        ("100%", (Effect.RED, Effect.RAISE)),
        ("200%", (Effect.RAISE,)),
    ]
    assert list(district.marks) == ["urgent", "major"]
