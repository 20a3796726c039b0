"""Where g++ 12 gets a co_await wrong: within `&&`, `||`, `?:` or TRY, and with a braced temporary among the awaited
call's arguments (it is destroyed twice)."""

import re

from house import cxx
from house.tree import Problem, Tree

AWAIT = re.compile(r"\bco_await\b(?!\s*\()")
BEFORE = re.compile(r"&&|\|\||\?|\bTRY\w*\s*\(")


def open_part(code: str, end: int) -> str:
    """What stands before `end` in its statement, closed parentheses left out."""
    depth, kept = 0, []
    for at in range(end - 1, -1, -1):
        char = code[at]
        if char in ")]":
            depth += 1
        elif char in "([":
            depth = max(0, depth - 1)
        if depth == 0:
            if char in ";{}":
                break
            kept.append(char)
    return "".join(reversed(kept))


def braced_argument(code: str, start: int) -> bool:
    """Whether an argument of the call awaited at `start` is `Type{...}` or `{.field = ...}`. A pair such as
    `{data, size}` is a span and has no destructor; a lambda's body is no argument."""
    depth = 0
    for at in range(start, len(code)):
        char = code[at]
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == ";" or depth < 0:
            return False
        elif char == "{":
            typed = re.search(r"[\w>]\s*$", code[start:at])
            return depth > 0 and bool(typed or re.match(r"\{\s*\.\w", code[at:]))
    return False


def check(tree: Tree) -> list[Problem]:
    problems = []
    for file in tree.cxx:
        code = cxx.blank(file.text)
        for found in AWAIT.finditer(code):
            where = f"{file.path}:{code.count(chr(10), 0, found.start()) + 1}"
            before = BEFORE.search(open_part(code, found.start()))
            if before:
                problems.append(Problem(where, f"co_await behind '{before[0]}'; instead: a statement of its own"))
            if braced_argument(code, found.end()):
                problems.append(Problem(where, "co_await of a call with a braced argument; instead: give it a name"))
    return problems
