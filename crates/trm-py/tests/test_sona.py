"""The predictor of steps."""

import pickle

import numpy as np
import pytest

import trm
from trm.sona import Predictor


def taught(n=200):
    predictor = Predictor(3, limit=32, seed=5)
    for i in range(n):
        predictor.learn([i % 7, 1, -(i % 7)], steps=1 + i % 7)
    return predictor


def test_it_learns_what_questions_need():
    predictor = taught()
    predictor.consolidate()
    guesses = [predictor.predict([hard, 1, -hard]) for hard in range(7)]
    assert [abs(g.steps - 1 - hard) <= 1 for hard, g in enumerate(guesses)] == [True] * 7
    assert all(g.steps <= g.enough <= 32 and 0 <= g.solvable <= 1 for g in guesses)
    chances = predictor.distribution([3, 1, -3], max_k=16)
    assert chances.shape == (16,) and 0.5 < chances.sum() <= 1.0001
    stats = predictor.stats
    assert stats.n_learned == 200 and stats.n_consolidations >= 1 and stats.size_bytes > 0
    assert predictor.dim == 3 and predictor.limit == 32 and "200 examples" in repr(predictor)


def test_files_and_copies(tmp_path):
    predictor = taught()
    path = tmp_path / "state"
    predictor.save(path)
    query = [2.0, 1.0, -2.0]
    for other in (Predictor.load(path), Predictor.from_bytes(path.read_bytes()), pickle.loads(pickle.dumps(predictor))):
        assert other.predict(query) == predictor.predict(query)
    predictor.forget_examples()
    assert predictor.stats.n_stored == 0 and len(predictor.to_bytes()) < path.stat().st_size
    with pytest.raises(FileNotFoundError) as caught:
        Predictor.load(tmp_path / "none")
    assert caught.value.filename == str(tmp_path / "none") and isinstance(caught.value, trm.TrmError)
    for damaged in (b"", b"x" * 100, path.read_bytes()[:-1]):
        with pytest.raises(trm.FileFormatError):
            Predictor.from_bytes(damaged)


def test_traces_of_runs_are_learned(sudoku):
    predictor = Predictor(4)
    result = sudoku.solve("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79", k=5)
    predictor.learn([1, 2, 3, 4], steps=2, trace=result.trace)
    predictor.learn([1, 2, 3, 4], steps=2, solved=False, weight=0.5, trace=[[0.5, 1.0], [0.9, 0.0]])
    predictor.learn_verdicts([1, 2, 3, 4], [False, True], trace=result.trace[:2])
    assert predictor.stats.n_learned == 3


@pytest.mark.parametrize(("call", "error"), [
    (lambda p: p.predict([1.0, 2.0]), ValueError),
    (lambda p: p.predict([1.0, 2.0, np.nan]), ValueError),
    (lambda p: p.predict(np.zeros(3)), TypeError),
    (lambda p: p.predict(np.zeros((1, 3), np.float32)), ValueError),
    (lambda p: p.predict([1, 2, 3], max_k=0), ValueError),
    (lambda p: p.predict([1, 2, 3], max_k=33), ValueError),
    (lambda p: p.distribution([1, 2, 3], max_k=-1), ValueError),
    (lambda p: p.learn([1, 2, 3], 0), ValueError),
    (lambda p: p.learn([1, 2, 3], 1, weight=2.0), ValueError),
    (lambda p: p.learn([1, 2, 3], 1, weight=float("nan")), ValueError),
    (lambda p: p.learn([1, 2, 3], 1, trace=[[1.0]]), ValueError),
    (lambda p: p.learn([1, 2, 3], 1, trace=[[1.0, np.inf]]), ValueError),
    (lambda p: p.learn_verdicts([1, 2, 3], []), ValueError),
    (lambda p: p.learn_verdicts([1, 2, 3], [False] * 40), ValueError),
    (lambda p: Predictor(0), ValueError),
    (lambda p: Predictor(3, limit=2000), ValueError),
    (lambda p: Predictor(3, miss_rate=0.9), ValueError),
    (lambda p: Predictor(3).consolidate(), RuntimeError),
])
def test_what_is_out_of_range_is_refused(call, error):
    predictor = Predictor(3, limit=32)
    with pytest.raises(error) as caught:
        call(predictor)
    assert isinstance(caught.value, trm.TrmError) and predictor.stats.n_learned == 0
