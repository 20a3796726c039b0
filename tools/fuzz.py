#!/usr/bin/env python3
"""./dev fuzz [NAME] [--seconds N]: builds NAME_fuzz with libFuzzer and runs it; without a NAME, lists them.

Seeds come from test/corpora/NAME. What the run adds stays in build/fuzz/corpus/NAME; an input that breaks
the parser is written to build/fuzz/found/ and its path printed: it belongs into test/corpora/NAME afterwards,
where every test run replays it.
"""

import argparse
import subprocess
import sys

import build


def names() -> list[str]:
    return sorted(path.stem.removesuffix("_fuzz") for top in ("src", "test")
                  for path in (build.ROOT / top).rglob("*_fuzz.cc"))


def run(name: str, seconds: int) -> int:
    build.build("fuzz", [f"{name}_fuzz"])
    seeds = build.ROOT / "test" / "corpora" / name
    corpus = build.folder("fuzz") / "corpus" / name
    found = build.folder("fuzz") / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    command = [str(build.folder("fuzz") / f"{name}_fuzz"), f"-max_total_time={seconds}", "-timeout=10",
               "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={found}/{name}-", str(corpus)]
    if seeds.is_dir():
        command.append(str(seeds))
    return subprocess.run(command, cwd=build.ROOT, check=False).returncode


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", choices=names(), metavar="NAME")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args(arguments)
    if not options.name:
        print("\n".join(names()))
        return 0
    try:
        return run(options.name, options.seconds)
    except subprocess.CalledProcessError as failed:
        return failed.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
