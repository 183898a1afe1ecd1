"""The text of a CSV file: UTF-8 as the rule, GB18030 as Chinese Excel saves it."""

import codecs
from collections.abc import Mapping
from typing import Final

from app.sheets.faults import Faults

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_REFUSED: Final[Mapping[bytes, str]] = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def decode(data: bytes, faults: Faults) -> str:
    """Return the text; raises BadSheet naming the encoding when it is none we read."""
    for mark, name in _REFUSED.items():
        if data.startswith(mark):
            return _refuse(f"{name} 编码", name, faults)
    if data.startswith(codecs.BOM_UTF8):
        return _decode_marked(data, faults)
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return _refuse("既非 UTF-8 也非 GB18030", "neither UTF-8 nor GB18030", faults)


def _decode_marked(data: bytes, faults: Faults) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = error.start
        return _refuse(f"标明 UTF-8 但第 {where} 字节不是", f"UTF-8 broken at byte {where}", faults)


def _refuse(zh: str, en: str, faults: Faults) -> str:
    faults.whole(f"文件编码: {zh}; 请存为 UTF-8 或 GB18030", f"{en}: save it as UTF-8 or GB18030")
    faults.refuse()
    return ""
