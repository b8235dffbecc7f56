"""Puzzles of a file: what is read, made, solved and learned, and what is refused."""

import pickle

import numpy as np
import pytest

import trm

LINES = '{ name = "row", cells = "rows", kind = "line" }, { name = "column", cells = "columns", kind = "line" }'


def kind(more="", size=4, head=""):
    symbols = "123456789"[:size]
    return trm.Puzzle(f'name = "x"\ngrid = [{size}, {size}]\nsymbols = "{symbols}"\ngroups = [\n{LINES}{more}]\n{head}')


JIGSAW = kind(', { name = "region", column = "regions", make = "regions", kind = "box" }', 6)
EDGES = trm.Puzzle('name = "x"\ncells = 9\nsymbols = "RGB"\ngroups = [{ name = "edge", column = "edges", make = "planar 2" }]')


def obeys(row, answer, columns=()):
    """Whether rows, columns and regions hold each symbol once, and the givens are kept."""
    board = np.array(list(answer)).reshape(6, 6)
    regions = np.array(list(row.columns["regions"]))
    groups = [*board, *board.T, *(board.ravel()[regions == name] for name in set(regions))]
    return all(len(set(group)) == 6 for group in groups) and all(a in (b, ".") for a, b in zip(row.question, answer))


def test_what_is_made_has_one_solution_and_is_solved():
    rows = JIGSAW.generate(12, seed=3, extra=1)
    assert rows == JIGSAW.generate(12, seed=3, extra=1) != JIGSAW.generate(12, seed=4, extra=1)
    solver = trm.Solver(JIGSAW)
    results = solver.solve_many(rows, threads=2)
    for row, result in zip(rows, results):
        assert obeys(row, row.answer)
        found = JIGSAW.check(row)
        assert (found.solutions, found.text, found.givens) == (1, row.question, 36 - row.question.count("."))
        assert found.regions.shape == (6, 6) and len(np.unique(found.regions)) == 6
        assert result.verified == obeys(row, result.text) and result.answer.shape == (6, 6)
        assert result.text == "".join(map(str, result.answer.ravel()))
    assert sum(result.verified for result in results) >= 8
    alone = solver.solve(rows[0].question, rows[0].columns)
    assert (alone.text, alone.steps) == (results[0].text, results[0].steps)
    *_, last = solver.steps(rows[0])
    assert (last.text, last.k, last.halted, last.logits.shape) == (alone.text, alone.steps, True, (216, 1))


def test_the_file_of_sudoku_is_sudoku(sudoku):
    text = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
    own, known = trm.Solver(trm.Puzzle(trm.SUDOKU)).solve(text), sudoku.solve(text)
    assert (own.text, own.steps, own.confidence) == (known.text, known.steps, known.confidence)
    assert own.drawing == known.drawing


def test_a_question_has_many_forms():
    puzzle = kind(', { name = "box", cells = "boxes 2x2", kind = "box" }')
    text = "1.3...4..2.....3"
    array = np.array([int(c) if c.isdigit() else 0 for c in text])
    solver = trm.Solver(puzzle)
    expected = solver.solve(text).text
    for form in (array, array.reshape(4, 4), array.tolist(), array.astype(np.int8), puzzle.check(text).drawing):
        assert solver.solve(form).text == expected
    assert solver.solve(text, k=3).steps == 3


def test_a_kind_is_described_and_pickled(tmp_path):
    assert (JIGSAW.name, JIGSAW.n_cells, JIGSAW.shape, JIGSAW.columns) == ("x", 36, (6, 6), ("regions",))
    assert (EDGES.shape, EDGES.check("." * 9, {"edges": "1-2"}).regions) == ((1, 9), None)
    assert pickle.loads(pickle.dumps(JIGSAW)) == JIGSAW and len({JIGSAW, EDGES, JIGSAW}) == 2
    path = tmp_path / "jigsaw.toml"
    path.write_text(JIGSAW.source)
    assert trm.Puzzle.read(path) == JIGSAW
    solver = trm.Solver(path, k=2)
    row = JIGSAW.generate(1)[0]
    assert pickle.loads(pickle.dumps(solver)).solve(row).text == solver.solve(row).text


def test_rows_are_written_as_they_are_read(tmp_path):
    path = tmp_path / "rows.csv"
    rows = JIGSAW.generate(5, seed=1)
    JIGSAW.save_rows(path, rows)
    assert JIGSAW.read_rows(path) == rows
    before = path.read_bytes()
    with pytest.raises(trm.PuzzleError, match="^row 1: the answer is wrong"):
        JIGSAW.save_rows(path, [rows[0], trm.Row(rows[1].question, rows[0].answer, 0, rows[1].columns)])
    assert path.read_bytes() == before
    with pytest.raises(trm.PuzzleError, match="line 2"):
        EDGES.read_rows(path)


def test_a_model_learns_a_kind_and_carries_it(tmp_path):
    path, model = tmp_path / "rows.csv", tmp_path / "model.safetensors"
    EDGES.save_rows(path, EDGES.generate(20, seed=1, extra=0.5))
    engine = EDGES.untrained(hidden_dim=8, ffn_dim=8, n_blocks=1)
    with trm.Trainer(engine, path, steps=3, batch=4, threads=1) as trainer:
        trainer.run()
        trainer.averaged().save(model)
    learned = trm.Engine.load(model)
    assert trm.Puzzle.of(learned) == EDGES and not learned.is_untrained
    solver = trm.Solver(model=model, max_k=2)
    assert solver.puzzle == EDGES
    row = EDGES.generate(1, seed=2)[0]
    assert set(solver.solve(row).text) <= set("RGB.")
    # The weights of Sudoku, with new ones for edges.
    begun = EDGES.init(trm.Engine.shipped("sudoku"))
    assert trm.Puzzle.of(begun) == EDGES and begun.n_params != engine.n_params


def test_what_is_wrong_is_refused_with_its_place(tmp_path):
    blank = "." * 36
    regions = {"regions": "AAABBB" * 2 + "CCCDDD" * 2 + "EEEFFF" * 2}
    for text, message in (("name = ", "^line 1: "), ("name = 'x'\ngrid = [1000, 1000]", "^line 2: 1000000 cells, at most 4096")):
        with pytest.raises(trm.PuzzleError, match=message):
            trm.Puzzle(text)
    for call, error, message in (
        (lambda: JIGSAW.check("12", regions), trm.PuzzleError, "2 cells, 36 were expected"),
        (lambda: JIGSAW.check("11" + blank[2:], regions), trm.PuzzleError, "1 stands twice in a row: r1c1 and r1c2"),
        (lambda: JIGSAW.check("x" + blank[1:], regions), trm.PuzzleError, "r1c1: 'x' is neither"),
        (lambda: JIGSAW.check(blank), trm.PuzzleError, 'column "regions", and there is none'),
        (lambda: JIGSAW.check(blank, {"regions": "A"}), trm.PuzzleError, "1 characters"),
        (lambda: JIGSAW.check(blank, {"edges": "1-2"}), trm.ConfigError, "'edges', must be of regions"),
        (lambda: JIGSAW.check(np.zeros((6, 6)), regions), trm.DtypeError, "float64"),
        (lambda: JIGSAW.check(np.zeros((5, 5), int), regions), trm.ShapeError, "expected \\(6, 6\\)"),
        (lambda: JIGSAW.check(np.full((6, 6), 7), regions), trm.ConfigError, "expected 0 to 6"),
        (lambda: JIGSAW.generate(1, extra=2), trm.ConfigError, "extra is 2"),
        (lambda: trm.Solver(), trm.ConfigError, "puzzle is unset"),
        (lambda: trm.Solver(EDGES), trm.MismatchError, "no weights of the kind edge"),
        (lambda: trm.Solver(JIGSAW, trm.Engine.shipped("maze")), trm.MismatchError, "candidates"),
        (lambda: EDGES.untrained(colour=1), trm.ConfigError, "colour"),
        (lambda: EDGES.untrained(mixer="dense"), trm.ConfigError, "mixer"),
        (lambda: trm.Puzzle.read(tmp_path / "none.toml"), trm.FileMissingError, "none.toml"),
        (lambda: trm.Puzzle.read(tmp_path), trm.FileError, str(tmp_path)),
        (lambda: EDGES.read_rows(tmp_path / "none.csv"), trm.FileMissingError, "none.csv"),
        (lambda: kind(', { name = "region", column = "r" }').generate(1), trm.PuzzleError, "`make` is missing"),
    ):
        with pytest.raises(error, match=message):
            call()
    solver = trm.Solver(kind())
    with pytest.raises(trm.PuzzleError, match="no solution"):
        solver.solve("123....4" + "." * 8)
    with pytest.raises(trm.PuzzleError, match="^puzzle 1: "):
        solver.solve_many(["." * 16, "11" + "." * 14])
    assert solver.solve("123....4" + "." * 8, check=False, k=1).verified is False
    with pytest.raises(trm.MismatchError, match="predictor"):
        solver.solve("." * 16, halting="learned")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(trm.FileFormatError, match="UTF-8"):
        trm.Puzzle.read(tmp_path / "binary.toml")
