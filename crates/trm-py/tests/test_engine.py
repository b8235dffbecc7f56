"""The engine: arrays of every kind, files, and what is refused."""

import json
import pickle

import numpy as np
import pytest

import trm

SHAPE = (5, 4)


def pair(rng, tokens=5):
    return rng.standard_normal((tokens, 4)).astype(np.float32), rng.standard_normal((tokens, 2)).astype(np.float32)


def test_shapes_and_traces(small, rng):
    question, answer = pair(rng)
    result = small.reason(question, answer, k=3)
    assert result.answer.shape == (5, 2) and result.answer.dtype == np.float32
    assert result.steps == 3 and result.trace.shape == (3,) and not result.early_stopped
    assert result.confidence == result.trace["confidence"][-1]
    adaptive = small.reason(question, answer)
    assert 1 <= adaptive.steps <= small.config["max_k"]
    assert adaptive.early_stopped == (adaptive.steps < small.config["max_k"])


def test_arrays_of_every_layout_give_the_same_bits(small, rng):
    question, answer = pair(rng)
    expected = small.reason(question, answer, k=2).answer.tobytes()
    wide = np.zeros((10, 8), np.float32)
    wide[::2, ::2] = question
    read_only = question.copy()
    read_only.flags.writeable = False
    forms = [
        np.asfortranarray(question),
        wide[::2, ::2],
        question[::-1][::-1],
        question.astype(">f4"),
        read_only,
        question.tolist(),
        [list(row) for row in question],
        np.ma.masked_array(question),
        np.frombuffer(b"\0" + question.tobytes(), np.uint8)[1:].view(np.float32).reshape(SHAPE),
    ]
    for form in forms:
        assert small.reason(form, answer, k=2).answer.tobytes() == expected


def test_inputs_stay_as_they_are(small, rng):
    question, answer = pair(rng)
    before = question.tobytes(), answer.tobytes()
    result = small.reason(question, answer, k=2)
    result.answer[:] = 0
    assert (question.tobytes(), answer.tobytes()) == before


@pytest.mark.parametrize(("question", "error"), [
    (np.zeros(SHAPE), TypeError),
    (np.zeros(SHAPE, np.float16), TypeError),
    (np.zeros(SHAPE, int), TypeError),
    (np.zeros(SHAPE, bool), TypeError),
    (np.zeros(SHAPE, complex), TypeError),
    (np.zeros(SHAPE, object), TypeError),
    (np.array([["a"] * 4] * 5), TypeError),
    (np.float32(1), ValueError),
    (np.array(1, np.float32), ValueError),
    (np.zeros(4, np.float32), ValueError),
    (np.zeros((1, 5, 4), np.float32), ValueError),
    (np.zeros((0, 4), np.float32), ValueError),
    (np.zeros((5, 0), np.float32), ValueError),
    (np.zeros((4, 4), np.float32), ValueError),
    (np.zeros((5, 5), np.float32), ValueError),
    ([[1.0, 2.0], [3.0]], ValueError),
    ("text", ValueError),
    (None, (TypeError, ValueError)),
    (np.full(SHAPE, np.nan, np.float32), ValueError),
    (np.full(SHAPE, np.inf, np.float32), ValueError),
    (np.full(SHAPE, 2e6, np.float32), ValueError),
])
def test_what_is_no_question_is_refused(small, question, error):
    answer = np.zeros((5, 2), np.float32)
    for call in (lambda: small.reason(question, answer, k=1), lambda: small.steps(question, answer)):
        with pytest.raises(error) as caught:
            call()
        assert isinstance(caught.value, trm.TrmError), caught.value


@pytest.mark.parametrize("answer", [
    np.zeros((0, 2), np.float32),
    np.zeros((5, 3), np.float32),
    np.zeros((5, 0), np.float32),
    np.full((5, 2), np.nan, np.float32),
    np.zeros((1 << 20, 2), np.float32),
])
def test_what_is_no_answer_is_refused(small, answer):
    with pytest.raises(ValueError):
        small.reason(np.zeros((1, 4), np.float32), answer, k=1)


def test_huge_arrays_are_refused_before_memory_is_taken(small):
    # A gigabyte of address space, and no memory: broadcast.
    huge = np.broadcast_to(np.zeros((1, 1), np.float32), (1 << 26, 2))
    with pytest.raises(ValueError):
        trm.Engine.shipped("maze").reason(np.zeros((1, 3), np.float32), huge[:, :1], k=1)


def test_numbers_out_of_range(small, rng):
    question, answer = pair(rng)
    for k in (0, -1, 65537, 2**70):
        with pytest.raises(trm.ConfigError, match="k is"):
            small.reason(question, answer, k=k)
    with pytest.raises(TypeError):
        small.reason(question, answer, k=1.0)
    maze = trm.Engine.shipped("maze")
    with pytest.raises(trm.ShapeError, match="grid"):
        maze.reason(np.zeros((6, 3), np.float32), np.zeros((6, 1), np.float32), k=1)
    assert maze.reason(np.zeros((6, 3), np.float32), np.zeros((6, 1), np.float32), k=1, grid=(2, 3)).steps == 1
    for grid in ((0, 6), (2, 4), (1 << 20, 1 << 20)):
        with pytest.raises(ValueError):
            maze.reason(np.zeros((6, 3), np.float32), np.zeros((6, 1), np.float32), k=1, grid=grid)


def test_many_are_each_as_one_alone(small, rng):
    pairs = [pair(rng, tokens) for tokens in (1, 5, 9)]
    questions, answers = zip(*pairs)
    for threads in (None, 1, 2):
        for result, (q, a) in zip(small.reason_many(questions, answers, k=3, threads=threads), pairs, strict=True):
            assert result.answer.tobytes() == small.reason(q, a, k=3).answer.tobytes()
    with pytest.raises(trm.ShapeError, match="questions"):
        small.reason_many(questions, answers[:2])
    with pytest.raises(trm.NotFiniteError, match="question 1: "):
        small.reason_many([questions[0], questions[1] * np.float32(np.inf)], answers[:2])


def test_steps_are_those_of_reason(small, rng):
    question, answer = pair(rng)
    steps = small.steps(question, answer)
    taken = [next(steps) for _ in range(3)]
    assert [step.k for step in taken] == [1, 2, 3]
    assert taken[-1].answer.tobytes() == small.reason(question, answer, k=3).answer.tobytes()
    states, live = steps.states()
    assert states.shape == (5, 8) and live.tolist() == [0, 1, 2, 3, 4]
    del small, question
    assert next(steps).k == 4


def test_files(small, rng, tmp_path):
    question, answer = pair(rng)
    path = tmp_path / "model.safetensors"
    small.save(path)
    loaded = trm.Engine.load(path)
    assert loaded.to_bytes() == small.to_bytes() == path.read_bytes()
    assert loaded.reason(question, answer, k=2).answer.tobytes() == small.reason(question, answer, k=2).answer.tobytes()
    assert pickle.loads(pickle.dumps(loaded)).to_bytes() == loaded.to_bytes()
    weights = small.tensors()
    assert sum(w.size for w in weights.values()) == small.n_params
    with pytest.raises(FileNotFoundError) as caught:
        trm.Engine.load(tmp_path / "none")
    assert caught.value.errno == 2 and caught.value.filename == str(tmp_path / "none")
    assert isinstance(caught.value, trm.TrmError)
    with pytest.raises(OSError):
        trm.Engine.load(tmp_path)
    with pytest.raises(OSError):
        small.save(tmp_path / "no folder" / "model")
    for damaged in (b"", b"\0" * 100, path.read_bytes()[:-1], path.read_bytes()[:50], b"{}" * 50):
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(trm.FileFormatError, match="damaged"):
            trm.Engine.load(tmp_path / "damaged")
    with pytest.raises((TypeError, ValueError)):
        trm.Engine.load(5)


def test_configurations():
    default = trm.Engine.untrained()
    assert default.is_untrained and default.config["hidden_dim"] == 256
    for bad in ({"hidden_dim": 0}, {"hidden_dim": -1}, {"hidden_dim": 10**12}, {"nonsense": 1}, {"mixer": "none"},
                {"hidden_dim": "many"}, {"embedding_scale": float("inf")}):
        with pytest.raises(trm.ConfigError, match="configuration"):
            trm.Engine.untrained(**bad)
    with pytest.raises(trm.ConfigError):
        trm.Engine.untrained(puzzle="sudoku", mixer="none")
    with pytest.raises(trm.ShapeError):
        trm.Engine.untrained(groups={"row": [[0]]}, embedding_dim=2, answer_dim=2)
    with pytest.raises(trm.ConfigError, match="relations"):
        trm.Engine.untrained(groups={"row": [7, 0]}, embedding_dim=2, answer_dim=2)
    assert json.dumps(trm.Engine.shipped("sudoku").config)
    seeds = [trm.Engine.untrained(hidden_dim=8, seed=seed).tensors()["head.weight"] for seed in (1, 1, 2)]
    assert (seeds[0] == seeds[1]).all() and (seeds[0] != seeds[2]).any()


def test_weights_can_be_replaced(small, rng):
    weights = {name: rng.standard_normal(w.shape).astype(np.float32) for name, w in small.tensors().items()}
    other = small.with_tensors(weights)
    assert all((other.tensors()[name] == w).all() for name, w in weights.items())
    assert not other.is_untrained and small.is_untrained
    name = "head.bias"
    with pytest.raises(trm.FileFormatError, match="tail"):
        small.with_tensors({"tail": weights[name]})
    with pytest.raises(trm.ShapeError, match=name):
        small.with_tensors({name: np.zeros(3, np.float32)})
    with pytest.raises(trm.NotFiniteError, match=name):
        small.with_tensors({name: np.full(2, np.nan, np.float32)})
    with pytest.raises(trm.DtypeError, match=name):
        small.with_tensors({name: np.zeros(2)})


def test_options(small, rng):
    question, answer = pair(rng)
    with pytest.raises(trm.ConfigError, match="precision"):
        small.with_options(precision="f64")
    with pytest.raises(trm.ConfigError, match="threads"):
        small.with_options(threads=0)
    half = small.with_options(precision="bf16").reason(question, answer, k=2).answer
    assert np.abs(half - small.reason(question, answer, k=2).answer).max() < 0.2
    again = pickle.loads(pickle.dumps(small.with_options(precision="bf16", threads=2)))
    assert again.reason(question, answer, k=2).answer.tobytes() == half.tobytes()
    assert "untrained" in repr(small) and "sudoku" in repr(trm.Engine.shipped("sudoku"))


def test_an_answer_channel_takes_seeds(rng):
    noisy = trm.Engine.untrained(hidden_dim=8, embedding_dim=4, answer_dim=2, answer_channel={"noise": 1.0})
    # A fresh model does not listen to the channel.
    noisy = noisy.with_tensors({"channel.weight": rng.standard_normal((2, 8)).astype(np.float32)})
    question, answer = pair(rng)
    run = lambda engine, **kw: engine.reason(question, answer, k=3, **kw).answer.tobytes()  # noqa: E731
    assert run(noisy, seed=1) == run(noisy, seed=1) != run(noisy, seed=2)
    assert run(noisy) == run(noisy, seed=0)
    assert run(noisy.with_options(seed=2)) == run(noisy, seed=2)
    assert next(noisy.steps(question, answer, seed=2)).answer.shape == (5, 2)
