"""What the documents promise: links lead somewhere, and the index of decisions has every decision."""

import posixpath
import re

from house.tree import Problem, Tree

LINK = re.compile(r"\[[^\]]*\]\((?!\w+:|#)([^)#\s]+)(?:#[^)]*)?\)")
DECISION = re.compile(r"docs/adr/\d{4}-[\w-]+\.md")
INDEX = "docs/adr/README.md"


def check_links(tree: Tree) -> list[Problem]:
    folders = {posixpath.dirname(path) for path in tree.files}
    folders |= {posixpath.dirname(folder) for folder in folders}
    problems = []
    for path, file in tree.files.items():
        if file.suffix != ".md" or path.startswith(("test/fixtures/", "test/corpora/")):
            continue
        for number, line in enumerate(file.lines, 1):
            for target in LINK.findall(line):
                there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                if there not in tree.files and there not in folders:
                    problems.append(Problem(f"{path}:{number}", f"the link to {target} leads nowhere"))
    return problems


def check_decisions(tree: Tree) -> list[Problem]:
    index = tree.files[INDEX].text if INDEX in tree.files else ""
    return [Problem(path, f"has no line in {INDEX}") for path in tree.files
            if DECISION.fullmatch(path) and f"]({posixpath.basename(path)})" not in index]


def check(tree: Tree) -> list[Problem]:
    return check_links(tree) + check_decisions(tree)
