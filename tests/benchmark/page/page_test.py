#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page_test.py: records, comparisons and pages, of numbers that were not measured."""

import contextlib
import io
import re
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from line import Bar, Line, Row, better, peer  # noqa: E402
from page import compare, document, plots, record  # noqa: E402
from sweep import Series, Sweep  # noqa: E402

VOID = {"meta"}


def made_up(rates=(10.0, 12.0, 11.0), times=(4.0, 5.0, 6.0)):
    """The record of one line and one sweep."""
    rows = [Row("ours", "tasks/s", Bar(2.0, of="its", called="peer")), peer("its", "tasks/s", "ours"), Row("wait", "us", Bar(5, at_most=True))]
    line = Line("line", "a <title>", rows, measure=dict, notes=["a note & more"])
    runs = [{"ours": rate, "its": rate / 4, "wait": time} for rate, time in zip(rates, times, strict=True)]
    series = [Series("rankpool", measure=float, peer=False), Series("mpi4py.futures", measure=float)]
    sweep = Sweep("sweep", "Rate against length", "length", [1, 10, 100], lambda x: f"{x} us", "tasks a second", "tasks/s", series)
    measured = {"rankpool": {1: [5.0, 6.0], 10: [3.0, 3.0]}, "mpi4py.futures": {1: [1.0, 2.0]}}
    return {
        "format": record.FORMAT,
        "date": "2026-03-14 15:09 +0000",
        "runs": len(rates),
        "machine": {"cpu": "a cpu", "cores": 2, "memory_gib": 8.0, "free_gib": 6.0, "kernel": "Linux 6"},
        "versions": {"rankpool": "0.1.0", "mpi4py": ""},
        "load": {"start": 0.1, "end": 0.2},
        "lines": [record.of_line(line, runs, 0.5)],
        "sweeps": [record.of_sweep(sweep, measured, ["100 us is left out: no room"])],
        "failed": {"other": "Failed: exit code 1"},
    }


def told(old, new):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        compare.show_comparison(old, new)
    return printed.getvalue()


class Elements(HTMLParser):
    """What a page is made of; fails where an element is not closed, or in another."""

    def __init__(self, text):
        super().__init__()
        self.open, self.names, self.ids = [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


class RecordTest(unittest.TestCase):
    def test_a_row_has_its_runs_and_what_they_come_to(self):
        ours, its, wait = made_up()["lines"][0]["rows"]
        self.assertEqual((ours["median"], ours["min"], ours["max"], ours["runs"]), (11.0, 10.0, 12.0, [10.0, 12.0, 11.0]))
        self.assertEqual((its["compared"], its["ours_over_its"]), ("ours", 4.0))
        self.assertEqual((ours["bar"]["value"], ours["bar"]["reached"], wait["bar"]["reached"]), (4.0, True, True))

    def test_units_tell_which_direction_is_better(self):
        self.assertEqual([better(unit) for unit in ("us", "MiB", "tasks/s", "of 1")], ["lower", "lower", "higher", "higher"])

    def test_what_is_written_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "benchmark.json"
            record.write(made_up(), file)
            self.assertEqual(record.read(file), made_up())

    def test_other_files_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "other.json"
            for text, why in (("rows: 1", "it is not JSON"), ("[]", 'it has no "format"'), ('{"format": "x"}', 'it has no "format"')):
                file.write_text(text)
                with self.assertRaisesRegex(record.NotARecord, f"cannot compare with .*other.json .{why}.*\\?$"):
                    record.read(file)
            with self.assertRaisesRegex(record.NotARecord, "cannot read .*none.json .No such file"):
                record.read(Path(folder) / "none.json")


class CompareTest(unittest.TestCase):
    def verdicts(self, old, new):
        before, after = compare.numbers(old), compare.numbers(new)
        return {key[1]: compare.verdict(before[key], after[key]) for key in before}

    def test_the_same_is_within_the_noise(self):
        self.assertEqual(set(self.verdicts(made_up(), made_up()).values()), {compare.SAME})

    def test_more_is_better_of_rates_and_worse_of_times(self):
        found = self.verdicts(made_up(), made_up(rates=(20.0, 21.0, 22.0), times=(8.0, 9.0, 10.0)))
        self.assertEqual((found["ours"], found["wait"]), ("better", "worse"))
        found = self.verdicts(made_up(), made_up(rates=(5.0, 6.0, 7.0), times=(1.0, 2.0, 3.0)))
        self.assertEqual((found["ours"], found["wait"]), ("worse", "better"))

    def test_runs_that_overlap_are_within_the_noise(self):
        self.assertEqual(self.verdicts(made_up(), made_up(rates=(12.0, 20.0, 30.0)))["ours"], compare.SAME)

    def test_a_little_is_within_the_noise(self):
        old, new = made_up(rates=(100.0, 100.1, 100.2)), made_up(rates=(104.0, 104.1, 104.2))
        self.assertEqual(self.verdicts(old, new)["ours"], compare.SAME)

    def test_what_only_one_has_is_named(self):
        new = made_up()
        new["sweeps"] = []
        new["machine"]["cores"] = 4
        text = told(made_up(), new)
        self.assertIn("only in the old one: sweep: rankpool at 1 us; ", text)
        self.assertIn("cores: 2, now 4", text)
        self.assertIn("0 better, 0 worse, 3 within the noise", text)

    def test_nothing_of_before_has_no_ratio(self):
        self.assertIn("better", told(made_up(rates=(1.0, 1.0, 1.0), times=(0.0, 0.0, 0.0)), made_up(times=(0.0, 0.0, 0.0))))


class PageTest(unittest.TestCase):
    page = document.html(made_up())

    def test_it_is_whole_and_fetches_nothing(self):
        elements = Elements(self.page)
        self.assertEqual(len(set(elements.ids)), len(elements.ids))
        self.assertFalse({"script", "link", "img", "iframe"} & set(elements.names))
        self.assertIsNone(re.search(r'(src|href)="(?!#)|url\((?!#)|@import', self.page))

    def test_it_tells_all(self):
        words = ("a &lt;title&gt;", "a note &amp; more", "&gt;= 2.00 of peer", "reached", "100 us is left out: no room")
        for word in (*words, "not installed", "failed to run: other: Failed: exit code 1"):
            self.assertIn(word, self.page)

    def test_plots_have_titles(self):
        drawn = '<title id="sweep-title">Rate against length</title>' if plots.matplotlib else document.NO_PLOTS
        self.assertIn(drawn, self.page)
        self.assertNotIn(plots.INK, self.page)


if __name__ == "__main__":
    unittest.main()
