"""Carries out a Dockerfile's instructions below a folder, without Docker."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

_OUR_FOLDERS = re.compile(r"(?<![\w./-])/(?=(?:opt|srv|var)/)")
"""Where a path of the image begins: the folder that stands for its root goes before it."""

_UNSEEN = ("YIGUAN_", "PG", "PYTHON", "VIRTUAL_ENV", "COVERAGE_")
_NOTED = ("ENTRYPOINT", "CMD", "USER", "HEALTHCHECK", "EXPOSE", "STOPSIGNAL")


def instructions(file: Path) -> list[tuple[str, str]]:
    """Return word and argument of every instruction, continued lines joined."""
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def own_environment() -> dict[str, str]:
    """Return what a shell of the user's would give: pip's mirrors, but nothing of this run."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_UNSEEN)}


@dataclass
class Image:
    """What the instructions make; the last stage is the image."""

    context: Path
    folder: Path
    stages: dict[str, Path] = field(default_factory=dict)
    root: Path = Path()
    workdir: Path = Path()
    environment: dict[str, str] = field(default_factory=dict)
    noted: dict[str, str] = field(default_factory=dict)

    @classmethod
    def build(cls, context: Path, folder: Path) -> "Image":
        image = cls(context, folder)
        for word, rest in instructions(context / "Dockerfile"):
            image.perform(word, rest)
        return image

    def perform(self, word: str, rest: str) -> None:
        match word:
            case "FROM":
                self._begin(rest)
            case "WORKDIR":
                self.workdir = self._place(rest)
                self.workdir.mkdir(parents=True, exist_ok=True)
            case "ENV":
                name, _, value = rest.partition("=")
                value = value.replace("$PATH", self.environment["PATH"])
                self.environment[name] = ":".join(map(self._mapped, value.split(":")))
            case "COPY":
                self._copy(rest.split())
            case "RUN":
                self._run(rest)
            case _ if word in _NOTED:
                self.noted[word] = rest
            case _:
                raise NotImplementedError(word)

    def command(self, *words: str) -> list[str]:
        """Return what a container started with these words runs; none: the image's own."""
        given = list(words) or json.loads(self.noted["CMD"])
        return [*json.loads(self.noted["ENTRYPOINT"]), *given]

    def check(self) -> list[str]:
        """Return the command that tells whether a container is healthy."""
        found: list[str] = json.loads(self.noted["HEALTHCHECK"].partition("CMD ")[2])
        return found

    def _begin(self, rest: str) -> None:
        name = rest.partition(" AS ")[2] or str(len(self.stages))
        self.root = self.stages[name] = self.folder / name
        self.workdir = self.root
        self.root.mkdir()
        self.environment, self.noted = own_environment(), {}

    def _copy(self, words: list[str]) -> None:
        *sources, target = [word for word in words if not word.startswith("--")]
        stage = next((word.removeprefix("--from=") for word in words if "--from=" in word), None)
        for source in sources:
            place = self._place(target)
            if stage is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                (self.stages[stage] / source.lstrip("/")).rename(place)
            elif (self.context / source).is_dir():
                skip = shutil.ignore_patterns("__pycache__")
                shutil.copytree(self.context / source, place, ignore=skip)
            else:
                shutil.copy(self.context / source, place)

    def _run(self, text: str) -> None:
        if text.startswith("useradd "):
            return  # an account of this machine is not the test's to make
        # Before there is a virtual environment, `python` is the one the base image brings.
        base = f'python() {{ "{Path(sys.base_prefix) / "bin/python3"}" "$@"; }}; '
        script = ("" if "/opt/" in self.environment["PATH"] else base) + self._mapped(text)
        subprocess.run(["sh", "-ec", script], cwd=self.workdir, env=self.environment, check=True)

    def _place(self, path: str) -> Path:
        return self.root / path.lstrip("/") if path.startswith("/") else self.workdir / path

    def _mapped(self, text: str) -> str:
        return _OUR_FOLDERS.sub(f"{self.root}/", text)
