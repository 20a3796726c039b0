#!/usr/bin/env python3
"""The tiers of the tests: what each runs and how long that takes. `tools/tiers.py NAME` runs one.

A tier is one ctest test (cmake/tiers.cmake). It ends with 0 (passed), 77 (could not run here; its last line
"skipped: ..." says why) or anything else (failed). FAIRWAY_DEADLINE, in seconds since the epoch, is when the
run must be over: a tier that is not expected to fit before it does not start.
"""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import time

import build

SKIPPED = 77
STATE = build.ROOT / "build" / "tiers"  # NAME.log: output of the last run; NAME.seconds: how long it took


@dataclasses.dataclass(frozen=True)
class Tier:
    about: str
    packages: str  # the group of tools/packages.txt that it needs besides "build"
    first_minutes: float  # expected where nothing is built or installed yet
    later_minutes: float  # expected on later runs, where no duration is on record
    steps: tuple[tuple[str, ...], ...]


def sanitized(preset: str) -> tuple[tuple[str, ...], ...]:
    """Builds the preset and runs its unit tests, each case a process of its own."""
    return (
        ("python3", "tools/build.py", preset),
        ("ctest", "--preset", preset, "-j", str(build.cores()), "-L", "unit", "--no-tests=error"),
    )


# Minutes are for two cores.
TIERS = {
    "demo": Tier("./dev demo --once on a release build", "build", 10, 1,
                 (("./dev", "demo", "--once"),)),
    "format": Tier("clang-format", "lint", 1, 1, (("python3", "tools/lint.py", "format"),)),
    "asan": Tier("unit tests under address and undefined-behaviour sanitizers", "build", 15, 4,
                 sanitized("asan")),
    "tsan": Tier("unit tests under the thread sanitizer", "build", 15, 5, sanitized("tsan")),
    "client": Tier("OpenAI's and Anthropic's Python clients and LangChain against simulated servers", "client", 3, 2,
                   (("python3", "tools/build.py", "release"), ("test/client/run.sh",))),
    "judges": Tier("curl, nginx and WebSocket peers on both sides of the gateway", "judges", 3, 2,
                   (("python3", "tools/build.py", "release"), ("test/judges/run.sh",))),
    "packages": Tier("the packages, each started once in an empty root", "packages", 6, 2,
                     (("python3", "tools/build.py", "release"), ("test/packages/run.sh",))),
    "vllm": Tier("real vLLM servers behind the gateway", "vllm", 15, 8,
                 (("python3", "tools/build.py", "release"), ("test/vllm/run.sh",))),
}


def expected_minutes(name: str) -> float:
    record = STATE / f"{name}.seconds"
    if not record.exists():
        return TIERS[name].first_minutes
    return max(float(record.read_text()) / 60 * 1.5, TIERS[name].later_minutes)


def no_time_for(name: str) -> str:
    """Why the tier may not start now; empty if it may."""
    deadline = os.environ.get("FAIRWAY_DEADLINE")
    if not deadline:
        return ""
    left = (float(deadline) - time.time()) / 60
    wanted = expected_minutes(name)
    if wanted <= left:
        return ""
    return f"needs about {wanted:.0f} min, and {max(left, 0):.0f} min of the budget are left"


def environment() -> dict[str, str]:
    env = build.environment()
    env.setdefault("ASAN_OPTIONS", "detect_stack_use_after_return=1:strict_string_checks=1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    env.setdefault("TSAN_OPTIONS", "halt_on_error=1:second_deadlock_stack=1")
    env.pop("FAIRWAY_DEADLINE", None)
    return env


def same_addresses(name: str) -> list[str]:
    """g++ 12's thread sanitizer cannot map its shadow where the kernel randomises addresses widely."""
    if name != "tsan" or not shutil.which("setarch"):
        return []
    allowed = subprocess.run(["setarch", "-R", "true"], capture_output=True, check=False)
    return ["setarch", "-R"] if allowed.returncode == 0 else []


def run_step(step: tuple[str, ...], prefix: list[str], log) -> tuple[int, str]:
    """Runs one step with its output on stdout and in the log; returns its status and its last line."""
    last = ""
    print("$", *step, flush=True)
    with subprocess.Popen([*prefix, *step], cwd=build.ROOT, env=environment(), text=True, errors="replace",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as child:
        for line in child.stdout:
            print(line, end="", flush=True)
            log.write(line)
            log.flush()
            last = line.strip() or last
    return child.returncode, last


def run(name: str) -> int:
    tier = TIERS[name]
    reason = no_time_for(name)
    missing = [step[0] for step in tier.steps if "/" in step[0] and not (build.ROOT / step[0]).exists()]
    if missing:
        reason = f"{missing[0]} does not exist"
    if reason:
        print(f"skipped: {reason}")
        return SKIPPED
    STATE.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with open(STATE / f"{name}.log", "w", encoding="utf-8") as log:
        for step in (("tools/setup.sh", "--quiet", "build", tier.packages), *tier.steps):
            status, last = run_step(step, same_addresses(name), log)
            if status == SKIPPED:
                print(f"skipped: {last}")
                return SKIPPED
            if status != 0:
                print(f"tier {name}: failed at: {' '.join(step)} (status {status})")
                return 1
    (STATE / f"{name}.seconds").write_text(f"{time.monotonic() - began:.0f}\n")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in TIERS:
        print("usage: tools/tiers.py", "|".join(TIERS), file=sys.stderr)
        sys.exit(2)
    sys.exit(run(sys.argv[1]))
