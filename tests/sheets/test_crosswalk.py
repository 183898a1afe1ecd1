"""Old and new classification side by side: the pairs, and that they mean the same matter."""

import csv
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from app import data
from app.domain.classify import kind_of
from app.domain.responsibility import Category, Entry, ResponsibilityList
from app.domain.rulebook import Part
from app.recall.entries import EntryMatcher
from app.sheets import crosswalk, importing, mapping, responsibility
from app.sheets.crosswalk import COLUMNS, Crosswalk, Relation
from app.sheets.findings import Severity
from app.sheets.importing import Imported

GB = "GB/T 47678.5-2026"
OLD = "Yuncheng-CJ/T214-style"
HEADER = ",".join(COLUMNS)
SAME = "旧版,部件,0101,上水井盖,GB,部件,01001,供水井盖,same"
FUNCTIONS = data.functions()


@pytest.fixture(scope="module")
def shipped() -> tuple[Entry, ...]:
    return responsibility.parse(data.shipped(Part.LIST), functions=FUNCTIONS)


@pytest.fixture(scope="module")
def walk() -> Crosswalk:
    return crosswalk.parse(data.folder() / "crosswalk.csv")


@pytest.fixture(scope="module")
def imported(shared_data: Path, walk: Crosswalk) -> Imported:
    sheet = shared_data / "filing_standards.csv"
    ours = mapping.load(mapping.beside(sheet), functions=FUNCTIONS)
    return importing.read(sheet, ours, crosswalk=walk, functions=FUNCTIONS)


@pytest.fixture(scope="module")
def both(shipped: tuple[Entry, ...], imported: Imported) -> tuple[Entry, ...]:
    return (*shipped, *importing.beside(shipped, imported).entries)


def test_a_pair_is_read_in_both_directions(save):
    walk = crosswalk.parse(save(HEADER, SAME))
    old, new = Category("旧版", "部件", "0101"), Category("GB", "部件", "01001")
    assert (walk.same(old), walk.same(new)) == ((new,), (old,))


def test_only_the_same_matter_is_the_same(save):
    walk = crosswalk.parse(save(HEADER, SAME.replace("same", "narrower")))
    assert walk.same(Category("旧版", "部件", "0101")) == ()
    assert walk.pairs[0].relation is Relation.NARROWER


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (SAME, "relation: 与第2行矛盾或重复"),
        (SAME.replace("01001", "01002"), "relation: 与第2行矛盾或重复"),
        (SAME.replace("0101", "0102", 1), "relation: 与第2行矛盾或重复"),
        (SAME.replace("GB", "旧版").replace("0101,", "0109,"), "to_scheme: 应为另一套分类"),
        (SAME.replace("same", "alike"), "relation: “alike”应为 same、narrower、wider 之一"),
        (SAME.replace("部件,0101", "部件,"), "code: 不能为空"),
    ],
)
def test_a_fault_of_a_crosswalk_names_its_row(save, faults_of, row, fault):
    faults = faults_of(lambda: crosswalk.parse(save(HEADER, SAME, row)))
    assert any(found.startswith(f"第3行 {fault}") for found in faults), faults


def test_a_crosswalk_survives_writing_and_reading(walk, tmp_path):
    crosswalk.write(tmp_path / "again.xlsx", walk)
    assert crosswalk.parse(tmp_path / "again.xlsx").pairs == walk.pairs


def test_the_shipped_crosswalk_names_categories_as_the_classifications_do(
    walk, shipped, shared_data
):
    ours = {entry.category: entry.category_name for entry in shipped}
    with (shared_data / "filing_standards.csv").open(encoding="utf-8-sig") as file:
        old = {
            Category(row["scheme"], row["kind"], row["major_code"] + row["minor_code"])
            for row in csv.DictReader(file)
        }
    assert {pair.to: pair.to_name for pair in walk.pairs}.items() <= ours.items()
    assert {pair.category for pair in walk.pairs} <= old
    paired = {pair.category for pair in walk.pairs if pair.category.scheme == OLD}
    assert len({category for category in old if category.scheme == OLD} - paired) <= 8


def test_the_shipped_list_says_what_the_crosswalk_says(walk, shipped):
    assert [entry.also for entry in shipped] == [walk.same(entry.category) for entry in shipped]


def test_the_categories_of_the_standard_have_the_name_above_them(shipped, shared_data):
    with (shared_data / "categories.csv").open(encoding="utf-8-sig") as file:
        majors = {
            (row["kind"], row["code"]): row["name"]
            for row in csv.DictReader(file)
            if (row["scheme"], row["level"]) == (GB, "major")
        }
    of_standard = [entry for entry in shipped if entry.category.scheme == GB]
    wanted = [majors[entry.category.class_, entry.category.code[:2]] for entry in of_standard]
    assert [entry.path for entry in of_standard] == [(name,) for name in wanted]


def test_the_real_sheet_is_imported_and_what_is_not_is_said(imported):
    said = {one.row for one in imported.findings if one.severity is Severity.ERROR}
    rows = set(range(2, imported.rows + 2))
    assert imported.rows == 528
    assert len(imported.entries) >= 500
    assert rows - set(imported.numbers) == said


def test_no_unit_of_the_real_sheet_is_unknown(imported):
    assert [one for one in imported.findings if one.severity is Severity.WARNING] == []


def test_every_imported_entry_finds_its_lead_at_its_level(imported):
    with (data.folder() / "organisations.csv").open(encoding="utf-8-sig", newline="") as file:
        held = {
            (row["area"], function)
            for row in csv.DictReader(file)
            for function in row["functions"].split("|")
        }
    needed = {(f"*{entry.level}", str(entry.lead)) for entry in imported.entries}
    assert needed - held == set()


def test_the_same_matter_has_the_same_kind_under_either_scheme(imported, shipped, walk):
    pairs = list(counterparts(imported.entries, shipped, walk))
    differing = [(a.code, b.code) for a, b in pairs if kind_of(a)[0] != kind_of(b)[0]]
    assert len(pairs) > 400
    assert differing == []


def test_the_same_matter_is_event_and_item_under_either_scheme(imported, shipped, walk):
    kinds = {kind_of(entry)[0] for entry, _ in counterparts(imported.entries, shipped, walk)}
    assert kinds == {"item", "event"}


def counterparts(
    old: Sequence[Entry], new: Sequence[Entry], walk: Crosswalk
) -> Iterator[tuple[Entry, Entry]]:
    """Yield each old entry with the new one that states its condition: it cites that very row."""
    cited: dict[tuple[Category, str], list[Entry]] = {}
    for entry in new:
        cited.setdefault((entry.category, bare(entry.source)), []).append(entry)
    for entry in old:
        for category in walk.same(entry.category):
            found = cited.get((category, bare(entry.source)))
            if found:
                yield entry, max(found, key=lambda one, entry=entry: alike(one, entry))


def bare(text: str) -> str:
    return "".join(text.split())


def alike(one: Entry, other: Entry) -> float:
    return SequenceMatcher(None, one.condition, other.condition).ratio()


def test_side_by_side_a_code_of_either_scheme_finds_its_own_entries(both, shipped, imported):
    entries = ResponsibilityList(both)
    old, new = Category(OLD, "部件", "0101"), Category(GB, "部件", "01001")
    assert len(entries) == len(both) == len(shipped) + len(imported.entries)
    assert {entry.category for entry in entries.under(old)} == {old}
    assert {entry.category for entry in entries.under(new)} == {new}


def test_the_shipped_list_alone_understands_an_old_code(shipped):
    (first, *_) = ResponsibilityList(shipped).under(Category(OLD, "部件", "0101"))
    assert first.category == Category(GB, "部件", "01001")


def test_side_by_side_a_text_is_as_sure_of_its_matter_as_before(both, shipped):
    alone, together = EntryMatcher.build(shipped), EntryMatcher.build(both)
    matters = {entry.code: {entry.category, *entry.also} for entry in both}
    paired = [entry for entry in shipped if entry.also and entry.examples]
    texts = [entry.examples[0] for entry in paired if entry.category.class_ != "部件"]
    pairs = list(zip(alone.find(texts), together.find(texts), strict=True))
    sure = [(one[0], two[0]) for one, two in pairs if one and one[0].score > 0.5]
    agreed = [one for one, two in sure if matters[one.entry] & matters[two.entry]]
    mean_alone = sum(one.score for one, _ in sure) / len(sure)
    mean_together = sum(two.score for _, two in sure) / len(sure)
    assert len(texts) > 100
    assert len(agreed) / len(sure) > 0.95
    assert mean_together > mean_alone - 0.1
