"""Files made by the test, and the faults a parser finds in them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.domain.errors import BadSheet

Save = Callable[..., Path]
FaultsOf = Callable[[Callable[[], object]], list[str]]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write lines (or bytes) to a file and return its path."""

    def write(*lines: str, name: str = "sheet.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return path

    return write


@pytest.fixture
def faults_of() -> FaultsOf:
    """Call something that must refuse its file and return every fault."""

    def call(parse: Callable[[], object]) -> list[str]:
        with pytest.raises(BadSheet) as refusal:
            parse()
        found: Sequence[str] = refusal.value.faults
        return list(found)

    return call
