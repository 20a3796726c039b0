"""Each house rule, shown to catch what it is for and to let pass what is fine."""

import unittest

import check
from house import cxx, figures
from house.tree import Tree

CMAKE = """fairway_module(base)
fairway_module(rt   DEPS base     USES asio)
fairway_module(http DEPS base rt)
fairway_app(fairway ALL)
"""
CLEAN = {
    "CMakeLists.txt": CMAKE,
    "ARCHITECTURE.md": "`base` `rt` `http`\n",
    "src/base/status.h": "#pragma once\n#include <string>\n",
    "src/base/status.cc": '#include "base/status.h"\n',
    "src/rt/loop.h": '#pragma once\n#include <boost/asio.hpp>\n#include "base/status.h"\n',
    "src/http/server.cc": '#include "http/server.h"\n\n#include "rt/loop.h"\n',
    "src/http/server.h": "#pragma once\n",
    "src/apps/main.cc": '#include "http/server.h"\nint main() {}\n',
}


def problems(**changed: str) -> list[str]:
    """What the rules find in the clean tree with some files changed; a__b_cc stands for a/b.cc."""
    files = dict(CLEAN)
    for name, text in changed.items():
        folder, _, rest = name.rpartition("__")
        stem, _, suffix = rest.rpartition("_")
        files["/".join([*folder.split("__"), f"{stem}.{suffix}"])] = text
    return [str(problem) for problem in check.check(Tree(files))]


class RulesTest(unittest.TestCase):
    def finds(self, part: str, **changed: str):
        found = problems(**changed)
        self.assertTrue(any(part in problem for problem in found), f"{part!r} is not in {found}")
        self.assertEqual(len(found), 1, found)

    def passes(self, **changed: str):
        self.assertEqual(problems(**changed), [])

    def test_clean_tree(self):
        self.passes()


class ModulesTest(RulesTest):
    def test_include_outside_deps(self):
        self.assertEqual(problems(src__rt__x_cc='#include "http/server.h"\n'),
                         ["src/rt/x.cc:1: rt may not include http (DEPS in CMakeLists.txt)",
                          "src: modules include each other in a ring: http -> rt -> http"])

    def test_tests_obey_the_table_too(self):
        self.finds("rt may not include http", src__rt__x_test_cc='#include "http/server.h"\n')

    def test_table_order(self):
        files = dict(CLEAN, **{"CMakeLists.txt": CMAKE.replace("base)", "base DEPS rt)", 1)})
        self.assertIn("CMakeLists.txt: base depends on rt, which does not stand above it",
                      [str(problem) for problem in check.check(Tree(files))])

    def test_path_from_src(self):
        self.finds("not a path from src/", src__http__x_cc='#include "server.h"\n')

    def test_third_party_outside_its_wrapper(self):
        self.finds("USES asio", src__http__x_cc="#include <boost/asio/ip/tcp.hpp>\n")

    def test_unknown_third_party(self):
        self.finds("is nobody's", src__http__x_cc="#include <folly/String.h>\n")

    def test_commented_include_is_none(self):
        self.passes(src__rt__x_cc='//#include "http/server.h"\n')

    def test_gtest_in_code(self):
        self.finds("belongs into a *_test.cc", src__rt__x_cc="#include <gtest/gtest.h>\n")
        self.passes(src__rt__x_test_cc="#include <gtest/gtest.h>\n")
        self.passes(src__rt__x_fixture_h="#pragma once\n#include <gtest/gtest.h>\n")

    def test_sockets_outside_the_seam(self):
        self.finds("speak to the system", src__http__x_cc="#include <sys/socket.h>\n")
        self.passes(src__rt__x_cc="#include <sys/socket.h>\n")

    def test_module_without_a_word(self):
        files = dict(CLEAN, **{"ARCHITECTURE.md": "`base` `rt`\n"})
        self.assertEqual([str(problem) for problem in check.check(Tree(files))],
                         ["ARCHITECTURE.md: says nothing of the module `http`"])

    def test_folder_outside_the_table(self):
        self.finds("src/stray is not in the module table", src__stray__x_cc="int x;\n")


class CyclesTest(RulesTest):
    def test_component_ring(self):
        self.finds("components include each other in a ring: rt/a -> rt/b -> rt/a",
                   src__rt__a_h='#pragma once\n#include "rt/b.h"\n', src__rt__b_h="#pragma once\n",
                   src__rt__b_cc='#include "rt/a.h"\n')

    def test_own_header_and_tests_make_no_ring(self):
        self.passes(src__rt__a_h='#pragma once\n#include "rt/b.h"\n', src__rt__b_h="#pragma once\n",
                    src__rt__b_cc='#include "rt/b.h"\n', src__rt__b_test_cc='#include "rt/a.h"\n')


class SizesTest(RulesTest):
    def test_long_file(self):
        self.finds("601 lines", src__rt__x_cc="int x;\n" * 601)
        self.passes(src__rt__x_test_cc="int x;\n" * 601)

    def test_wide_line(self):
        self.finds("101 columns", src__rt__x_cc="x" * 101 + "\n")
        self.passes(src__rt__x_cc="é" * 100 + "\n")

    def test_long_function(self):
        def text(lines):
            return "void F() {\n" + "  G();\n" * lines + "}\n"

        self.finds("src/rt/x.cc:1: F has 61 lines", src__rt__x_cc=text(59))
        self.passes(src__rt__x_cc=text(58))

    def test_braces_that_do_not_pair(self):
        self.finds("src/rt/x.cc:1: braces do not pair", src__rt__x_cc="void F() {\n")

    def test_crowded_folder(self):
        crowd = {f"src__rt__x{number}_{suffix}": "#pragma once\n"
                 for number in range(25) for suffix in ("h", "cc")}
        self.finds("src/rt: 26 components", **crowd)


class BansTest(RulesTest):
    def test_each_in_code(self):
        for line in ("auto t = std::chrono::steady_clock::now();", "std::mt19937 rng;", "throw 1;",
                     "std::thread t;", "std::regex r;", "std::expected<int, int> e;", "class PoolManager {};",
                     "std::this_thread::sleep_for(x);", "using namespace std;", "TEST(A, DISABLED_B);"):
            with self.subTest(line):
                self.finds("is banned", src__http__x_cc=line + "\n")

    def test_homes(self):
        self.passes(src__rt__x_cc="auto t = std::chrono::steady_clock::now();\nstd::thread w;\n")
        self.passes(src__http__x_test_cc="auto t = std::chrono::steady_clock::now();\nstd::thread w;\n")

    def test_comments_and_strings_are_free(self):
        self.passes(src__http__x_cc='// we never throw\nauto s = "throw"; /* std::thread */\n')

    def test_promises(self):
        self.finds("TODO", src__http__x_cc="// TO" + "DO: later\n")

    def test_words_for_nobody(self):
        for text in ("see /wor" + "k/main/x", "https://py" + "pi.org/simple", "fixes issue " + "#12"):
            with self.subTest(text):
                self.finds("is banned", docs__page_md=text + "\n")

    def test_form(self):
        self.finds("blanks at the end", docs__page_md="a \n")
        self.finds("does not end", docs__page_md="a")
        self.finds("begins with #pragma once", src__rt__x_h="// no guard\n")
        self.passes(test__fixtures__raw_txt="recorded \r\n \nno end")


class AwaitsTest(RulesTest):
    def test_within_a_condition(self):
        for line in ("if (a && (co_await F()).ok()) return;", "x = ok ? co_await F() : 0;", "TRY(co_await F());",
                     "x = b || co_await F();"):
            with self.subTest(line):
                self.finds("co_await behind", src__http__x_cc=f"Task T() {{ {line} }}\n")
        self.passes(src__http__x_cc="Task T() {\n  if (a && b) co_await F();\n  x = co_await F(a ? 1 : 2);\n}\n")

    def test_braced_arguments(self):
        for line in ("co_await F(Name{x});", "co_await F(a, {.text = x});"):
            with self.subTest(line):
                self.finds("braced argument", src__http__x_cc=f"Task T() {{ {line} }}\n")
        self.passes(src__http__x_cc="Task T() { co_await F({data, size}, {}); co_await Wait(); }\nint x{1};\n")


class CorporaTest(RulesTest):
    def test_both_ways(self):
        self.finds("no sse_fuzz.cc reads it", test__corpora__sse__seed_txt="x")
        self.finds("has no seeds", src__http__sse_fuzz_cc="int x;\n")
        self.passes(src__http__sse_fuzz_cc="int x;\n", test__corpora__sse__seed_txt="x")


class DocsTest(RulesTest):
    def test_links(self):
        self.finds("docs/page.md:1: the link to gone.md leads nowhere", docs__page_md="[a](gone.md)\n")
        self.passes(docs__page_md="[a](../src/rt/loop.h) [b](../src/rt/) [c](https://x.org/y) [d](#part)\n")

    def test_decisions_are_indexed(self):
        self.finds("has no line in docs/adr/README.md", **{"docs__adr__0001-a_md": "# 1\n"})
        self.passes(**{"docs__adr__0001-a_md": "# 1\n", "docs__adr__README_md": "[1](0001-a.md)\n"})


class FunctionsTest(unittest.TestCase):
    def names(self, text: str) -> list[tuple[str, int]]:
        return [(function.name, function.lines) for function in cxx.functions(text)]

    def test_plain_and_members(self):
        text = "namespace a {\nclass B final : public C<int> {\n public:\n  int f() const { return 1; }\n};\n" \
               "int B::g(int x) {\n  return x;\n}\n}  // namespace a\n"
        self.assertEqual(self.names(text), [("f", 1), ("B::g", 3)])

    def test_constructor_with_braced_members(self):
        text = "B::B(int x)\n    : a_{x}, b_(x), c_{[] { return 1; }()} {\n  go();\n}\nint after() {}\n"
        self.assertEqual(self.names(text), [("B::B", 3), ("after", 1)])

    def test_initialisers_are_no_functions(self):
        text = "constexpr int kTable[] = {\n  f(1),\n  f(2),\n};\nstruct A { int x{3}; };\nenum class E { k };\n"
        self.assertEqual(self.names(text), [])

    def test_lambda_in_a_function_counts_there(self):
        self.assertEqual(self.names("void f() {\n  g([&] {\n    h();\n  });\n}\n"), [("f", 5)])

    def test_literals_hide_braces(self):
        text = "char f() { return '{'; }\nauto g() { return \"}{\"; }\nauto h() { return R\"x(}})x\"; }\n" \
               "int i() { return 1'000'000; }\n"
        self.assertEqual([name for name, _ in self.names(text)], ["f", "g", "h", "i"])

    def test_directives_are_left_out(self):
        self.assertEqual(self.names("#define OPEN {\n#define TWO \\\n  {\nvoid f() {}\n"), [("f", 1)])

    def test_tests_and_templates(self):
        text = "TEST(Suite, Case) {\n}\ntemplate <class T>\n  requires(sizeof(T) > 1)\nstruct S {\n" \
               "  void m() {}\n};\ntemplate <class T>\nT pick(T x) requires(true) {\n  return x;\n}\n"
        self.assertEqual(self.names(text), [("TEST(Suite, Case)", 2), ("m", 1), ("pick", 3)])


class FiguresTest(unittest.TestCase):
    def test_counts(self):
        rows = dict(figures.figures(Tree(dict(CLEAN, **{"src/rt/x_test.cc": "int x;\n" * 7}))))
        self.assertEqual(rows["source files"], "6")
        self.assertEqual(rows["test lines in C++"], "7")
        self.assertEqual(rows["component cycles, module cycles"], "0, 0")


if __name__ == "__main__":
    unittest.main()
