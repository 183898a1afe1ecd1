"""dictionary, event-types: what codes, fields and event types are called."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
from rich.table import Column

from app.api import dictionary, event_types
from app.cli.root import console, lines

EVENT_TYPES: Final = Path("docs/event-types.md")
_COLUMNS: Final = ("sort", "code", "zh", "en", "refers_to")


class Word(NamedTuple):
    """A code or a field: of which sort, what it is called, and where its own words are."""

    sort: str
    code: str
    zh: str
    en: str
    refers_to: str = ""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("dictionary")(show)
    app.command("event-types")(write_event_types)


def show(
    sort: Annotated[
        str | None, typer.Argument(help="只看一类, 如 state、unit / one sort, as state or unit")
    ] = None,
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV / print CSV")] = False,
) -> None:
    """数据字典: 编码与字段的中英文名称 / what codes and fields are called.

    例 / example: `yiguan dictionary state` · `yiguan dictionary --csv > 字典.csv`
    """
    words = [word for word in _words() if sort in {None, word.sort}]
    if not words:
        known = ", ".join(dict.fromkeys(word.sort for word in _words()))
        raise ValueError(f"没有“{sort}”, 可选 / no such sort; there are: {known}")
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(words)
        return
    short = [Column(name, no_wrap=True) for name in ("类 sort", "编码 code")]
    table = lines(*short, "中文", "English", "见 see")
    for word in words:
        table.add_row(*word)
    console.print(table)


def _words() -> Iterator[Word]:
    told = dictionary.told()
    for vocabulary in told.vocabularies:
        for code in vocabulary.codes:
            yield Word(vocabulary.name, code.code, code.zh, code.en)
    for shape in told.shapes:
        for one in shape.fields:
            yield Word(shape.name, one.field, one.zh, one.en, one.codes or " ".join(one.shape))


def write_event_types(
    file: Annotated[Path, typer.Argument(help="写入的文件 / where to write it")] = EVENT_TYPES,
) -> None:
    """写出事件类型清单 / write the list of event types.

    例 / example: `yiguan event-types docs/event-types.md`
    """
    file.write_text(event_types.document(), encoding="utf-8")
    console.print(str(file))
