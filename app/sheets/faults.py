"""What is wrong with a file, gathered so that an office can mend it in one go."""

from dataclasses import dataclass

from typing_extensions import override

from app.domain.errors import BadSheet


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; row 0 stands for the file as a whole."""

    row: int
    column: str
    zh: str
    en: str

    @override
    def __str__(self) -> str:
        """Say where it is and what."""
        if not self.row:
            return f"{self.zh} / {self.en}"
        return f"第{self.row}行 {self.column}: {self.zh} / row {self.row}, {self.column}: {self.en}"


class Faults:
    """The faults of one file; rows are numbered as the office sees them, the header is row 1."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.found: list[Fault] = []

    def __len__(self) -> int:
        return len(self.found)

    def add(self, row: int, column: str, zh: str, en: str) -> None:
        """Note a fault of one cell."""
        self.found.append(Fault(row, column, zh, en))

    def whole(self, zh: str, en: str) -> None:
        """Note a fault of the file as a whole."""
        self.found.append(Fault(0, "", zh, en))

    def refuse(self) -> None:
        """Raise BadSheet with all of them, in the order of the rows, if there are any."""
        if not self.found:
            return
        ordered = sorted(self.found, key=lambda fault: fault.row)
        raise BadSheet(
            f"{self._file} 有 {len(ordered)} 处错误, 整份未采用",
            f"{self._file} has {len(ordered)} faults; nothing of it was taken",
            faults=tuple(map(str, ordered)),
        )
