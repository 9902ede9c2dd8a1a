# SPDX-License-Identifier: MIT
"""multiprocessing's Pool on the ranks of an MPI job, or on the cores of this computer:

    from rankpool import Pool

    def square(x):
        return x * x

    if __name__ == "__main__":
        with Pool() as pool:
            print(pool.map(square, [1, 2, 3, 4, 5]))

    $ python3 squares.py                  all cores of this computer
    $ mpirun -np 8 python3 squares.py     one worker for each rank

The first Pool of a program that mpirun has started makes ranks of all processes but the first, which alone goes on: what
stands before runs in each of them. Such a program has one Pool. Functions and values are pickled, by cloudpickle where it
is installed; functions of the main program are found there by their names, as multiprocessing's spawn does it.
"""

import base64
import json
import multiprocessing.spawn
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading

try:
    import cloudpickle as _pickler
except ImportError:
    _pickler = pickle

__all__ = ["Pool", "WorkerLost"]

_LAUNCHED = "OMPI_COMM_WORLD_RANK" in os.environ or "PMIX_RANK" in os.environ
_RANK = int(os.environ.get("OMPI_COMM_WORLD_RANK", os.environ.get("PMIX_RANK", "0")))


class WorkerLost(RuntimeError):
    """The process that worked on a call has died."""


class Pool:
    """Workers on all ranks, as multiprocessing.Pool (https://docs.python.org/3/library/multiprocessing.html).

    `processes`: workers for each rank; without mpirun, all, by default one for each core. `program`: the file of the
    program rankpool, looked for in $RANKPOOL, beside this file and in PATH. Calls are made one after the other; results
    come in the order of the arguments. What a function raises comes out of the call. A Pool may be used by one thread.
    """

    _is_taken = False

    def __init__(self, processes=None, program=None):
        if _LAUNCHED and Pool._is_taken:
            raise RuntimeError("cannot make a second Pool (mpirun's ranks belong to the first). Use that one?")
        Pool._is_taken = True
        self._folder = tempfile.TemporaryDirectory(prefix="rankpool-")
        main = getattr(sys.modules["__main__"], "__file__", None)
        words = [program or _program(), "exec", "--persistent", "--input", "-", "--format", "jsonl", "--progress", "none"]
        words += ["--keep-output", "all", "--run-dir", os.path.join(self._folder.name, "run")]
        if processes is not None:
            words += ["--workers-per-rank", str(processes)]
        words += ["--", sys.executable, os.path.abspath(__file__), os.path.abspath(main) if main else ""]
        if _LAUNCHED and _RANK != 0:
            self._folder.cleanup()
            os.execv(words[0], words)
        self._errors = tempfile.TemporaryFile(dir=self._folder.name)
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors)
        self._workers = (processes or (1 if _LAUNCHED else os.cpu_count())) * int(os.environ.get("OMPI_COMM_WORLD_SIZE", "1"))
        self._sent = 0
        self._ahead = None  # an answer that came before the one that was waited for

    def apply(self, func, args=(), kwds=None):
        """func(*args, **kwds) in a worker."""
        return next(self._results(func, [(args, kwds or {})], 1))

    def map(self, func, iterable, chunksize=None):
        """[func(x) for x in iterable]"""
        return self.starmap(func, ((x,) for x in iterable), chunksize)

    def starmap(self, func, iterable, chunksize=None):
        """[func(*args) for args in iterable]"""
        calls = [(tuple(args), {}) for args in iterable]
        return list(self._results(func, calls, chunksize or max(1, len(calls) // (4 * self._workers))))

    def imap(self, func, iterable, chunksize=1):
        """map as an iterator: results come as soon as those before have; arguments are read as they are needed."""
        return self._results(func, (((x,), {}) for x in iterable), chunksize)

    imap_unordered = imap

    def close(self):
        """No more calls."""
        if not self._process.stdin.closed:
            self._process.stdin.close()

    def join(self):
        """Waits for the end of all workers."""
        if not self._process.stdin.closed:
            raise ValueError("cannot join (the pool is still open). Call close() or terminate() before?")
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()
        self._folder.cleanup()

    def terminate(self):
        """Ends the workers, whatever they do."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self.close()
        except BrokenPipeError:
            pass
        self.join()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None or self._process.poll() is not None:
            self.terminate()
        else:
            self.close()
            self.join()

    def _results(self, func, calls, chunksize):
        """Sends the calls in chunks and gives their results in order."""
        if self._process.stdin.closed:
            raise ValueError("cannot call anything (the pool is closed)")
        first, sizes, failure = self._sent, [], []
        window = threading.Semaphore(64 + 8 * self._workers)
        news = threading.Condition()
        is_over = threading.Event()

        def send():
            try:
                for chunk in _chunks(calls, chunksize):
                    window.acquire()
                    if is_over.is_set():
                        break
                    text = base64.b64encode(_pickler.dumps((func, chunk))).decode()
                    with news:
                        sizes.append(len(chunk))
                        self._sent += 1
                        news.notify()
                    self._process.stdin.write(json.dumps({"id": first + len(sizes) - 1, "call": text}).encode() + b"\n")
                    self._process.stdin.flush()
            except BaseException as error:  # pylint: disable=broad-except
                failure.append(error)
            with news:
                sizes.append(None)
                news.notify()

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        done = 0
        try:
            while True:
                with news:
                    news.wait_for(lambda: len(sizes) > done)
                if sizes[done] is None:
                    break
                done += 1
                answer = self._answer(first + done - 1)
                window.release()
                for is_good, value in answer:
                    if not is_good:
                        raise value
                    yield value
            if failure:
                raise failure[0]
        finally:
            is_over.set()
            window.release()
            sender.join()
            while sizes[done] is not None:  # nobody takes the rest
                done += 1
                try:
                    self._answer(first + done - 1)
                except WorkerLost:
                    pass

    def _answer(self, number):
        """What came of each call of one chunk: if it is good, and the value or what was raised."""
        answer = self._ahead or self._read()
        self._ahead = None
        if answer is None or answer["id"] != number:
            self._ahead = answer
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip() if answer is None else ""
            raise WorkerLost("the worker of this call has died" + (": " + said if said else ""))
        return pickle.loads(base64.b64decode(answer["results"]))

    def _read(self):
        line = self._process.stdout.readline()
        return json.loads(line) if line else None


def _chunks(calls, size):
    chunk = []
    for call in calls:
        chunk.append(call)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _program():
    """The file of rankpool."""
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bin", "rankpool")
    found = os.environ.get("RANKPOOL") or (here if os.path.exists(here) else shutil.which("rankpool"))
    if not found:
        raise FileNotFoundError("cannot make a Pool (there is no program rankpool in PATH). Set RANKPOOL to its file?")
    return found


def _run_chunk(id, call):  # pylint: disable=redefined-builtin
    """In a worker: does the calls of a chunk up to the first that raises."""
    results = []
    try:
        function, calls = pickle.loads(base64.b64decode(call))
        for args, kwds in calls:
            results.append((True, function(*args, **kwds)))
        text = _pickler.dumps(results)
    except Exception as error:  # pylint: disable=broad-except
        try:
            text = _pickler.dumps(results + [(False, error)])
            pickle.loads(text)
        except Exception:  # pylint: disable=broad-except
            text = pickle.dumps([(False, RuntimeError(f"{type(error).__name__}: {error}"))])
    return {"id": id, "results": base64.b64encode(text).decode()}


if __name__ == "__main__":
    from rankpool_worker import serve

    if sys.argv[1]:
        sys.path.insert(0, os.path.dirname(sys.argv[1]))
        multiprocessing.spawn.prepare({"init_main_from_path": sys.argv[1]})
    serve(_run_chunk)
