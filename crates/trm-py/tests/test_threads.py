"""Threads, processes and Ctrl-C."""

import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import EASY, MAZE, interrupted

import trm


def test_eight_threads_on_one_engine_give_the_bits_of_one(sudoku, maze, small, rng):
    question = rng.standard_normal((7, 4)).astype(np.float32)
    answer = np.zeros((7, 2), np.float32)

    def work(_):
        return (
            sudoku.solve(EASY).trace.tobytes(),
            maze.solve(MAZE).trace.tobytes(),
            small.reason(question, answer, k=5).answer.tobytes(),
        )

    expected = work(0)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(64))) == {expected}


def test_other_threads_run_during_a_long_call(maze):
    size = 60
    big = np.full((size, size), 2)
    big[0, 0], big[-1, -1] = 3, 4
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.monotonic()
    maze.solve(big, k=64)
    end = time.monotonic()
    done.set()
    thread.join()
    within = [t for t in ticks if start < t < end]
    # With the interpreter's lock held, there would be none.
    assert len(within) >= 5, (end - start, len(within))


def test_one_iterator_is_moved_on_by_one_thread_at_a_time(maze):
    steps = maze.steps(MAZE, k=2000)
    inner = steps.gi_frame.f_locals["steps"]

    def drain(_):
        taken = 0
        while True:
            try:
                step = inner.advance()
            except trm.StateError:
                continue
            if step is None:
                return taken
            taken += 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(drain, range(4))) == 2000


LONG_CALLS = {
    "solve": "trm.Sudoku().solve(EASY, k=65536)",
    "solve_many": "trm.Sudoku().solve_many([EASY] * 8, k=65536)",
    "steps": "list(trm.Sudoku().steps(EASY, k=65536))",
    "reason": "trm.Engine.shipped('maze').reason(np.ones((900, 3), 'f4'), np.zeros((900, 1), 'f4'), k=65536)",
    "one large step": "trm.Engine.shipped('maze').reason(np.ones((1 << 18, 3), 'f4'), np.zeros((1 << 18, 1), 'f4'), k=9)",
    "reason_many": "trm.Engine.shipped('maze').reason_many(np.ones((4, 900, 3), 'f4'), np.zeros((4, 900, 1), 'f4'), k=65536)",
    "threads in a question": "trm.Maze(threads=2).solve('S' + ' ' * 900 + 'G', k=65536)",
    "a step of training": "trm.Trainer('sudoku', [(q, a)], batch=4096, steps=10**9).step()",
}


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
@pytest.mark.parametrize("call", LONG_CALLS.values(), ids=LONG_CALLS.keys())
def test_ctrl_c_ends_long_calls_within_a_second(call):
    program = f"""
import sys, time
import numpy as np
import trm
EASY = {EASY!r}
q = np.ones((729, 2), "f4"); q[:, 1] = 0
a = np.zeros(729, bool)
print("ready", flush=True)
try:
    {call}
    print("no end")
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with interrupted(program) as line:
        assert line == "interrupted\n"


def solve_in_child(queue):
    many = trm.Sudoku().solve_many([EASY] * 4, threads=2)
    queue.put([result.text for result in many])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_has_threads_of_its_own(sudoku):
    expected = [result.text for result in sudoku.solve_many([EASY] * 4, threads=2)]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=solve_in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=60) == expected
    child.join()
