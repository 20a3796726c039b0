"""What no file may say, each with what to say instead.

A ban has a home where the banned thing is wrapped; beyond that there is no exemption list and none is to come.
"""

import dataclasses
import re

from house.tree import File, Problem, Tree

NOWHERE = r"$^"
BESIDE_THE_CODE = r"_(test|bench|fuzz)\.cc$|^test/"


@dataclasses.dataclass(frozen=True)
class Ban:
    pattern: str
    instead: str
    home: str = NOWHERE  # paths where it is at home


# In C++, comments and literals left out.
IN_CODE = [
    Ban(r"\b(steady|system|high_resolution)_clock::now|\b(clock_gettime|gettimeofday)\b|\btime\(nullptr\)",
        "Loop::Now, handed down", rf"^src/rt/|{BESIDE_THE_CODE}"),
    Ban(r"\bsleep_(for|until)\b|\bu?sleep\(", "a timer of the Loop", rf"^src/rt/|{BESIDE_THE_CODE}"),
    Ban(r"\bstd::(random_device|mt19937(_64)?|default_random_engine)\b|\bs?rand\(", "base/rng.h"),
    Ban(r"\bthrow\b", "a Status"),
    Ban(r"\bstd::(jthread|thread|async)\b|\bpthread_create\b", "rt: a worker or the offload pool",
        rf"^src/rt/|{BESIDE_THE_CODE}"),
    Ban(r"\bstd::regex\b", "a parser by hand"),
    Ban(r"\bstd::(expected|unexpected)\b", "base::Result"),
    Ban(r"\bstd::(format|print|println)\b", "fmt in a .cc, or a writer"),
    Ban(r"\b(class|struct)\s+\w+(Manager|Util|Utils|Helper|Helpers|Impl)\b", "a name for what it is"),
    Ban(r"\bGTEST_FLAG_SET\b|\bDISABLED_\w", "a test that runs, or none"),
    Ban(r"^\s*using namespace (?!std::(string_view_)?(chrono_)?literals)", "the names you need"),
]
# Everywhere in the C++, comments too.
IN_TEXT = [
    Ban(r"\b(FIXME|XXX|HACK|TODO)\b", "finish it, or say the limit in the docs"),
    Ban(r"#\s*include <(expected|format|print|regex|random)>", "what base has"),
    Ban(r"\bNOLINT(NEXTLINE|BEGIN)?\b(?!\()", "NOLINT(name-of-the-check)"),
]
# In every file: what holds on the author's machine only, or is said to somebody who is not the reader.
IN_ALL = [
    Ban(r"py[p]i\.org|pythonho[s]ted\.org|deb\.deb[i]an\.org|registry\.np[m]js|proxy\.gol[a]ng\.org"
        r"|index\.crat[e]s\.io|static\.crat[e]s\.io|artifactregi[s]try",
        "nothing: the machine's own settings say where packages come from"),
    Ban(r"(?<![\w.])/(wo[r]k|ho[m]e/\w+|Us[e]rs/\w+)/", "a path from the root of the repository"),
    Ban(r"(?i)\bin this (work )?sess[i]on\b|\bissue #?\d+\b|\bas an? (AI|langu[a]ge model)\b",
        "what a reader of the repository can follow"),
]


def find(file: File, lines: list[str], bans: list[Ban]) -> list[Problem]:
    return [Problem(f"{file.path}:{number}", f"'{found[0].strip()}' is banned; instead: {ban.instead}")
            for ban in bans if not re.search(ban.home, file.path)
            for number, line in enumerate(lines, 1) if (found := re.search(ban.pattern, line))]


def check_form(file: File) -> list[Problem]:
    """What every text file of the project has: no blanks at line ends, one newline at its end."""
    problems = [Problem(f"{file.path}:{number}", "blanks at the end of the line")
                for number, line in enumerate(file.lines, 1) if line != line.rstrip()]
    if file.text and not file.text.endswith("\n"):
        problems.append(Problem(file.path, "the last line does not end"))
    return problems


def check_header(file: File) -> list[Problem]:
    if not file.text.startswith("#pragma once\n"):
        return [Problem(file.path, "a header begins with #pragma once")]
    return []


def check(tree: Tree) -> list[Problem]:
    problems = []
    for file in tree.files.values():
        if re.match(r"test/(fixtures|corpora)/", file.path):
            continue  # recorded bytes, as they came
        problems += find(file, file.lines, IN_ALL) + check_form(file)
        if file.is_cxx:
            problems += find(file, file.code_lines, IN_CODE) + find(file, file.lines, IN_TEXT)
        if file.suffix == ".h":
            problems += check_header(file)
    return problems
