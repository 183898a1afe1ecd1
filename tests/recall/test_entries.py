"""Recalling entries: the right one first, a score that keeps its word, words that explain it."""

from dataclasses import replace

import pytest

from app import data
from app.domain.responsibility import Category, Entry, EntryCode
from app.domain.rulebook import Part
from app.recall.entries import EntryMatcher
from app.sheets import responsibility as list_sheet
from tests import given

COVER_GONE = given.entry(
    "BJ-01001-1",
    title="井盖缺失",
    condition="井盖缺失或移位",
    keywords=("没盖子", "井盖不见"),
)
COVER_LOUD = given.entry(
    "BJ-01001-2",
    title="井盖松动响动",
    condition="车辆碾压时井盖弹跳作响",
    keywords=("哐当响", "井盖响"),
)
LITTER = given.entry(
    "SX-06010-1",
    title="暴露垃圾",
    condition="垃圾堆放在路边无人清运",
    keywords=("垃圾", "垃圾没人收", "臭得很"),
    exclusions=("垃圾桶",),
    examples=("楼下一堆垃圾没人收", "路边全是垃圾袋，苍蝇到处飞", "垃圾堆了三天了臭死"),
)
LITTER_BURNT = given.entry(
    "SX-06020-1",
    title="焚烧垃圾",
    condition="露天焚烧垃圾、树叶产生烟雾",
    keywords=("烧垃圾", "烧树叶", "烟子大"),
    examples=("有人在空地烧垃圾，呛人", "环卫工在烧落叶，烟子大得很"),
)
BIN_FULL = given.entry(
    "SX-06042-1",
    title="垃圾桶满溢",
    condition="垃圾桶满溢未及时清运",
    keywords=("垃圾桶满了", "桶爆满"),
    examples=("垃圾桶爆满，都掉出来了", "小区门口的桶满了没人倒"),
)
LAMP_DARK = given.entry(
    "SX-01037-1",
    title="路灯不亮",
    condition="路灯熄灭影响夜间通行",
    keywords=("路灯不亮", "黑灯瞎火"),
    examples=("这条街路灯黑了三天", "晚上黑漆漆的，灯不亮"),
)
LAMP_LEANING = given.entry(
    "SX-01037-2",
    title="路灯杆倾斜",
    condition="路灯杆被撞歪斜，有倒塌危险",
    keywords=("灯杆歪", "灯杆斜"),
    examples=("路灯杆被车撞歪了", "灯杆斜起怕倒下来"),
)
LIST = (COVER_GONE, COVER_LOUD, LITTER, LITTER_BURNT, BIN_FULL, LAMP_DARK, LAMP_LEANING)


@pytest.fixture(scope="module")
def matcher() -> EntryMatcher:
    return EntryMatcher.build(LIST)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("楼下好大一堆垃圾", LITTER),
        ("有人烧垃圾", LITTER_BURNT),
        ("垃圾桶满了没人管", BIN_FULL),
        ("我们这条街的路灯不亮了", LAMP_DARK),
        ("灯杆歪了要倒", LAMP_LEANING),
    ],
)
def test_the_entry_meant_comes_first(matcher: EntryMatcher, text: str, entry: Entry) -> None:
    assert matcher.find([text])[0][0].entry == entry.code


def test_a_homophone_is_heard_for_what_is_meant(matcher: EntryMatcher) -> None:
    assert matcher.find(["录登不亮"])[0][0].entry == LAMP_DARK.code


def test_a_code_comes_once_by_its_likeliest_condition(matcher: EntryMatcher) -> None:
    (found,) = matcher.find(["路灯杆斜了，灯也不亮"])
    lamps = [seen for seen in found if seen.entry in {LAMP_DARK.code, LAMP_LEANING.code}]
    assert len(lamps) == 1


def test_components_are_not_recalled_from_words(matcher: EntryMatcher) -> None:
    (found,) = matcher.find(["井盖不见了，没盖子"])
    assert not {seen.entry for seen in found} & {COVER_GONE.code, COVER_LOUD.code}


def test_among_the_conditions_of_a_code_the_text_decides(matcher: EntryMatcher) -> None:
    codes = {COVER_GONE.code, COVER_LOUD.code}
    found = matcher.find_among("车子一过井盖哐当响", codes)
    assert found[0].entry == COVER_LOUD.code
    assert sum(seen.score for seen in found) == pytest.approx(1.0)
    assert "哐当响" in found[0].words


def test_among_conditions_the_text_does_not_speak_of_the_list_s_order_holds(
    matcher: EntryMatcher,
) -> None:
    codes = [COVER_LOUD.code, COVER_GONE.code]
    assert [seen.entry for seen in matcher.find_among("???", codes)] == codes[::-1]


def test_among_nothing_known_there_is_no_candidate(matcher: EntryMatcher) -> None:
    assert matcher.find_among("井盖", [EntryCode("BJ-99999-1")]) == ()


def test_an_exclusion_costs_its_entry(matcher: EntryMatcher) -> None:
    bare = EntryMatcher.build([replace(entry, exclusions=()) for entry in LIST])
    text = "垃圾桶旁边垃圾没人收"

    def score(of: EntryMatcher) -> float:
        return next(seen.score for seen in of.find([text])[0] if seen.entry == LITTER.code)

    assert score(matcher) < score(bare)


def test_words_are_the_report_s_own(matcher: EntryMatcher) -> None:
    text = "垃圾没人收，臭得很"
    words = matcher.find([text])[0][0].words
    assert {"垃圾没人收", "臭得很"} <= set(words)
    assert all(word in text for word in words)


@pytest.mark.parametrize("text", ["", "？！…", "👍👍", "qwerty"])
def test_a_text_without_a_word_of_the_list_has_no_candidates(
    matcher: EntryMatcher, text: str
) -> None:
    assert matcher.find([text]) == [()]


def test_scores_are_ordered_and_sum_to_at_most_one(matcher: EntryMatcher) -> None:
    for found in matcher.find([example for entry in LIST for example in entry.examples]):
        scores = [seen.score for seen in found]
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) <= 1.0


def test_a_batch_answers_like_its_texts_alone(matcher: EntryMatcher) -> None:
    texts = ["垃圾没人收", "", "路灯不亮", "垃圾没人收"]
    assert matcher.find(texts) == [matcher.find([text])[0] for text in texts]


def test_limit_cuts_the_candidates(matcher: EntryMatcher) -> None:
    assert [len(found) for found in matcher.find(["路边垃圾桶的灯"], limit=2)] == [2]


def test_building_again_gives_the_same_scores(matcher: EntryMatcher) -> None:
    texts = ["有人烧垃圾", "路灯不亮"]
    assert EntryMatcher.build(LIST).find(texts) == matcher.find(texts)


@pytest.mark.parametrize("entries", [(), (COVER_GONE,)])
def test_a_list_without_matters_recalls_nothing(entries: tuple[Entry, ...]) -> None:
    assert EntryMatcher.build(entries).find(["井盖不见"]) == [()]


def test_a_list_of_bare_names_matches_what_it_names_and_no_more() -> None:
    names = ["道路破损", "路灯不亮", "乱堆杂物", "占道经营", "噪声扰民", "违法建设", "井盖缺失"]
    bare = EntryMatcher.build(
        given.entry(f"SX-{index:05}-1", title=name, condition=name)
        for index, name in enumerate(names)
    )
    said, meant, neither = bare.find(["道路破损", "门口的路灯坏了", "晚上吵得睡不着"])
    assert [said[0].entry, meant[0].entry] == ["SX-00000-1", "SX-00001-1"]
    assert said[0].score > 0.9
    assert all(seen.score < 0.8 for seen in neither)


def test_many_examples_a_code_tell_neighbours_apart() -> None:
    """Ten and more examples a code switch on learning what sets the codes apart."""
    places = [
        "东门",
        "西门",
        "南门",
        "北门",
        "桥头",
        "河边",
        "坡上",
        "坎下",
        "路口",
        "车站",
        "学校",
    ]
    day = given.entry("SX-00001-1", examples=tuple(f"{p}白天施工噪音大" for p in places))
    night = given.entry("SX-00002-1", examples=tuple(f"{p}夜里施工噪音大" for p in places))
    found = EntryMatcher.build([day, night]).find(["医院夜里施工噪音", "医院白天施工噪音"])
    assert [seen[0].entry for seen in found] == [night.code, day.code]
    assert found[0][0].score > 0.8


def test_same_code_in_another_scheme_is_another_category() -> None:
    old = replace(
        LAMP_DARK, code=EntryCode("OLD-1"), category=Category("CJ/T 214", "事件", "01037")
    )
    others = [entry for entry in LIST if entry is not LAMP_LEANING]
    found = EntryMatcher.build([*others, old]).find(["路灯不亮"])[0]
    assert {LAMP_DARK.code, old.code} <= {seen.entry for seen in found}
    assert found[0].score < 0.8


def test_the_shipped_list_keeps_its_word() -> None:
    """Of its own conditions put as reports, those scored 0.8 and more are right."""
    entries = list_sheet.parse(data.shipped(Part.LIST), functions=data.functions())
    matters = [entry for entry in entries if entry.category.class_ == "事项"]
    found = EntryMatcher.build(entries).find([entry.condition for entry in matters])
    category = {entry.code: entry.category for entry in entries}
    sure = [
        category[seen[0].entry] == entry.category
        for entry, seen in zip(matters, found, strict=True)
        if seen[0].score >= 0.8
    ]
    assert len(sure) > len(matters) / 2
    assert sum(sure) / len(sure) > 0.95
