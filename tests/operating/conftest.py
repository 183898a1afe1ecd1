"""The command line as an operator has it, in this process: starting Python anew takes seconds."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app.cli import main
from app.cli.root import console


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.strip().splitlines()


Terminal = Callable[..., Said]
"""Runs `yiguan` with the words given, and environment variables by name."""


@pytest.fixture
def yiguan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setattr(console, "width", 80)
    for name in (
        "YIGUAN_DATABASE_URL",
        "YIGUAN_URL",
        "YIGUAN_KEY",
        "YIGUAN_PORT",
        "YIGUAN_ATTACHMENTS",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("YIGUAN_HOME", "/nonexistent")

    def run(*words: str, **environment: object) -> Said:
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(sys, "argv", ["yiguan", *words])
        capsys.readouterr()
        try:
            main()
        except SystemExit as ended:
            said = capsys.readouterr()
            return Said(int(ended.code or 0), said.out + said.err)
        raise AssertionError("a command ends with its code")

    return run
