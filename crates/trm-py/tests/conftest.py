"""Puzzles and models that the tests share."""

import contextlib
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import trm

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
MAZE = "S##\n ##\n  G"


@pytest.fixture(scope="session")
def sudoku():
    return trm.Sudoku()


@pytest.fixture(scope="session")
def maze():
    return trm.Maze()


@pytest.fixture(scope="session")
def small():
    """An engine of 4 features, 2 answers, and any number of tokens."""
    return trm.Engine.untrained(hidden_dim=8, embedding_dim=4, answer_dim=2, ffn_dim=8)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@contextlib.contextmanager
def interrupted(program):
    """Runs a program that prints "ready", interrupts it a second later, and gives its next line. Each program would run
    for hours; ten seconds leave room for a machine that is busy with something else."""
    # Where a shell runs pytest in the background, signals of the keyboard are ignored, and children inherit that.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    child = subprocess.Popen([sys.executable, "-c", heed + program], stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(120, child.kill)
    watchdog.start()
    try:
        assert child.stdout.readline() == "ready\n"
        time.sleep(1.0)
        assert child.poll() is None, "it ended before it was interrupted"
        start = time.monotonic()
        child.send_signal(signal.SIGINT)
        line = child.stdout.readline()
        assert time.monotonic() - start < 10, "it went on after it was interrupted"
        yield line
        assert child.wait(timeout=60) == 0
    finally:
        watchdog.cancel()
        child.kill()
        child.wait()
        child.stdout.close()
