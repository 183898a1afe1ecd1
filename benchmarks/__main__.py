"""All benchmarks one after another: `make bench`, or `make bench BENCH=intake` for one."""

import os
import subprocess
import sys
from pathlib import Path

SHARED = Path(os.environ.get("YIGUAN_SHARED_DATA") or Path(__file__).parents[2] / "shared/data")
PINGSHAN = SHARED / "pingshan_events.csv"


def commands() -> dict[str, list[str]]:
    """Return each benchmark's arguments; those that need the real data only where they are."""
    names = ("classify", "intake", "actions", "routing", "trial", "reorganisation", "deadlines")
    found: dict[str, list[str]] = {name: [] for name in names}
    found["statistics"] = ["--units", "1000000"]
    found["timers"] = ["--clocks", "400000", "--backlog", "40000"]
    found["webhooks"] = []
    found["feed"] = ["--seconds", "20", "--units", "200000"]
    found["queues"] = ["--units", "300000", "--looks", "50"]
    found["pages"] = ["--units", "300000"]
    if PINGSHAN.is_file():
        found["pingshan"] = []
    return found


def main() -> int:
    """Run what was asked for and return the first failure's exit code, 0 if there was none."""
    known = commands()
    asked = sys.argv[1:] or list(known)
    for name in asked:
        if name not in known:
            print(f"{name}: one of {', '.join(known)}", file=sys.stderr)
            return 2
        print(f"\n== benchmarks.{name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *known[name]]
        done = subprocess.run(command, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
