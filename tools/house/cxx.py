"""Enough of C++ to measure it: blanks comments and literals, finds function bodies by their braces.

Not a parser. It relies on what the house style gives: no #if that splits a block, no macro that opens one.
"""

import dataclasses
import re

TOKEN = re.compile(
    r"""//(?:[^\\\n]|\\.|\\\n)*                             # comment to the end of the line
      | /\*.*?\*/                                           # comment
      | (?:u8|[uUL])?R"([^()\\\s]{0,16})\(.*?\)\1"           # raw string
      | (?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"                    # string
      | (?<![0-9A-Fa-f])(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+'    # character (a ' between digits separates them)
    """,
    re.VERBOSE | re.DOTALL,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\\\n]|\\.|\\\n)*", re.MULTILINE | re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
SCOPE = re.compile(r"\b(namespace|class|struct|union)\b|^extern \"")
TEMPLATE = re.compile(r"^\s*(?:template\s*<[^{}]*?>\s*(?:requires[^{}]*?)?)+(?=class|struct|union)")


def spaces(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def blank(text: str) -> str:
    """The text with comments and what stands between quotes made blank; every offset stays."""

    def keep_quotes(found: re.Match) -> str:
        token = found[0]
        if token.startswith("/"):
            return spaces(token)
        return token[0] + spaces(token[1:-1]) + token[-1]

    return TOKEN.sub(keep_quotes, text)


def includes(text: str) -> list[tuple[int, str, str]]:
    """(line, "path of ours" or "", "<path> of others" or "") for each #include."""
    return [(text.count("\n", 0, found.start()) + 1, found[1] or "", found[2] or "")
            for found in INCLUDE.finditer(text)]


@dataclasses.dataclass(frozen=True)
class Function:
    name: str
    line: int  # of its opening brace
    lines: int  # from the line of the opening brace to that of the closing one


class Unbalanced(Exception):
    """Braces or parentheses do not pair; the argument is the line."""


def pairs(code: str) -> dict[int, int]:
    """Offset of each opening brace or parenthesis → offset of the one that closes it."""
    open_at, closes = [], {}
    for found in re.finditer(r"[(){}]", code):
        if found[0] in "({":
            open_at.append(found.start())
            continue
        if not open_at or code[open_at[-1]] + found[0] not in ("()", "{}"):
            raise Unbalanced(code.count("\n", 0, found.start()) + 1)
        closes[open_at.pop()] = found.start()
    if open_at:
        raise Unbalanced(code.count("\n", 0, open_at[-1]) + 1)
    return closes


def opens_scope(header: str) -> bool:
    header = TEMPLATE.sub("", header).strip()
    header = re.sub(r"\[\[.*?\]\]|alignas\s*\([^()]*\)", "", header)
    return bool(SCOPE.search(header.split("(")[0])) and not re.search(r"\)\s*(const|noexcept|->|$)", header)


def name_of(header: str) -> str:
    """The name before the parameter list, "TEST(Suite, Case)" for a test."""
    test = re.search(r"\b(TEST\w*\s*\([^)]*\))\s*$", header)
    if test:
        return " ".join(test[1].split())
    found = re.search(r"([\w:~]+|operator\W{1,3})\s*\(", header)
    return found[1] if found else "a function"


def functions(text: str) -> list[Function]:
    """Every function body outside of other bodies, lambdas at namespace level included."""
    code = DIRECTIVE.sub(lambda found: spaces(found[0]), blank(text))
    closes = pairs(code)
    found, start, at = [], 0, 0
    mark = re.compile(r"[(){};]")
    while token := mark.search(code, at):
        at = token.start()
        if token[0] == ";" or token[0] == "}":
            start = at = at + 1
        elif token[0] == "(":
            at = closes[at] + 1
        else:
            header, end = code[start:at], closes[at]
            after = code[end + 1:].lstrip()[:1]
            if opens_scope(header):
                start = at = at + 1
            elif "(" not in header or after in (",", "{") or header.rstrip().endswith("="):
                at = end + 1  # an initialiser: the statement, or the constructor's head, goes on
            else:
                line, last = code.count("\n", 0, at) + 1, code.count("\n", 0, end) + 1
                found.append(Function(name_of(header), line, last - line + 1))
                start = at = end + 1
    return found
