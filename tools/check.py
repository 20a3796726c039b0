#!/usr/bin/env python3
"""House rules: prints one line for each that is broken, and exits 1 if any is.

tools/check.py [--figures]   --figures prints the size of the house as a table instead
The rules and their reasons: STYLE.md. The code: tools/house/.
"""

import pathlib
import sys

from house import awaits, bans, corpora, cycles, docs, figures, modules, sizes, tree

RULES = (modules, cycles, sizes, bans, awaits, corpora, docs)


def check(files: tree.Tree) -> list[tree.Problem]:
    return [problem for rule in RULES for problem in rule.check(files)]


def main(arguments: list[str]) -> int:
    files = tree.read(pathlib.Path(__file__).resolve().parent.parent)
    if "--figures" in arguments:
        print(figures.table(files))
        return 0
    problems = check(files)
    print("\n".join(map(str, problems)) or f"house rules: clean ({len(files.files)} files)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
