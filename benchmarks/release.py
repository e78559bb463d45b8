"""Everything that what leaves the bank must reach, at full size; each part also runs by its own name.

``python -m benchmarks.release [--share S] [PART ...]`` prints one JSON line a figure. ``--share`` makes every
part smaller, to try it; the goals stay those of the full size.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figure import Figure, at_least, exactly, show, told

KILLS = 1_000
_NIGHTS = 1_000
_ROOT = Path(__file__).parents[1]

PARTS: dict[str, dict[str, float]] = {
    "long_list": {"rows": 1_000_000},
    "disguises": {"each": 1_000, "ordinary": 1_000_000, "listed": 1_000_000},
    "policy_oracle": {"people": 1_000_000},
    "audit": {"lines": 1_000_000, "bent": 10_000},
    "sealed_files": {"rows": 1_000_000, "flips": 5_000},
    "revocations": {"rows": 1_000_000, "seconds": 40},
    "clean_nights": {"customers": 100_000},
}
"""Benchmarks, with what makes them as large as they must be."""
_LEAST = {"seconds": 5}  # in less time nobody opts out


def kills(share: float) -> Iterator[Figure]:
    """Lists carried by processes that are killed; each night is killed once or twice, about 1.3 times."""
    nights = max(round(_NIGHTS * share), 1)
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.release_kills", "20260701", str(nights)],
            cwd=_ROOT,
            env={**os.environ, "LONGREACH_HOME": str(Path(home) / "home")},
            stdout=subprocess.PIPE,
            check=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    late = found["on_the_list_although_early"]
    yield told("nights on which lists were carried", nights, "nights")
    yield told("moments of a night at which it can be killed", found["moments"], "moments")
    yield at_least("kills while lists were carried", found["kills"], "kills", goal=KILLS)
    yield exactly("lists torn, double, or with somebody missing", len(found["wrong"]), "lists", goal=0)
    yield exactly("on a list although they had opted out before", len(late), "people", goal=0)


def _kills(share: float) -> bool:
    figures = list(kills(share))
    show(figures)
    return all(figure.holds is not False for figure in figures)


def _run(part: str, share: float) -> bool:
    """Runs a benchmark in a process of its own, so that none is measured in the memory of another."""
    sizes = {name: max(round(size * share), _LEAST.get(name, 1)) for name, size in PARTS[part].items()}
    options = [text for name, size in sizes.items() for text in (f"--{name}", str(size))]
    command = [sys.executable, "-m", f"benchmarks.{part}", *options]
    held = True
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            held &= json.loads(line)["holds"] is not False
    return held and running.returncode == 0


def main() -> None:
    """Exit status 1 where a part broke off, or says that one of its figures does not hold."""
    parts: dict[str, Callable[[float], bool]] = {
        **{part: lambda share, part=part: _run(part, share) for part in PARTS},  # type: ignore[misc]
        "kills": _kills,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    parser.add_argument("--share", type=float, default=1.0, help="of the full size")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(parts):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    failed = []
    for part in given.parts or parts:
        print(f"  {part}", file=sys.stderr, flush=True)
        if not parts[part](given.share):
            failed.append(part)
    if failed:
        sys.exit(f"not everything held: {', '.join(failed)}")


if __name__ == "__main__":
    main()
