"""The trainer: every form of data, resuming, interrupts, and what is refused."""

import csv
import gzip
import itertools
import os
import time

import numpy as np
import pytest
from conftest import EASY, interrupted

import trm

SOLVED = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"


def model(**config):
    options = {"hidden_dim": 8, "ffn_dim": 8, "embedding_dim": 5, "answer_dim": 4, "output": "token_softmax"}
    return trm.Engine.untrained(groups={"row": np.zeros(4, int)}, **{**options, **config})


def samples(n=6, seed=3):
    rng = np.random.default_rng(seed)
    for _ in range(n):
        numbers = rng.permutation(4)
        question = np.eye(5, dtype=np.float32)[numbers]
        question[rng.integers(4)] = [0, 0, 0, 0, 1]
        yield question, numbers


def endless():
    for seed in itertools.count():
        yield from samples(10, seed)


OPTIONS = {"batch": 4, "steps": 40, "threads": 1}


def weights(trainer):
    return trainer.averaged().to_bytes()


def test_held_data_have_many_forms_and_one_meaning():
    rows = list(samples())
    stacked = tuple(np.stack(part) for part in zip(*rows))
    runs = []
    for data in (rows, tuple(rows), stacked, [(q.tolist(), a.tolist()) for q, a in rows]):
        with trm.Trainer(model(), data, **OPTIONS) as trainer:
            trainer.run(on_progress=None, steps=5)
            runs.append(weights(trainer))
    assert len(set(runs)) == 1


def test_threads_change_no_bit():
    runs = set()
    for threads in (1, 2, 3):
        with trm.Trainer(model(), endless(), **{**OPTIONS, "threads": threads}) as trainer:
            trainer.run(on_progress=None, steps=8)
            runs.add(weights(trainer))
    assert len(runs) == 1


def test_progress_and_steps():
    with trm.Trainer(model(), list(samples()), **OPTIONS) as trainer:
        assert trainer.step() == 1 and trainer.step() == 2 and trainer.step_count == 2
        progress = trainer.progress()
        assert progress.step == 2 and progress.question_steps == 8 and progress.loss > 0
        assert 0 <= progress.batch_exact <= 1 and progress.seconds > 0 and progress.learning_rate > 0
        seen = []
        last = trainer.run(on_progress=seen.append, report_seconds=0)
        assert last.step == 40 and len(seen) >= 1 and not trainer.interrupted
        assert trainer.run(on_progress=None).step == 40
        start = time.monotonic()
    with trm.Trainer(model(), endless(), **{**OPTIONS, "steps": 10**9}) as trainer:
        trainer.run(minutes=0.01, on_progress=None)
        assert 0.5 < time.monotonic() - start < 20
    with pytest.raises(trm.StateError, match="closed"):
        trainer.step()


def test_training_learns():
    with trm.Trainer(model(hidden_dim=16, ffn_dim=16), endless(), batch=16, steps=400, learning_rate=1e-2) as trainer:
        trainer.run(steps=350, on_progress=None)
        trainer.progress()
        progress = trainer.run(on_progress=None)
    assert progress.batch_exact > 0.5, progress


@pytest.mark.parametrize("data", [lambda: list(samples()), endless], ids=["held", "stream"])
def test_a_run_goes_on_bit_for_bit(tmp_path, data):
    with trm.Trainer(model(), data(), **OPTIONS) as trainer:
        trainer.run(on_progress=None)
        expected = weights(trainer)
    path = tmp_path / "run.checkpoint"
    for steps in (13, 20, None):
        with trm.Trainer(model(), data(), checkpoint=path, **OPTIONS) as trainer:
            trainer.run(on_progress=None, steps=steps)
    with trm.Trainer(model(), data(), checkpoint=path, **OPTIONS) as trainer:
        assert trainer.step_count == 40 and weights(trainer) == expected
    with pytest.raises(trm.MismatchError, match="batch"):
        trm.Trainer(model(), data(), checkpoint=path, **{**OPTIONS, "batch": 5})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(trm.FileFormatError, match="run.checkpoint"):
        trm.Trainer(model(), data(), checkpoint=path, **OPTIONS)


def test_saving(tmp_path):
    with trm.Trainer(model(), list(samples()), **OPTIONS) as trainer:
        with pytest.raises(trm.ConfigError, match="checkpoint"):
            trainer.save()
        trainer.save(tmp_path / "a")
        with pytest.raises(OSError):
            trainer.save(tmp_path / "no folder" / "a")
        trainer.step()
    with trm.Trainer(model(), list(samples()), checkpoint=tmp_path / "a", **OPTIONS) as trainer:
        assert trainer.step_count == 0


def test_puzzles_of_a_file(tmp_path):
    plain, packed = tmp_path / "train.csv", tmp_path / "train.csv.gz"
    with open(plain, "w", newline="") as file:
        csv.writer(file).writerows([["source", "question", "answer", "rating"], ["x", EASY, SOLVED, 0]])
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    start = trm.Engine.untrained(puzzle="sudoku", hidden_dim=8, ffn_dim=8, n_blocks=1)
    for path in (plain, str(plain), packed):
        with trm.Trainer(start, path, batch=2, steps=2) as trainer:
            assert trainer.run(on_progress=None).step == 2
    mazes = tmp_path / "maze.csv"
    mazes.write_text("source,question,answer,rating\nx,S## ##  G,S##o##ooG,1\n")
    with trm.Trainer("maze", mazes, batch=2, steps=2) as trainer:
        assert trainer.run(on_progress=None).step == 2
    (tmp_path / "bad.csv").write_text("source,question,answer,rating\nx,123,456,1\n")
    with pytest.raises(trm.PuzzleError, match="bad.csv"):
        trm.Trainer(start, tmp_path / "bad.csv")
    with pytest.raises(FileNotFoundError):
        trm.Trainer(start, tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("source,question,answer,rating\n")
    with pytest.raises(trm.ConfigError, match="empty.csv"):
        trm.Trainer(start, tmp_path / "empty.csv")
    with pytest.raises(trm.MismatchError):
        trm.Trainer(model(), plain)


def test_marks_and_grids():
    grid = np.zeros((2, 3, 3), np.float32)
    grid[..., 0] = 1
    grid[0, 0], grid[1, 2] = [0, 1, 0], [0, 0, 1]
    marks = np.zeros((2, 3), bool)
    with trm.Trainer("maze", [(grid, marks)], batch=2, steps=2) as trainer:
        trainer.step()
    for bad in ((grid, marks[:1]), (grid, marks.astype(int) + 2), (grid, marks.astype(float)), (grid.reshape(6, 3), marks)):
        with pytest.raises(trm.TrmError, match="sample 0"):
            trm.Trainer("maze", [bad])


GOOD = next(samples(1))


@pytest.mark.parametrize(("sample", "error"), [
    (None, ValueError),
    ((GOOD[0],), ValueError),
    ((GOOD[0].astype(float), GOOD[1]), TypeError),
    ((GOOD[0], GOOD[1].astype(float)), TypeError),
    ((GOOD[0], GOOD[1][:3]), ValueError),
    ((GOOD[0][:3], GOOD[1][:3]), ValueError),
    ((GOOD[0][:, :4], GOOD[1]), ValueError),
    ((GOOD[0] * np.float32(np.nan), GOOD[1]), ValueError),
    ((GOOD[0], GOOD[1] + 4), ValueError),
    ((GOOD[0], GOOD[1] - 2), ValueError),
    ((GOOD[0], GOOD[1] * 10**12), ValueError),
    ((np.zeros((0, 5), np.float32), np.zeros(0, int)), ValueError),
])
def test_samples_that_do_not_fit_are_refused(sample, error):
    for data in ([GOOD, sample], iter([sample])):
        with pytest.raises(error) as caught:
            trm.Trainer(model(), data, **OPTIONS)
        assert isinstance(caught.value, trm.TrmError) and "sample" in str(caught.value), caught.value


def test_tokens_that_do_not_count():
    question, answer = GOOD
    with trm.Trainer(model(), [(question, np.where([1, 0, 0, 0], answer, -1))], **OPTIONS) as trainer:
        trainer.step()


def test_what_is_no_data_is_refused():
    for data, error in (([], ValueError), (5, TypeError), (None, TypeError), ((np.zeros((2, 4, 5), "f4"), np.zeros((3, 4))), ValueError)):
        with pytest.raises(error):
            trm.Trainer(model(), data, **OPTIONS)
    with pytest.raises(trm.ConfigError, match="embedding"):
        trm.Trainer(trm.Engine.untrained(hidden_dim=8), [(np.zeros((2, 256), "f4"), np.zeros(2, int))])


def test_a_stream_that_ends_or_fails_says_so():
    trainer = trm.Trainer(model(), samples(9), **OPTIONS)
    with pytest.raises(trm.StateError, match="ended after 9 samples"):
        trainer.run(on_progress=None)
    with pytest.raises(trm.StateError, match="failed"):
        trainer.step()

    def failing():
        yield from samples(6)
        raise KeyError("the data are elsewhere")

    with pytest.raises(KeyError, match="elsewhere"):
        trm.Trainer(model(), failing(), **OPTIONS).run(on_progress=None)
    with pytest.raises(trm.StateError, match="ended"):
        trm.Trainer(model(), iter([]), **OPTIONS)


@pytest.mark.parametrize("options", [
    {"batch": 0}, {"batch": 10**6}, {"steps": 0}, {"learning_rate": 0}, {"learning_rate": float("nan")},
    {"ema": 1.0}, {"linger": -1}, {"seed": -1}, {"latent_noise": -1}, {"state_noise": -1},
    {"threads": 0}, {"leak": (0.5, 0.5)},
    {"max_supervision_steps": 0}, {"betas": (0.9,)},
])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(trm.ConfigError):
        trm.Trainer(model(), list(samples()), **{**OPTIONS, **options})


def test_bf16_is_another_run():
    def trained(**options):
        with trm.Trainer(model(), list(samples()), **{**OPTIONS, **options}) as trainer:
            trainer.run(on_progress=None, steps=3)
            return weights(trainer)

    assert trained(precision="f32") == trained() != trained(precision="bf16")
    with pytest.raises(ValueError, match="precision"):
        trained(precision="f16")


def test_an_answer_channel_can_be_trained():
    with trm.Trainer(model(answer_channel={"noise": 1.0}), endless(), leak=(0.5, 0.5), **OPTIONS) as trainer:
        assert trainer.run(on_progress=None, steps=3).step == 3


def test_a_run_that_diverges_says_so():
    with trm.Trainer(model(), endless(), learning_rate=1e30, clip=0.0, **OPTIONS) as trainer:
        with pytest.raises(ArithmeticError, match="not finite"):
            trainer.run(on_progress=None)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_saves_and_returns(tmp_path):
    path = tmp_path / "run.checkpoint"
    program = f"""
import sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
from test_train import *
trainer = trm.Trainer(model(), endless(), checkpoint={str(path)!r}, batch=4, steps=10**9)
print("ready", flush=True)
progress = trainer.run(on_progress=None)
print(trainer.interrupted, progress.step > 0, trainer.step_count == trainer.step() - 1, flush=True)
"""
    with interrupted(program) as line:
        assert line == "True True True\n"
    with trm.Trainer(model(), endless(), checkpoint=path, batch=4, steps=10**9) as trainer:
        assert trainer.step_count > 0
