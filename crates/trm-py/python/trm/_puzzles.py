"""Sudoku and mazes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Iterator, Literal, Optional, Sequence, TypeVar, Union

import numpy as np
from numpy.typing import NDArray

from . import _trm
from ._arrays import Path, cells, count, seed as checked_seed, trace
from ._engine import MAX_K, Engine, Precision
from .errors import ConfigError, DtypeError, PuzzleError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .sona import Predictor

__all__ = ["Halting", "Maze", "Result", "Step", "Sudoku"]

#: The policies that end a run, by name. All but the last are the network alone:
#:
#: - ``"model"``: what the model file says, ``"vote"`` or ``"adaptive"``.
#: - ``"vote"``: each step votes for its answer with its confidence, and the run ends when one answer has two votes; at
#:   the step limit the answer with the most votes is given.
#: - ``"adaptive"``: at the first step whose confidence reaches the threshold of the model.
#: - ``"learned"``: what was learned of such runs says after every step whether the answer is settled.
#: - ``"predicted"``: after the number of steps that is foreseen to be enough, before the run.
#: - ``"verified"``: at the first answer that obeys the rules: the network and the rules.
Halting = Literal["model", "vote", "adaptive", "learned", "predicted", "verified"]

_POLICIES = ("model", "vote", "adaptive", "learned", "predicted", "verified")
_Cells = TypeVar("_Cells", np.uint8, np.bool_)


@dataclass(frozen=True, eq=False)
class Result(Generic[_Cells]):
    """The result of one run.

    Attributes
    ----------
    answer : ndarray, shape (height, width)
        For Sudoku uint8, the digits from 1; for a maze bool, the cells of the path without start and goal.
    text : str
        The answer in one line, in the notation of the question; as ``trm solve --json`` writes it.
    drawing : str
        The answer as a board; what ``print`` shows.
    steps : int
        Supervision steps K until the halt.
    confidence : float
        The model's probability that its answer is right, in 0..1.
    early_stopped : bool
        Whether the policy halted before its step limit.
    verified : bool
        Whether the answer obeys the rules of the puzzle. A model can be confident and wrong.
    fault : str or None
        What is wrong with the answer, as a sentence.
    trace : structured ndarray, shape (steps,)
        The fields ``confidence``, ``changed`` and ``sureness`` of every step.
    seconds : float
        Wall time of the run.
    """

    answer: NDArray[_Cells]
    text: str
    drawing: str
    steps: int
    confidence: float
    early_stopped: bool
    verified: bool
    fault: Optional[str]
    trace: NDArray[np.void]
    seconds: float

    def __str__(self) -> str:
        return self.drawing

    def __repr__(self) -> str:
        said = "verified" if self.verified else f"not verified: {self.fault}"
        return f"<trm.Result K {self.steps}, confidence {self.confidence:.3f}, {said}>"


@dataclass(frozen=True, eq=False)
class Step(Generic[_Cells]):
    """A run after one of its supervision steps.

    Attributes
    ----------
    k : int
        Steps so far, from 1.
    confidence, changed, sureness : float
        As in :data:`trm.TRACE_DTYPE`, in 0..1.
    answer, text, drawing
        The answer as it stands, as in :class:`Result`; at the halt the answer of the run.
    verified : bool
        Whether the answer obeys the rules.
    halted : bool
        Whether the policy has halted, at this step or before.
    logits : ndarray of float32, shape (tokens, answer_dim)
        What the model says of every token: of the 729 candidates of a Sudoku, or of the cells of a maze.
    """

    k: int
    confidence: float
    changed: float
    sureness: float
    answer: NDArray[_Cells]
    text: str
    drawing: str
    verified: bool
    halted: bool
    logits: NDArray[np.float32]


class _Solver(Generic[_Cells]):
    """What both puzzles have in common."""

    _cells: type[_Cells]

    def __init__(self, halting: Halting, k: Optional[int], stable: Optional[int], max_k: Optional[int]) -> None:
        self._default = _policy(halting, k, stable)
        self._max_k = None if max_k is None else count("max_k", max_k, 1, MAX_K)
        if k is not None and max_k is not None:
            raise ConfigError("configuration: max_k is set, must be unset with k")

    def _options(
        self,
        halting: Optional[Halting],
        k: Optional[int],
        stable: Optional[int],
        max_k: Optional[int],
        seed: Optional[int],
        check: bool,
    ) -> _trm._Options:
        given = halting is not None or k is not None or stable is not None
        policy, number = _policy(halting or "model", k, stable, halting is not None) if given else self._default
        if max_k is not None:
            max_k = count("max_k", max_k, 1, MAX_K)
            if policy == "fixed":
                raise ConfigError("configuration: max_k is set, must be unset with k")
        elif policy != "fixed":
            max_k = self._max_k
        return _Options(policy, number, max_k, None if seed is None else checked_seed(seed), bool(check))

    def _result(self, raw: _trm._Solved) -> Result[_Cells]:
        answer, (text, drawing), (steps, confidence, early_stopped), fault, numbers, seconds = raw
        return Result(
            answer.view(self._cells),
            text,
            drawing,
            steps,
            confidence,
            early_stopped,
            fault is None,
            fault,
            trace(numbers),
            seconds,
        )

    def _walk(self, steps: _trm.PuzzleSteps) -> Iterator[Step[_Cells]]:
        while (raw := steps.advance()) is not None:
            numbers, answer, texts, (verified, halted), logits = raw
            yield Step(*numbers, answer.view(self._cells), *texts, verified, halted, logits)


@dataclass(frozen=True)
class _Options:
    """When a run ends; read by the compiled half."""

    halting: str
    count: Optional[int]
    max_k: Optional[int]
    seed: Optional[int]
    check: bool


def _policy(halting: Halting, k: Optional[int], stable: Optional[int], named: bool = False) -> tuple[str, Optional[int]]:
    if sum((named or halting != "model", k is not None, stable is not None)) > 1:
        raise ConfigError("configuration: more than one of halting, k and stable is set")
    if k is not None:
        return "fixed", count("k", k, 1, MAX_K)
    if stable is not None:
        return "stable", count("stable", stable, 1, MAX_K)
    if halting not in _POLICIES:
        raise ConfigError(f"configuration: halting is {halting!r}, must be one of {', '.join(_POLICIES)}")
    return halting, None


def _engine_of(model: Engine | Path | None, name: Literal["sudoku", "maze"], threads: int, precision: Precision) -> Engine:
    engine = Engine.shipped(name) if model is None else model if isinstance(model, Engine) else Engine.load(model)
    if threads == 1 and precision == "f32":
        return engine
    return engine.with_options(threads=threads, precision=precision)


def _state_of(halting_state: Predictor | Path | None) -> Optional[bytes]:
    if halting_state is None:
        return None
    from .sona import Predictor

    predictor = halting_state if isinstance(halting_state, Predictor) else Predictor.load(halting_state)
    return predictor.to_bytes()


#: A puzzle as a text, or as an array of integers.
_Puzzle = Union[str, "ArrayLike"]


def _sudoku_input(puzzle: _Puzzle) -> str | NDArray[np.uint8]:
    return puzzle if isinstance(puzzle, str) else cells("puzzle", puzzle)


def _maze_input(puzzle: _Puzzle) -> str | NDArray[np.uint8]:
    if isinstance(puzzle, str):
        return puzzle
    array = np.asarray(puzzle)
    if array.dtype.kind in "US":
        if array.ndim == 2:
            rows = array.astype(str)
            if rows.size and rows.dtype.itemsize != 4:
                raise PuzzleError("puzzle: an array of strings, expected one character for every cell")
            return "\n".join("".join(row) for row in rows)
        raise ShapeError(f"puzzle: an array of {array.ndim} axes {array.shape}, expected 2")
    return cells("puzzle", array)


def _listed(puzzles: Sequence[_Puzzle] | NDArray[Any]) -> list[_Puzzle]:
    if isinstance(puzzles, str):
        raise DtypeError("puzzles: a string, expected a list of puzzles")
    return list(puzzles)


class Sudoku(_Solver[np.uint8]):
    """Solves Sudoku of 4x4 to 25x25 cells with a tiny recursive model.

    Parameters
    ----------
    model : Engine or path-like, optional
        The model that ships with this package without it. One for Sudoku, of candidates or of cells.
    halting : {"model", "vote", "adaptive", "learned", "predicted", "verified"}
        What ends a run; see :data:`trm.Halting`.
    k : int, optional
        In place of a policy: exactly so many supervision steps, 1 to 65536.
    stable : int, optional
        In place of a policy: ends when the answer has not changed for so many steps in a row.
    max_k : int, optional
        The most supervision steps; what the model says without it.
    threads : int
        Threads that share one puzzle. The answer does not depend on it.
    precision : {"f32", "bf16"}
        See :meth:`trm.Engine.with_options`.
    halting_state : trm.sona.Predictor or path-like, optional
        What ``"learned"`` and ``"predicted"`` know; without it what ships with the shipped model.

    Raises
    ------
    MismatchError
        For a model of another puzzle, or a halting state of another model.
    ConfigError
        For an option out of range, or two that contradict each other.

    Examples
    --------
    >>> sudoku = trm.Sudoku()
    >>> result = sudoku.solve("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79")
    >>> result.verified, result.answer.shape, result.answer.dtype
    (True, (9, 9), dtype('uint8'))
    >>> print(result.answer[0])
    [5 3 4 6 7 8 9 1 2]
    >>> print(sudoku.solve("1.3...4..2.....3"))
    +-----+-----+
    | 1 4 | 3 2 |
    | 2 3 | 4 1 |
    +-----+-----+
    | 3 2 | 1 4 |
    | 4 1 | 2 3 |
    +-----+-----+
    """

    _cells = np.uint8

    def __init__(
        self,
        model: Engine | Path | None = None,
        *,
        halting: Halting = "model",
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        threads: int = 1,
        precision: Precision = "f32",
        halting_state: Predictor | Path | None = None,
    ) -> None:
        super().__init__(halting, k, stable, max_k)
        self.engine = _engine_of(model, "sudoku", threads, precision)
        self._arguments = (halting, k, stable, max_k)
        self._state = _state_of(halting_state)
        self._solver = _trm.SudokuSolver(self.engine._engine, self._state)

    def solve(
        self,
        puzzle: _Puzzle,
        *,
        boxes: Optional[tuple[int, int]] = None,
        halting: Optional[Halting] = None,
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        seed: Optional[int] = None,
        check: bool = True,
    ) -> Result[np.uint8]:
        """Solves one puzzle.

        Parameters
        ----------
        puzzle : str or array_like of int, shape (side, side) or (side * side,)
            A text in one line, in rows, or as a drawn board, in digits, letters or numbers; or digits with 0 for a
            blank.
        boxes : (int, int), optional
            Rows and columns of a box, where the size leaves them open: boxes that are not square have fewer rows
            than columns without it.
        halting, k, stable, max_k
            In the place of those that the object was made with.
        seed : int, optional
            Seed of the noise of a model with an answer channel. The same seed gives the same answer.
        check : bool
            Whether an exact solver says first that the puzzle has a solution. No model sees what it found.

        Returns
        -------
        Result

        Raises
        ------
        PuzzleError
            Where the puzzle cannot be read, contradicts itself or has no solution; the message names the cell.
        ShapeError, DtypeError
            For an array that is no grid of integers.
        KeyboardInterrupt
            Within a second after Ctrl-C.

        Examples
        --------
        >>> grid = np.zeros((9, 9), int)
        >>> grid[0, 0] = 5
        >>> int(trm.Sudoku().solve(grid, seed=1).answer[0, 0])
        5
        """
        options = self._options(halting, k, stable, max_k, seed, check)
        return self._result(self._solver.solve(_sudoku_input(puzzle), boxes, options))

    def solve_many(
        self,
        puzzles: Sequence[_Puzzle] | NDArray[Any],
        *,
        threads: Optional[int] = None,
        boxes: Optional[tuple[int, int]] = None,
        halting: Optional[Halting] = None,
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        seed: Optional[int] = None,
        check: bool = True,
    ) -> list[Result[np.uint8]]:
        """Solves many puzzles, each on a thread of a pool. All are read before the first is solved.

        Parameters
        ----------
        puzzles : sequence of str or array_like, or ndarray of int, shape (n, side, side) or (n, side * side)
        threads : int, optional
            Threads of the pool, 1 to 256; all that this process may use without it.
        boxes, halting, k, stable, max_k, seed, check
            As in :meth:`solve`.

        Returns
        -------
        list of Result
            In the order of the puzzles, each as :meth:`solve` gives it.

        Raises
        ------
        PuzzleError, ShapeError, DtypeError
            For the first puzzle that :meth:`solve` would refuse; the message begins with its index, from 0.

        Examples
        --------
        >>> results = trm.Sudoku().solve_many(["1.3...4..2.....3", "1..4..1..3..2..3"])
        >>> [result.verified for result in results]
        [True, True]
        """
        options = self._options(halting, k, stable, max_k, seed, check)
        if threads is not None:
            threads = count("threads", threads, 1, 256)
        inputs = [_sudoku_input(puzzle) for puzzle in _listed(puzzles)]
        return [self._result(raw) for raw in self._solver.solve_many(inputs, boxes, options, threads)]

    def steps(
        self,
        puzzle: _Puzzle,
        *,
        boxes: Optional[tuple[int, int]] = None,
        halting: Optional[Halting] = None,
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        seed: Optional[int] = None,
        check: bool = True,
        after_halt: bool = False,
    ) -> Iterator[Step[np.uint8]]:
        """The supervision steps one by one, until the halt.

        Parameters
        ----------
        puzzle, boxes, halting, k, stable, max_k, seed, check
            As in :meth:`solve`, with the same errors.
        after_halt : bool
            Whether the iterator goes on after the halt, to the step limit.

        Examples
        --------
        >>> for step in trm.Sudoku(k=2).steps("1.3...4..2.....3"):
        ...     print(step.k, step.halted, step.logits.shape)
        1 False (64, 1)
        2 True (64, 1)
        """
        options = self._options(halting, k, stable, max_k, seed, check)
        return self._walk(self._solver.steps(_sudoku_input(puzzle), boxes, options, bool(after_halt)))

    def __repr__(self) -> str:
        return f"<trm.Sudoku {self.engine!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickled, (Sudoku, self.engine, self._arguments, self._state))


class Maze(_Solver[np.bool_]):
    """Finds shortest paths through mazes of any size with a tiny recursive model.

    Parameters
    ----------
    model, halting, k, stable, max_k, threads, precision, halting_state
        As for :class:`trm.Sudoku`; a model for mazes.

    Raises
    ------
    MismatchError, ConfigError
        As :class:`trm.Sudoku` does.

    Examples
    --------
    >>> result = trm.Maze().solve("S##\\n ##\\n  G")
    >>> print(result)
    S##
    o##
    ooG
    >>> result.verified, result.answer.dtype, int(result.answer.sum())
    (True, dtype('bool'), 3)
    """

    _cells = np.bool_

    def __init__(
        self,
        model: Engine | Path | None = None,
        *,
        halting: Halting = "model",
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        threads: int = 1,
        precision: Precision = "f32",
        halting_state: Predictor | Path | None = None,
    ) -> None:
        super().__init__(halting, k, stable, max_k)
        self.engine = _engine_of(model, "maze", threads, precision)
        self._arguments = (halting, k, stable, max_k)
        self._state = _state_of(halting_state)
        self._solver = _trm.MazeSolver(self.engine._engine, self._state)

    def solve(
        self,
        puzzle: _Puzzle,
        *,
        halting: Optional[Halting] = None,
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        seed: Optional[int] = None,
        check: bool = True,
    ) -> Result[np.bool_]:
        """Solves one maze.

        Parameters
        ----------
        puzzle : str or array_like, shape (height, width)
            One line per row of ``#``, space, ``S`` and ``G``; or an array of these characters, or of the tokens of
            the official data: 1 for a wall, 2 for a free cell, 3 for the start and 4 for the goal.
        halting, k, stable, max_k, seed
            As in :meth:`trm.Sudoku.solve`.
        check : bool
            Whether to look first whether a path leads to the goal.

        Returns
        -------
        Result

        Raises
        ------
        PuzzleError, ShapeError, DtypeError, KeyboardInterrupt
            As in :meth:`trm.Sudoku.solve`.

        Examples
        --------
        >>> tokens = np.array([[3, 1, 1], [2, 1, 1], [2, 2, 4]])
        >>> trm.Maze().solve(tokens).text
        'S##o##ooG'
        """
        options = self._options(halting, k, stable, max_k, seed, check)
        return self._result(self._solver.solve(_maze_input(puzzle), options))

    def solve_many(
        self,
        puzzles: Sequence[_Puzzle] | NDArray[Any],
        *,
        threads: Optional[int] = None,
        halting: Optional[Halting] = None,
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        seed: Optional[int] = None,
        check: bool = True,
    ) -> list[Result[np.bool_]]:
        """Solves many mazes, each on a thread of a pool; see :meth:`trm.Sudoku.solve_many`.

        Examples
        --------
        >>> [result.steps for result in trm.Maze(k=3).solve_many(["S G", "S##\\n ##\\n  G"], threads=2)]
        [3, 3]
        """
        options = self._options(halting, k, stable, max_k, seed, check)
        if threads is not None:
            threads = count("threads", threads, 1, 256)
        inputs = [_maze_input(puzzle) for puzzle in _listed(puzzles)]
        return [self._result(raw) for raw in self._solver.solve_many(inputs, options, threads)]

    def steps(
        self,
        puzzle: _Puzzle,
        *,
        halting: Optional[Halting] = None,
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        seed: Optional[int] = None,
        check: bool = True,
        after_halt: bool = False,
    ) -> Iterator[Step[np.bool_]]:
        """The supervision steps one by one, until the halt; see :meth:`trm.Sudoku.steps`.

        Examples
        --------
        >>> [step.k for step in trm.Maze(k=2).steps("S##\\n ##\\n  G")]
        [1, 2]
        """
        options = self._options(halting, k, stable, max_k, seed, check)
        return self._walk(self._solver.steps(_maze_input(puzzle), options, bool(after_halt)))

    def __repr__(self) -> str:
        return f"<trm.Maze {self.engine!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickled, (Maze, self.engine, self._arguments, self._state))


def _unpickled(
    kind: type[Sudoku] | type[Maze],
    engine: Engine,
    arguments: tuple[Halting, Optional[int], Optional[int], Optional[int]],
    state: Optional[bytes],
) -> Sudoku | Maze:
    from .sona import Predictor

    halting, k, stable, max_k = arguments
    halting_state = None if state is None else Predictor.from_bytes(state)
    return kind(engine, halting=halting, k=k, stable=stable, max_k=max_k, halting_state=halting_state)
