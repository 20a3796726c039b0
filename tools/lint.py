#!/usr/bin/env python3
"""tools/lint.py fmt | format | lint [--all]: clang-format in place, clang-format as a judge, or all judges.

`lint` asks clang-tidy about the files that differ from the main branch, `lint --all` about every file.
"""

import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys

import build
import check

FORMAT = "clang-format-16"
TIDY = "clang-tidy-16"
# clang reads the compile commands of g++: what only g++ knows is no error.
TIDY_FLAGS = ["--quiet", "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-std=c++2b",
              "--warnings-as-errors=*"]


def cxx_files() -> list[str]:
    return sorted(str(path.relative_to(build.ROOT)) for top in ("src", "test")
                  for path in (build.ROOT / top).rglob("*") if path.suffix in (".h", ".cc"))


def run_format(*mode: str) -> int:
    files = cxx_files()
    status = subprocess.run([FORMAT, *mode, *files], cwd=build.ROOT, check=False).returncode
    if status == 0:
        print(f"clang-format: {len(files)} files")
    return status


def git(*arguments: str) -> list[str]:
    answer = subprocess.run(["git", *arguments], cwd=build.ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.split() if answer.returncode == 0 else []


def changed_files() -> set[str]:
    """What differs from where this branch left the main one, what is not committed included."""
    base = next((found[0] for branch in ("origin/main", "origin/master", "HEAD~1")
                 if (found := git("merge-base", "HEAD", branch))), "HEAD")
    return {*git("diff", "--name-only", base), *git("ls-files", "--others", "--exclude-standard")}


def tidy_targets(everything: bool) -> list[str]:
    """The translation units of build/dev to look at; a header is seen through its own .cc."""
    commands = json.loads((build.folder("dev") / "compile_commands.json").read_text())
    known = {str(pathlib.Path(entry["file"]).relative_to(build.ROOT)) for entry in commands
             if pathlib.Path(entry["file"]).is_relative_to(build.ROOT)}
    known = {path for path in known if path.startswith(("src/", "test/"))}
    if everything:
        return sorted(known)
    changed = changed_files()
    return sorted(path for path in known
                  if path in changed or path.removesuffix(".cc") + ".h" in changed)


def tidy(path: str) -> tuple[str, int, str]:
    answer = subprocess.run([TIDY, "-p", str(build.folder("dev")), *TIDY_FLAGS, path], cwd=build.ROOT,
                            capture_output=True, text=True, check=False)
    return path, answer.returncode, answer.stdout


def run_tidy(everything: bool) -> int:
    build.configure("dev")
    files = tidy_targets(everything)
    print(f"clang-tidy: {len(files)} files", flush=True)
    worst = 0
    with concurrent.futures.ThreadPoolExecutor(build.jobs()) as pool:
        for path, status, text in pool.map(tidy, files):
            if status != 0:
                worst = 1
                print(f"{path}:\n{text}", flush=True)
    return worst


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev lint", description=__doc__)
    parser.add_argument("what", choices=("fmt", "format", "lint"))
    parser.add_argument("--all", action="store_true", help="clang-tidy on every file")
    options = parser.parse_args(arguments)
    if options.what == "fmt":
        return run_format("-i")
    if options.what == "format":
        return run_format("--dry-run", "--Werror")
    return max(check.main([]), run_format("--dry-run", "--Werror"), run_tidy(options.all))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
