# SPDX-License-Identifier: MIT
"""Asks the program simulate, which simulates one pool for each line that it is given."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 2


class Failed(Exception):
    """The program did not answer."""


def one(program, question):
    line = " ".join(f"{name} {value}" for name, value in question.items())
    done = subprocess.run([program], input=line + "\n", capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(done.stderr.strip())
    words = done.stdout.split()
    answer = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    if answer["complete"] != 1:
        raise Failed(f"not every task of {line} has given one result")
    return answer


def all_of(program, questions):
    """The answers, in the order of the questions: dictionaries of numbers, times in nanoseconds."""
    answers = []
    with ThreadPoolExecutor(AT_ONCE) as workers:
        for answer in workers.map(lambda question: one(program, question), questions):
            answers.append(answer)
            if sys.stderr.isatty():
                print(f"\r{len(answers)}/{len(questions)} simulated", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return answers
