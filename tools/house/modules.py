"""The module table of CMakeLists.txt, and every #include held to it."""

import dataclasses
import re

from house import cxx
from house.tree import Problem, Tree

# Headers that are neither the standard library's nor ours, and the name that a module's USES must give
# to include them: each third party has one module around it.
THIRD_PARTIES = [
    (r"boost/beast/", "beast"),
    (r"boost/", "asio"),
    (r"simdjson\.h$", "simdjson"),
    (r"yaml-cpp/", "yaml-cpp"),
    (r"(xxhash|xxh_x86dispatch)\.h$", "xxhash"),
    (r"spdlog/", "spdlog"),
    (r"fmt/", "fmt"),
    (r"CLI/", "cli11"),
    (r"openssl/", "openssl"),
    (r"nghttp2/", "nghttp2"),
    (r"google/protobuf/", "protobuf"),
    (r"zmq", "zmq"),
    (r"msgpack", "msgpack"),
    (r"hiredis/", "hiredis"),
]
TEST_HEADERS = {"gtest/": ("test",), "gmock/": ("test",), "benchmark/": ("bench",)}
# Memory (sys/mman.h, malloc.h) is not meant: taking pages, and counting what is taken, is no I/O.
OPERATING_SYSTEM = re.compile(
    r"^(sys(?!/mman)|netinet|arpa|linux|net)/|^(unistd|fcntl|signal|pthread|poll|netdb|dlfcn|sched|ucontext|spawn)\.h$")
TALKS_TO_THE_SYSTEM = {"base", "obs", "rt", "net", "loadgen", "apps"}


@dataclasses.dataclass
class Module:
    name: str
    deps: set[str]
    uses: set[str]


def table(cmake: str) -> tuple[dict[str, Module], list[Problem]]:
    """The modules in the order of the table, and what is wrong with the order."""
    modules, problems = {}, []
    listed = re.finditer(r"^fairway_module\((\w+)([^)]*)\)", cmake, re.MULTILINE)
    for found in listed:
        words = {"DEPS": set(), "USES": set(), "": set()}
        heading = ""
        for word in found[2].split():
            if word in words:
                heading = word
            else:
                words[heading].add(word)
        for below in sorted(words["DEPS"] - modules.keys()):
            problems.append(Problem("CMakeLists.txt", f"{found[1]} depends on {below}, which does not stand "
                                                      "above it"))
        modules[found[1]] = Module(found[1], words["DEPS"], words["USES"])
    if not modules:
        problems.append(Problem("CMakeLists.txt", "no fairway_module(...) found"))
    return modules, problems


def may_include(modules: dict[str, Module], home: str, other: str) -> bool:
    """apps and the tests that cross modules (home "") may include everything."""
    return home in ("apps", "", other) or other in modules[home].deps


def third_party(path: str) -> str:
    return next((name for pattern, name in THIRD_PARTIES if re.match(pattern, path)), "")


def judge_foreign(modules: dict[str, Module], file, path: str) -> str:
    """What is wrong with an #include <path>; empty if nothing."""
    for prefix, kinds in TEST_HEADERS.items():
        if path.startswith(prefix):
            return "" if file.kind in kinds else f"<{path}> belongs into a *_{kinds[0]}.cc"
    home = file.module
    wrapped = third_party(path)
    if wrapped:
        if home in modules and wrapped not in modules[home].uses:
            return f"<{path}> stands behind the module that USES {wrapped}"
        return ""
    if OPERATING_SYSTEM.search(path):
        if home in modules and home not in TALKS_TO_THE_SYSTEM and file.kind == "code":
            return f"<{path}>: only {', '.join(sorted(TALKS_TO_THE_SYSTEM))} speak to the system"
        return ""
    if path in ("sys/mman.h", "malloc.h"):
        return ""
    if "/" in path or (path.endswith(".h") and not re.fullmatch(r"\w+intrin\.h|errno\.h", path)):
        return f"<{path}> is nobody's: give it a wrapping module (tools/house/modules.py) or a C++ header"
    return ""


def judge_own(tree: Tree, modules: dict[str, Module], file, path: str) -> str:
    """What is wrong with an #include "path"; empty if nothing."""
    other = path.split("/")[0]
    if f"src/{path}" not in tree.files:
        return "" if path in tree.files and file.kind == "test" else f'"{path}" is not a path from src/'
    if file.module and file.module not in modules and file.module != "apps":
        return f"{file.module} is not in the module table of CMakeLists.txt"
    if not may_include(modules, file.module, other):
        return f"{file.module} may not include {other} (DEPS in CMakeLists.txt)"
    return ""


def check(tree: Tree) -> list[Problem]:
    modules, problems = table(tree.files["CMakeLists.txt"].text)
    for file in tree.cxx:
        for line, own, foreign in cxx.includes(file.text):
            wrong = judge_own(tree, modules, file, own) if own else judge_foreign(modules, file, foreign)
            if wrong:
                problems.append(Problem(f"{file.path}:{line}", wrong))
    chapter = tree.files.get("ARCHITECTURE.md")
    for name in modules:
        if not chapter or f"`{name}`" not in chapter.text:
            problems.append(Problem("ARCHITECTURE.md", f"says nothing of the module `{name}`"))
    for name in sorted({file.module for file in tree.source} - modules.keys() - {"apps"}):
        problems.append(Problem("CMakeLists.txt", f"src/{name} is not in the module table"))
    return problems
