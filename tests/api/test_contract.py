"""The published contract is what the service does."""

import json
from pathlib import Path

from app.cli.operate import contract

FILE = Path(__file__).parents[2] / "openapi/v1.json"


def test_the_published_contract_is_the_services_own():
    assert FILE.read_text(encoding="utf-8") == contract(), "run `yiguan openapi` and commit it"


def test_every_operation_has_a_summary_and_every_reference_resolves():
    published = json.loads(FILE.read_text(encoding="utf-8"))
    operations = [one for path in published["paths"].values() for one in path.values()]
    assert all(operation["summary"] for operation in operations)
    text = json.dumps(published)
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names <= set(published["components"]["schemas"])
