#!/usr/bin/env python3
"""rows.py TESTS [--open]: counts the rows of TESTS/conformance/rows.csv, one for each test of a peer's suite.

The verdict of a row is `passes`, `differs` (on purpose, as `where` says), `not tested` (it is there, and no test looks),
`refused` (left out on purpose), `not offered` or `does not apply`; `where` has the names of our tests, with what they
leave out in brackets and what differs behind a colon, or the reason. Prints a table in Markdown. Ends with 1 where a
row has another verdict, no reason, or names a test that is not in TESTS, and where README.md has another table.
"""

import csv
import re
import sys
from collections import Counter
from pathlib import Path

OFFERED = ("passes", "differs", "not tested")
VERDICTS = (*OFFERED, "refused", "not offered", "does not apply")
# Tests of the compiler's tests are written as TEST(Suite, name), those of drivers as methods of a class Suite.
IN_CPP = re.compile(r"^(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)
CLASS_OR_TEST = re.compile(r"^class (\w+)|^    def (test_\w+)", re.MULTILINE)


def tests_in(folder):
    """All tests as Suite.name."""
    found = set()
    for file in sorted(folder.rglob("*.cpp")):
        found.update(f"{suite}.{name}" for suite, name in IN_CPP.findall(file.read_text(encoding="utf-8")))
    for file in sorted(folder.rglob("*.py")):
        suite = ""
        for name, test in CLASS_OR_TEST.findall(file.read_text(encoding="utf-8")):
            suite = name or suite
            if test:
                found.add(f"{suite}.{test}")
    return found


def problems(row, tests, folder):
    """What is wrong with a row, in words."""
    if row["verdict"] not in VERDICTS:
        yield f"no verdict is called {row['verdict']!r}"
    if not row["where"]:
        yield "no test and no reason"
    if row["verdict"] not in ("passes", "differs"):
        return
    if row["verdict"] == "differs" and ": " not in row["where"]:
        yield "differs in what?"
    for name in re.sub(r"\([^)]*\)", "", row["where"].split(": ")[0]).split():
        there = (
            (folder.parent / name).exists()
            if name.startswith("tests/")
            else any(test.startswith(name[:-1]) for test in tests)
            if name.endswith(".*")
            else name in tests
        )
        if not there:
            yield f"there is no test {name}"


def line(name, rows):
    """One line of the table."""
    verdicts = Counter(row["verdict"] for row in rows)
    apply = len(rows) - verdicts["does not apply"]
    offered = sum(verdicts[verdict] for verdict in OFFERED)
    in_part = sum(row["verdict"] == "passes" and "(" in row["where"] for row in rows)
    cells = (name, len(rows), apply, offered, verdicts["passes"], in_part, verdicts["differs"], verdicts["not tested"])
    return "| " + " | ".join(map(str, cells)) + " |"


def table(rows):
    """The counts of each suite, and of all."""
    suites = dict.fromkeys(row["suite"] for row in rows)
    head = "| tests of | rows | apply | offered | passed | of these in part | differ on purpose | not tested |"
    counts = [line(suite, [row for row in rows if row["suite"] == suite]) for suite in suites]
    return "\n".join([head, "|" + "---|" * head.count(" | ") + "---|", *counts, line("all", rows)])


def main():
    folder = Path(sys.argv[1]).resolve()
    with open(folder / "conformance/rows.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tests = tests_in(folder)
    wrong = [f"{row['suite']}, {row['class']}.{row['test']}: {problem}" for row in rows for problem in problems(row, tests, folder)]
    print(table(rows))
    if table(rows) not in (folder / "conformance/README.md").read_text(encoding="utf-8"):
        wrong.append("the table in tests/conformance/README.md is another")
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    if "--open" in sys.argv[2:]:
        print("\n| test | verdict | why |\n|---|---|---|")
        for row in rows:
            if row["verdict"] in ("not tested", "refused", "not offered"):
                print(f"| {row['suite']}, {row['class']}.{row['test']} | {row['verdict']} | {row['where']} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
