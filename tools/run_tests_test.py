"""./dev test: how it reads ctest's output, and when a tier may start."""

import argparse
import os
import pathlib
import tempfile
import time
import unittest
from unittest import mock

import run_tests
import tiers


class CtestOutputTest(unittest.TestCase):
    def test_result_lines(self):
        lines = [" 1/43 Test  #3: Status.Ok ........................   Passed    0.01 sec",
                 "43/43 Test #50: tier.vllm ........................***Skipped   0.03 sec",
                 " 7/43 Test  #9: A.B ..............................***Failed    1.20 sec",
                 " 8/43 Test #10: A.C ..............................***Timeout 120.01 sec",
                 " 9/43 Test #11: A.D ..............................Subprocess aborted***Exception:   0.30 sec"]
        found = [run_tests.RESULT.match(line) for line in lines]
        self.assertEqual([(one[1], one[2], float(one[3])) for one in found[:4]],
                         [("Status.Ok", "Passed", 0.01), ("tier.vllm", "Skipped", 0.03), ("A.B", "Failed", 1.2),
                          ("A.C", "Timeout", 120.01)])
        self.assertIsNone(run_tests.RESULT.match("      Start  3: Status.Ok"))

    def test_reasons(self):
        log = ("1/2 Testing: tier.vllm\n1/2 Test: tier.vllm\nCommand: x\nOutput:\n----\n"
               "$ test/vllm/run.sh\nskipped: no Python >= 3.11\n<end of output>\n"
               "2/2 Testing: A.B\n2/2 Test: A.B\nOutput:\n----\n"
               "[ RUN      ] A.B\nx_test.cc:7: Skipped\nno IPv6 here\n<end of output>\n")
        self.assertEqual(run_tests.reason_of(log, "tier.vllm"), "no Python >= 3.11")
        self.assertEqual(run_tests.reason_of(log, "A.B"), "no IPv6 here")
        self.assertEqual(run_tests.reason_of(log, "A.C"), "no reason given")

    def test_selection(self):
        def command(*arguments):
            return " ".join(run_tests.ctest_command(run_tests.parse(list(arguments))))

        self.assertNotIn("-C", command())
        self.assertIn("-L ^rt$", command("rt"))
        self.assertIn("-R Proxy", command("Proxy"))
        self.assertTrue(command("--all").endswith("-C tiers"))
        self.assertNotIn("asan", command("--asan").split("-LE")[1])
        self.assertIn("vllm", command("--asan").split("-LE")[1])

    def test_times(self):
        self.assertEqual([run_tests.minutes(text) for text in ("75m", "90s", "2h", "5")], [75, 1.5, 120, 5])
        self.assertRaises(argparse.ArgumentTypeError, run_tests.minutes, "soon")


class BudgetTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name)
        patch = mock.patch.object(tiers, "STATE", self.state)
        patch.start()
        self.addCleanup(patch.stop)

    def why_not(self, minutes_left: float) -> str:
        with mock.patch.dict(os.environ, FAIRWAY_DEADLINE=str(time.time() + minutes_left * 60)):
            return tiers.no_time_for("asan")

    def test_first_run(self):
        first = tiers.TIERS["asan"].first_minutes
        self.assertEqual(self.why_not(first + 1), "")
        self.assertIn(f"needs about {first:.0f} min", self.why_not(first - 1))
        self.assertIn("0 min of the budget", self.why_not(-5))

    def test_later_runs_go_by_the_record(self):
        (self.state / "asan.seconds").write_text("600\n")
        self.assertEqual(self.why_not(15.1), "")
        self.assertNotEqual(self.why_not(14.9), "")

    def test_without_a_budget(self):
        with mock.patch.dict(os.environ):
            os.environ.pop("FAIRWAY_DEADLINE", None)
            self.assertEqual(tiers.no_time_for("asan"), "")


if __name__ == "__main__":
    unittest.main()
