"""Sizes: lines a file and a function, columns a line, components a folder."""

import collections

from house import cxx
from house.tree import Problem, Tree

FILE_LINES = 600  # tests excepted
FUNCTION_LINES = 60
COLUMNS = 100
SCRIPT_COLUMNS = 120
FOLDER_COMPONENTS = 25  # x.h and x.cc are one; what stands beside them does not count
SCRIPTS = (".py", ".sh", ".cmake")


def check_files(tree: Tree) -> list[Problem]:
    problems = []
    for file in tree.files.values():
        if not file.is_cxx and file.suffix not in SCRIPTS and file.path != "dev":
            continue
        if len(file.lines) > FILE_LINES and file.kind != "test":
            problems.append(Problem(file.path, f"{len(file.lines)} lines, at most {FILE_LINES}: split it"))
        limit = COLUMNS if file.is_cxx else SCRIPT_COLUMNS
        for number, line in enumerate(file.lines, 1):
            if len(line) > limit:
                problems.append(Problem(f"{file.path}:{number}", f"{len(line)} columns, at most {limit}"))
    return problems


def check_functions(tree: Tree) -> list[Problem]:
    problems = []
    for file in tree.cxx:
        try:
            for function in cxx.functions(file.text):
                if function.lines > FUNCTION_LINES:
                    problems.append(Problem(f"{file.path}:{function.line}", f"{function.name} has "
                                            f"{function.lines} lines, at most {FUNCTION_LINES}"))
        except cxx.Unbalanced as line:
            problems.append(Problem(f"{file.path}:{line}", "braces do not pair: does an #if split a block?"))
    return problems


def check_folders(tree: Tree) -> list[Problem]:
    folders = collections.defaultdict(set)
    for file in tree.source:
        folders[file.folder].add(file.component)
    return [Problem(folder, f"{len(inside)} components, at most {FOLDER_COMPONENTS}: make folders in it")
            for folder, inside in sorted(folders.items()) if len(inside) > FOLDER_COMPONENTS]


def check(tree: Tree) -> list[Problem]:
    return check_files(tree) + check_functions(tree) + check_folders(tree)
