#!/usr/bin/env python3
"""./dev test [--all | --TIER...] [--budget 75m] [NAME]: builds, runs the tests, says what could not run and why.

Everything is one ctest run, and its closing line is the last line. NAME is a module (builds and runs only that
module's tests) or a pattern of test names. Exit status: that of the build or of ctest.
"""

import argparse
import os
import re
import subprocess
import sys
import threading
import time

import build
import tiers

RESULT = re.compile(r"^\s*\d+/\d+ Test\s+#\d+: (\S+) \.*\s*(?:\*\*\*)?([A-Z][\w ]*?)\s+([\d.]+) sec")
CLOSING = re.compile(r"^\d+% tests passed")
QUIET_SECONDS = 60


def minutes(text: str) -> float:
    """'75m', '90s', '2h' or a number of minutes, in minutes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"expected a time such as 75m, not {text!r}")
    return float(found[1]) * {"s": 1 / 60, "m": 1, "h": 60, "": 1}[found[2]]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev test", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every tier below")
    for name, tier in tiers.TIERS.items():
        parser.add_argument(f"--{name}", dest="tiers", action="append_const", const=name,
                            help=f"{tier.about} (about {tier.first_minutes:g} min at first, then "
                                 f"{tier.later_minutes:g})")
    parser.add_argument("--budget", type=minutes, metavar="TIME",
                        help="start no tier that is not expected to end within this time of now: 75m")
    parser.add_argument("name", nargs="?", help="a module, or a pattern of test names")
    options = parser.parse_args(arguments)
    options.tiers = list(tiers.TIERS) if options.all else options.tiers or []
    if options.name and options.tiers:
        parser.error("a NAME is for unit tests; leave it out or leave the tiers out")
    return options


def modules() -> set[str]:
    return {path.name for path in (build.ROOT / "src").iterdir() if path.is_dir()}


def ctest_command(options: argparse.Namespace) -> list[str]:
    command = ["ctest", "--preset", "dev", "-j", str(build.cores()), "--no-tests=error",
               "--no-label-summary"]
    if options.name in modules():
        return [*command, "-L", f"^{options.name}$"]
    if options.name:
        return [*command, "-R", options.name]
    if options.tiers:
        unwanted = [name for name in tiers.TIERS if name not in options.tiers]
        command += ["-C", "tiers"]
        if unwanted:
            command += ["-LE", f"^({'|'.join(unwanted)})$"]
    return command


class Heartbeat:
    """Shows the newest line of a long tier's log whenever nothing else was printed for a minute."""

    def __init__(self):
        self.last = time.monotonic()
        self.over = threading.Event()
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while not self.over.wait(5):
            if time.monotonic() - self.last >= QUIET_SECONDS:
                self.beat()
                self.last = time.monotonic()

    def beat(self):
        logs = sorted(tiers.STATE.glob("*.log"), key=lambda path: path.stat().st_mtime)
        lines = logs[-1].read_text(errors="replace").splitlines() if logs else []
        if lines and time.time() - logs[-1].stat().st_mtime < 2 * QUIET_SECONDS:
            print(f"      ... {logs[-1].stem}: {lines[-1].strip()[:120]}", flush=True)


def run_ctest(options: argparse.Namespace) -> tuple[int, dict[str, tuple[str, float]], list[str]]:
    """Streams ctest's output up to its summary; returns its status, (state, seconds) by test, the summary."""
    results, summary = {}, []
    heartbeat = Heartbeat()
    with subprocess.Popen(ctest_command(options), cwd=build.ROOT, env=tiers_environment(options),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as child:
        for line in child.stdout:
            heartbeat.last = time.monotonic()
            found = RESULT.match(line)
            if found:
                results[found[1]] = (found[2], float(found[3]))
            if summary or CLOSING.match(line):
                summary.append(line.rstrip())
            elif not re.match(r"\s+Start +\d+: (?!tier\.)", line):
                print(re.sub(r"\.{4,}", " ... ", line), end="", flush=True)
    heartbeat.over.set()
    return child.returncode, results, summary


def tiers_environment(options: argparse.Namespace) -> dict[str, str]:
    env = build.environment()
    if options.budget is not None:
        env["FAIRWAY_DEADLINE"] = str(options.began + options.budget * 60)
    return env


def reason_of(log: str, test: str) -> str:
    """Why a test was skipped, from ctest's full log: a tier's last line, or gtest's line after "Skipped"."""
    found = re.search(rf"^\d+/\d+ Test: {re.escape(test)}$.*?^Output:\n-+\n(.*?)^<end of output>", log,
                      re.MULTILINE | re.DOTALL)
    lines = [line.strip() for line in found[1].splitlines()] if found else []
    for here, line in enumerate(lines):
        if line.endswith(": Skipped") and here + 1 < len(lines):
            return lines[here + 1]
    told = [line for line in lines if line.startswith("skipped: ")]
    return told[-1].removeprefix("skipped: ") if told else "no reason given"


def report(results: dict[str, tuple[str, float]], summary: list[str], elapsed: dict[str, float]):
    skipped = [test for test, (state, _) in results.items() if state in ("Skipped", "Not Run")]
    full_log = build.folder("dev") / "Testing" / "Temporary" / "LastTest.log"
    log = full_log.read_text(errors="replace") if full_log.exists() else ""
    print("\nelapsed:", ", ".join(f"{part} {seconds:.0f} s" for part, seconds in elapsed.items()))
    failed = [line for line in summary[1:] if re.match(r"\s+\d+ - .*\((?!Skipped|Not Run)", line)]
    if failed:
        print("failed:", *failed, sep="\n")
    if skipped:
        passed = sum(state == "Passed" for state, _ in results.values())
        print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped (ctest's total below counts "
              "them too):")
        for test in skipped:
            print(f"  skipped {test}: {reason_of(log, test)}")
    print(summary[0] if summary else "ctest printed no summary")


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    options.began = float(os.environ.get("FAIRWAY_BEGAN") or time.time())
    elapsed = {"set-up": time.time() - options.began}
    began = time.monotonic()
    try:
        build.build("dev", [f"{options.name}_test"] if options.name in modules() else [])
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    elapsed["build"] = time.monotonic() - began
    began = time.monotonic()
    status, results, summary = run_ctest(options)
    by_tier = {test: seconds for test, (_, seconds) in results.items() if test.startswith("tier.")}
    elapsed["unit and house"] = time.monotonic() - began - sum(by_tier.values())
    report(results, summary, elapsed | by_tier)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
