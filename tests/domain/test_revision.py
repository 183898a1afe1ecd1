"""What one list makes of another's entries."""

from dataclasses import replace

from app.domain.area import Tier
from app.domain.responsibility import EntryCode
from app.domain.revision import Deed, revisions
from tests import given

ENTRIES = given.entries()


def test_the_same_list_has_no_revisions():
    assert revisions(ENTRIES, ENTRIES) == ()
    assert revisions(ENTRIES, reversed(ENTRIES)) == ()


def test_entries_are_added_changed_in_fields_and_removed():
    raised = replace(ENTRIES[1], level=Tier.STREET, keywords=())
    fresh = replace(ENTRIES[0], code=EntryCode("SX-1-1"))
    found = revisions(ENTRIES, (fresh, ENTRIES[0], raised, *ENTRIES[3:]))
    assert [(one.deed, one.entry.code, one.fields) for one in found] == [
        (Deed.ADDED, "SX-1-1", ()),
        (Deed.CHANGED, ENTRIES[1].code, ("level", "keywords")),
        (Deed.REMOVED, ENTRIES[2].code, ()),
    ]
    assert found[1].before == ENTRIES[1]


def test_turned_round_what_was_added_is_removed():
    there = revisions(ENTRIES[:3], ENTRIES)
    back = revisions(ENTRIES, ENTRIES[:3])
    assert {one.deed for one in there} == {Deed.ADDED}
    assert [(Deed.REMOVED, one.entry) for one in there] == [(one.deed, one.entry) for one in back]
