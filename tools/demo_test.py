"""./dev demo: the table of a decision, and ports that are taken. The whole of it is the tier `demo`."""

import contextlib
import io
import socket
import unittest

import demo

RECORD = {
    "request_id": "r1",
    "decided": {"picked": "127.0.0.1:8002"},
    "candidates": [
        {"endpoint": "127.0.0.1:8002", "order": 1, "total": 2.5, "filtered_by": None,
         "scores": {"queue-scorer": {"raw": 1, "weight": 2, "weighted": 2},
                    "prefix-cache-scorer": {"raw": 0.5, "weight": 1, "weighted": 0.5}},
         "load": {"waiting": 0, "running": 1, "kv_usage": 0.25}, "unknown": []},
        {"endpoint": "127.0.0.1:8001", "order": 2, "total": 0.0, "filtered_by": None,
         "scores": {"queue-scorer": {"raw": 0, "weight": 2, "weighted": 0},
                    "prefix-cache-scorer": {"raw": 0, "weight": 1, "weighted": 0}},
         "load": {"waiting": 3, "running": 1, "kv_usage": 0.5}, "unknown": ["kv_usage"]},
        {"endpoint": "127.0.0.1:8003", "order": None, "filtered_by": "ejected"},
    ],
    "attempts": [{"endpoint": "127.0.0.1:8002", "outcome": "ok", "ms": 41.2}],
    "timings_us": {"pick": 9},
}


class ExplainTest(unittest.TestCase):
    def test_table(self):
        lines = [line.split() for line in demo.explain(RECORD).splitlines()]
        self.assertEqual(lines[0], ["127.0.0.1:8002", "127.0.0.1:8001", "127.0.0.1:8003"])
        self.assertEqual(lines[1], ["queue-scorer", "x", "2", "1.000", "0.000", "-"])
        self.assertEqual(lines[2], ["prefix-cache-scorer", "x", "1", "0.500", "0.000", "-"])
        self.assertEqual(lines[3], ["=", "total", "2.500", "0.000", "dropped:", "ejected"])
        self.assertEqual(lines[4], ["picked"])
        self.assertEqual(lines[7], ["(KV", "cache", "in", "use)", "0.250", "unknown", "?"])
        self.assertEqual(" ".join(lines[-1]), "Deciding took 9 us. Sent to: 127.0.0.1:8002 ok (41 ms).")

    def test_a_record_with_little_in_it(self):
        self.assertIn("total", demo.explain({}))


class PortsTest(unittest.TestCase):
    def test_moves_past_a_port_that_is_taken(self):
        with socket.socket() as listener:
            listener.bind((demo.HOST, 0))
            listener.listen()
            port = listener.getsockname()[1]
            told = io.StringIO()
            with contextlib.redirect_stdout(told):
                found = demo.free_ports(port, 1, "the gateway", set())
            self.assertGreater(found, port)
            self.assertIn(f"port {port} is taken", told.getvalue())

    def test_ports_of_ours_count_as_taken(self):
        with contextlib.redirect_stdout(io.StringIO()):
            taken: set[int] = set()
            first = demo.free_ports(20_000, 3, "servers", taken)
            second = demo.free_ports(first + 1, 1, "gateway", taken)
        self.assertNotIn(second, range(first, first + 3))


if __name__ == "__main__":
    unittest.main()
