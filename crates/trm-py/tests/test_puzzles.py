"""Sudoku and mazes: every form of a question, every policy, and what is refused."""

import pickle

import numpy as np
import pytest
from conftest import EASY, MAZE

import trm


def grid(text):
    return np.array([int(c) if c.isdigit() else 0 for c in text]).reshape(9, 9)


@pytest.mark.parametrize("form", [
    EASY,
    "\n".join(EASY[i : i + 9] for i in range(0, 81, 9)),
    grid(EASY),
    grid(EASY).tolist(),
    grid(EASY).ravel(),
    grid(EASY).astype(">i4"),
    grid(EASY).astype(np.uint8)[::1, ::1].T.copy().T,
    np.asfortranarray(grid(EASY)),
    np.kron(grid(EASY), np.ones((2, 2), int))[::2, ::2],
])
def test_a_question_has_many_forms_and_one_answer(sudoku, form):
    result = sudoku.solve(form)
    expected = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
    assert result.verified and result.fault is None and result.text == expected
    assert result.answer.dtype == np.uint8 and result.answer.shape == (9, 9)
    assert "".join(map(str, result.answer.ravel())) == expected
    assert result.trace.shape == (result.steps,) and result.trace["changed"][0] == 1
    assert result.confidence == result.trace["confidence"][-1]
    assert 0 < result.seconds < 60 and isinstance(result.early_stopped, bool)


def test_policies_stop_where_they_should(sudoku):
    assert sudoku.solve(EASY, k=3).steps == 3
    assert sudoku.solve(EASY, k=3).early_stopped is False
    stable = sudoku.solve(EASY, stable=2)
    assert (stable.trace["changed"][-2:] == 0).all()
    adaptive = sudoku.solve(EASY, halting="adaptive")
    threshold = sudoku.engine.config["halt_threshold"]
    assert (adaptive.trace["confidence"][:-1] < threshold).all() and adaptive.confidence >= threshold
    verified = sudoku.solve(EASY, halting="verified")
    assert verified.verified and verified.steps <= adaptive.steps
    for halting in ("learned", "predicted", "vote"):
        assert 1 <= sudoku.solve(EASY, halting=halting).steps <= sudoku.engine.config["max_k"]
    assert sudoku.solve(EASY, halting="vote", max_k=1).steps == 1
    assert trm.Sudoku(k=2).solve(EASY).steps == 2
    assert trm.Sudoku(k=2).solve(EASY, k=5).steps == 5
    assert trm.Sudoku(k=2).solve(EASY, halting="verified").steps == verified.steps


def test_other_sizes_and_notations(sudoku):
    assert sudoku.solve("1.3...4..2.....3").text == "1432234132144123"
    six = sudoku.solve(np.zeros((6, 6), int), boxes=(3, 2), k=1)
    assert six.answer.shape == (6, 6)
    assert "A" in sudoku.solve("A.C...D..B.....C").text


def test_many_are_each_as_one_alone(sudoku):
    puzzles = [EASY, grid(EASY), "1.3...4..2.....3"] * 4
    alone = [sudoku.solve(puzzle) for puzzle in puzzles]
    for threads in (None, 1, 3):
        for many, one in zip(sudoku.solve_many(puzzles, threads=threads), alone, strict=True):
            assert many.text == one.text and many.steps == one.steps
            assert many.trace.tobytes() == one.trace.tobytes()
    stacked = np.stack([grid(EASY)] * 3)
    assert [r.text for r in sudoku.solve_many(stacked)] == [alone[0].text] * 3
    assert [r.text for r in sudoku.solve_many(stacked.reshape(3, 81))] == [alone[0].text] * 3
    assert sudoku.solve_many([]) == []


def test_steps_are_those_of_the_run(sudoku, maze):
    for solver, puzzle in ((sudoku, EASY), (maze, MAZE)):
        result, steps = solver.solve(puzzle), list(solver.steps(puzzle))
        assert len(steps) == result.steps and [s.k for s in steps] == list(range(1, result.steps + 1))
        assert [s.halted for s in steps] == [False] * (result.steps - 1) + [True]
        assert steps[-1].text == result.text and (steps[-1].answer == result.answer).all()
        trace = np.array([(s.confidence, s.changed, s.sureness) for s in steps], trm.TRACE_DTYPE)
        assert trace.tobytes() == result.trace.tobytes()
        assert steps[-1].verified == result.verified
        on = list(solver.steps(puzzle, max_k=result.steps + 3, after_halt=True))
        assert len(on) == result.steps + 3 and on[-1].halted


def test_seeds_repeat(sudoku):
    runs = [sudoku.solve(EASY, seed=seed).trace.tobytes() for seed in (5, 5)]
    assert runs[0] == runs[1]
    sudoku.solve(EASY, seed=2**64 - 1)
    for bad in (-1, 2**64):
        with pytest.raises(trm.ConfigError, match="seed"):
            sudoku.solve(EASY, seed=bad)
    with pytest.raises(TypeError):
        sudoku.solve(EASY, seed=1.5)


def test_mazes_in_all_forms(maze):
    tokens = np.array([[3, 1, 1], [2, 1, 1], [2, 2, 4]])
    characters = np.array([list(row) for row in MAZE.split("\n")])
    answers = {maze.solve(form).text for form in (MAZE, tokens, tokens.tolist(), characters, characters.astype("S1"))}
    assert answers == {"S##o##ooG"}
    result = maze.solve(MAZE)
    assert result.answer.dtype == np.bool_ and result.answer.tolist() == [[False] * 3, [True, False, False], [True, True, False]]
    assert str(result) == "S##\no##\nooG" and "verified" in repr(result)
    wide = maze.solve("S    G")
    assert wide.answer.shape == (1, 6) and wide.verified


@pytest.mark.parametrize(("puzzle", "error", "words"), [
    ("", ValueError, None),
    ("abc", trm.PuzzleError, None),
    (EASY[:-1] + "97", trm.PuzzleError, None),
    ("55" + EASY[2:], trm.PuzzleError, "5"),
    (np.zeros((9, 8), int), trm.ShapeError, "9 x 8"),
    (np.zeros((9, 9, 1), int), trm.ShapeError, "3 axes"),
    (np.zeros((0, 0), int), trm.ShapeError, "0 x 0"),
    (np.int64(5), trm.ShapeError, "0 axes"),
    (np.zeros((9, 9)), TypeError, "float64"),
    (np.full((9, 9), -1), ValueError, "-1"),
    (np.full((9, 9), 10), trm.PuzzleError, "10"),
    ([[1, 2], [3]], trm.ShapeError, None),
    (None, TypeError, None),
    (object(), TypeError, None),
    (np.zeros((1000, 1000), np.uint8), trm.ShapeError, "1000"),
    ("12345678." * 9, trm.PuzzleError, None),
])
def test_what_is_no_sudoku_is_refused(sudoku, puzzle, error, words):
    with pytest.raises(error, match=words) as caught:
        sudoku.solve(puzzle)
    assert isinstance(caught.value, trm.TrmError)
    with pytest.raises(error) as caught:
        sudoku.solve_many([EASY, puzzle])
    assert "puzzle" in str(caught.value)
    with pytest.raises(error):
        next(sudoku.steps(puzzle))


@pytest.mark.parametrize(("puzzle", "error", "words"), [
    ("", trm.PuzzleError, None),
    ("S#G", trm.PuzzleError, "no way|no path|reach"),
    ("S ?\n  G", trm.PuzzleError, "\\?"),
    ("SG\nS", trm.PuzzleError, None),
    (np.zeros((3, 3), int), trm.PuzzleError, None),
    (np.full((3, 3), 9), trm.PuzzleError, None),
    (np.ones((3, 3), int), trm.PuzzleError, "no 'S'"),
    (np.array([["S ", "G"]]), trm.PuzzleError, "one character"),
    (np.array(["S G"]), trm.ShapeError, "1 axes"),
    (np.zeros((3, 3)), trm.DtypeError, "float64"),
])
def test_what_is_no_maze_is_refused(maze, puzzle, error, words):
    with pytest.raises(error, match=words):
        maze.solve(puzzle)


def test_unsolvable_questions_can_be_run_all_the_same(sudoku, maze):
    unsolvable = "12345678........9" + "." * 64
    with pytest.raises(trm.PuzzleError, match="no solution"):
        sudoku.solve(unsolvable)
    result = sudoku.solve(unsolvable, check=False, k=1)
    assert not result.verified and result.fault
    assert not maze.solve("S#G", check=False, k=1).verified


@pytest.mark.parametrize(("options", "error"), [
    ({"halting": "never"}, ValueError),
    ({"k": 0}, ValueError),
    ({"k": -3}, ValueError),
    ({"k": 65537}, ValueError),
    ({"k": 10**30}, ValueError),
    ({"k": 2.5}, TypeError),
    ({"k": 1, "stable": 1}, ValueError),
    ({"k": 1, "max_k": 1}, ValueError),
    ({"halting": "vote", "k": 1}, ValueError),
    ({"stable": 0}, ValueError),
    ({"max_k": 0}, ValueError),
    ({"boxes": (0, 3)}, ValueError),
    ({"boxes": (3, 4)}, ValueError),
])
def test_options_out_of_range_are_refused(sudoku, options, error):
    with pytest.raises(error):
        sudoku.solve(EASY, **options)


def test_models_of_the_other_puzzle_are_refused(small):
    with pytest.raises(trm.MismatchError, match="mazes"):
        trm.Sudoku(trm.Engine.shipped("maze"))
    with pytest.raises(trm.MismatchError, match="Sudoku"):
        trm.Maze(trm.Engine.shipped("sudoku"))
    with pytest.raises(trm.MismatchError):
        trm.Sudoku(small)
    with pytest.raises(trm.ConfigError):
        trm.Engine.shipped("chess")
    own = trm.Sudoku(trm.Engine.untrained(puzzle="sudoku", hidden_dim=8, ffn_dim=8))
    with pytest.raises(trm.MismatchError, match="predictor"):
        own.solve(EASY, halting="learned")
    with pytest.raises(trm.MismatchError, match="embedding"):
        trm.Sudoku(halting_state=trm.sona.Predictor(3)).solve(EASY, halting="learned")
    with pytest.raises(trm.MismatchError, match="9x9"):
        trm.Sudoku().solve("1.3...4..2.....3", halting="learned")


def test_lists_that_are_none(sudoku):
    with pytest.raises(TypeError):
        sudoku.solve_many(EASY)
    with pytest.raises(TypeError):
        sudoku.solve_many(5)
    for threads in (0, -1, 257):
        with pytest.raises(ValueError, match="threads"):
            sudoku.solve_many([EASY], threads=threads)


def test_solvers_can_be_pickled_and_shared(sudoku):
    for solver, puzzle in ((trm.Sudoku(k=3), EASY), (trm.Maze(threads=2), MAZE)):
        again = pickle.loads(pickle.dumps(solver))
        assert again.solve(puzzle).trace.tobytes() == solver.solve(puzzle).trace.tobytes()
    result = pickle.loads(pickle.dumps(sudoku.solve(EASY)))
    assert result.verified and result.answer.shape == (9, 9)


def test_threads_within_a_question_give_the_same(maze):
    big = "S" + " " * 40 + "\n" + "\n".join(" " * 41 for _ in range(38)) + "\n" + " " * 40 + "G"
    one, two = maze.solve(big, k=3), trm.Maze(threads=2).solve(big, k=3)
    assert one.trace.tobytes() == two.trace.tobytes() and one.text == two.text
    steps = [step.text for step in trm.Maze(threads=2).steps(big, k=3)]
    assert steps[-1] == one.text
