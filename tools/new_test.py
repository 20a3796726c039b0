"""./dev new: what it writes, into a tree of its own."""

import pathlib
import tempfile
import unittest

import new


class NewScorerTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        (self.root / "src/plugins/scorers").mkdir(parents=True)
        self.catalogue = self.root / "src/plugins/catalogue.inc"
        self.catalogue.write_text("PLUGIN(kAProducer)\nPLUGIN(kBScorer)\nPLUGIN(kQueueScorer)\nPLUGIN(kMaxPicker)\n")

    def test_two_files_and_one_line(self):
        self.assertEqual(len(new.new_scorer("least_busy", self.root)), 3)
        text = (self.root / "src/plugins/scorers/least_busy.cc").read_text()
        self.assertIn('"least-busy-scorer"', text)
        self.assertIn("class LeastBusy final", text)
        self.assertNotIn("@", text)
        self.assertNotIn("@", (self.root / "src/plugins/scorers/least_busy_test.cc").read_text())
        self.assertEqual(self.catalogue.read_text().splitlines(), [
            "PLUGIN(kAProducer)", "PLUGIN(kBScorer)", "PLUGIN(kLeastBusyScorer)", "PLUGIN(kQueueScorer)",
            "PLUGIN(kMaxPicker)"])

    def test_last_among_the_scorers(self):
        new.new_scorer("zeal", self.root)
        self.assertEqual(self.catalogue.read_text().splitlines()[3:],
                         ["PLUGIN(kZealScorer)", "PLUGIN(kMaxPicker)"])

    def test_nothing_is_overwritten(self):
        new.new_scorer("least_busy", self.root)
        with self.assertRaises(FileExistsError):
            new.new_scorer("least_busy", self.root)


if __name__ == "__main__":
    unittest.main()
