# SPDX-License-Identifier: MIT
"""A function of so many milliseconds of work."""

import time


class Work:
    def __init__(self, milliseconds):
        self.seconds = float(milliseconds) / 1000

    def __call__(self, number):
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        return int(number) + 1
