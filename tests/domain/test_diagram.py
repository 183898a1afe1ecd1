"""The drawn lifecycle is the one that runs."""

from pathlib import Path

from app.domain.diagram import document

FILE = Path(__file__).parents[2] / "docs/lifecycle.md"


def test_the_published_diagram_is_the_tables_own():
    assert FILE.read_text(encoding="utf-8") == document(), "run `yiguan lifecycle` and commit it"
