"""What is wrong with a file, gathered so that an office can mend it in one go."""

from app.domain.errors import BadSheet


class Faults:
    """The faults of one file; rows are numbered as the office sees them, the header is row 1."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, row: int, column: str, zh: str, en: str) -> None:
        """Note a fault of one cell."""
        self._found.append((row, f"第{row}行 {column}: {zh} / row {row}, {column}: {en}"))

    def whole(self, zh: str, en: str) -> None:
        """Note a fault of the file as a whole."""
        self._found.append((0, f"{zh} / {en}"))

    def refuse(self) -> None:
        """Raise BadSheet with all of them, in the order of the rows, if there are any."""
        if not self._found:
            return
        ordered = sorted(self._found, key=lambda fault: fault[0])
        raise BadSheet(
            f"{self._file} 有 {len(ordered)} 处错误, 整份未采用",
            f"{self._file} has {len(ordered)} faults; nothing of it was taken",
            faults=tuple(text for _, text in ordered),
        )
