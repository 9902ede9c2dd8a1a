# SPDX-License-Identifier: MIT
"""Functions of Python as commands of `rankpool exec --persistent`. The whole of square.py:

    from rankpool_worker import serve

    def square(x):
        return float(x) ** 2

    serve(square)

    $ mpirun -np 8 rankpool exec --persistent --input rows.csv -- python3 square.py

Each worker of rankpool starts the file once, so that its imports are paid once, and calls the function for each row.
What it returns becomes columns of the results: the items of a dict, or one column `result`. What it raises fails the row
alone. What it prints goes to the row's stderr.
"""

import inspect
import json
import math
import os
import sys
import traceback

__all__ = ["serve"]


def serve(function):
    """Calls `function` for each row until there are no more.

    Its arguments are the row's fields: by name where its parameters have the names of the columns; or the field of the
    only column; or else all of them as one dict. Fields of CSV are texts, those of JSON Lines have their types. The
    result must be something that JSON has, or numpy's scalars and arrays; NaN and infinities become null.
    """
    # Answers go where stdout was, and nothing else does.
    requests, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    call = _Call(function)
    for line in requests:
        answers.write(_answer(call, json.loads(line)["input"]) + "\n")
        sys.stdout.flush()
        sys.stderr.flush()
        answers.flush()


def _answer(call, fields):
    """The line for one row."""
    try:
        return json.dumps({"ok": _plain(call(fields))})
    except Exception as error:  # pylint: disable=broad-except
        traceback.print_exc()
        return json.dumps({"error": f"{type(error).__name__}: {error}"})


class _Call:
    """How the function takes a row's fields; rows with the same names in one way."""

    def __init__(self, function):
        self.function = function
        self.signature = inspect.signature(function)
        self.names = None
        self.by_name = False

    def __call__(self, fields):
        if self.names != fields.keys():
            self.names = set(fields)
            self.by_name = self._takes(fields)
        if self.by_name:
            return self.function(**fields)
        return self.function(next(iter(fields.values())) if len(fields) == 1 else fields)

    def _takes(self, fields):
        try:
            self.signature.bind(**fields)
        except TypeError:
            return False
        return True


def _plain(value):
    """The value as JSON has it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy's
        return _plain(value.tolist())
    return value
