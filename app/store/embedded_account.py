"""The system account that the embedded PostgreSQL runs as, and commands run in its name."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

# Nothing inherited: a PGPORT or PGOPTIONS of the caller would lead the clients elsewhere.
ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "5"}


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be had; the text is one line for the operator."""

    def __init__(self, english: str, chinese: str) -> None:
        """Join what both readers need: the log has one line for both."""
        super().__init__(f"{english} / {chinese}")


@dataclass(frozen=True, slots=True)
class Account:
    """Ids to switch to before PostgreSQL starts; both None: it runs as the caller."""

    uid: int | None = None
    gid: int | None = None

    @property
    def owner(self) -> int:
        """The user id that the server's files must belong to."""
        return os.geteuid() if self.uid is None else self.uid

    @property
    def groups(self) -> list[int] | None:
        """None keeps the caller's groups; root's must not go along."""
        return None if self.uid is None else []


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended; code 126: it could not be run, 124: it never answered."""

    code: int
    output: str
    complaint: str


def choose(data: Path) -> Account:
    """Return whose name to run in: as root the owner of `data`, or nobody if there is none yet."""
    if os.geteuid() != 0:
        return Account()
    owner = data.stat().st_uid if data.exists() else 0
    if owner != 0:
        return Account(owner, data.stat().st_gid)
    # PostgreSQL refuses to run as root.
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def run(
    account: Account, command: Sequence[str | Path], *, timeout: float | None = None
) -> Outcome:
    """Run `command` to its end in the account's name."""
    try:
        process = _spawn(account, command, output=subprocess.PIPE)
        with process:
            output, complaint = _finish(process, timeout)
    except subprocess.TimeoutExpired:
        return Outcome(124, "", f"no answer within {timeout} s")
    except (OSError, subprocess.SubprocessError) as fault:
        return Outcome(126, "", str(fault))
    return Outcome(process.returncode, _text(output), _text(complaint))


def launch(account: Account, command: Sequence[str | Path], *, keep: int, log: int) -> None:
    """Start `command` to outlive the caller; `keep` is a descriptor it inherits."""
    process = _spawn(account, command, output=log, keep=(keep,))
    # While we live it is our child: unless someone waits for it, its end leaves a zombie.
    Thread(target=process.wait, name="embedded-postgresql", daemon=True).start()


def _spawn(
    account: Account, command: Sequence[str | Path], *, output: int, keep: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the wheel's programs and /bin/sh
        [str(part) for part in command],
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
        cwd="/",  # the caller's folder may be closed to the account
        env=ENVIRONMENT,
        umask=0o077,
        pass_fds=keep,
        start_new_session=True,  # Ctrl-C is for the application, which drains first
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )


def _finish(process: subprocess.Popen[bytes], timeout: float | None) -> tuple[bytes, bytes]:
    try:
        return process.communicate(timeout=timeout)
    except BaseException:
        process.kill()
        raise


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").strip()
