"""Kinds of puzzles that a file describes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Optional, Sequence, Union

import numpy as np
from numpy.typing import NDArray

from . import _trm
from ._arrays import Path, count, plain, seed as checked_seed
from ._engine import Engine, Precision
from ._puzzles import Halting, Result, Step, _engine_of, _Solver, _state_of
from .errors import ConfigError, DtypeError, FileError, FileFormatError, FileMissingError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .sona import Predictor

__all__ = ["SUDOKU", "Check", "Puzzle", "Row", "Solver"]

#: The puzzle file of the usual Sudoku.
SUDOKU = _trm.SUDOKU_FILE

#: The most puzzles of a call.
_MAX_COUNT = 10_000_000


@dataclass(frozen=True)
class Row:
    """A puzzle with its answer.

    Attributes
    ----------
    question, answer : str
        A character for each cell, ``.`` for a blank.
    rating : float
        How hard it is: the guesses of the generator's solver, or what a file says.
    columns : dict of str to str
        The groups that come with it, by the names of their columns.
    """

    question: str
    answer: str
    rating: float = 0.0
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Check:
    """What :meth:`Puzzle.check` found.

    Attributes
    ----------
    text : str
        The cells in one line, ``.`` for a blank, with what the file fixes.
    drawing : str
        The same as a board, with borders around regions; what ``print`` shows.
    givens : int
        Cells that are not blank.
    solutions : int or None
        0, 1, or 2 for more than one; None where counting took too long.
    regions : ndarray of uint32 or None
        The region of each cell, in the shape of the board, where groups divide the grid into connected parts.
    """

    text: str
    drawing: str
    givens: int
    solutions: Optional[int]
    regions: Optional[NDArray[np.uint32]]

    def __str__(self) -> str:
        return self.drawing


#: A question: its text, an array of integers, or a row.
_Question = Union[str, Row, "ArrayLike"]


class Puzzle:
    """A kind of puzzle: cells, symbols, and groups of cells with a rule each.

    Parameters
    ----------
    toml : str
        The text of a puzzle file.

    Raises
    ------
    PuzzleError
        For a file that cannot be used; the message names the line.

    Examples
    --------
    >>> puzzle = trm.Puzzle('''
    ... name = "Jigsaw of 4"
    ... grid = [4, 4]
    ... symbols = "1234"
    ... groups = [
    ...   { name = "row", cells = "rows", kind = "line" },
    ...   { name = "column", cells = "columns", kind = "line" },
    ...   { name = "region", column = "regions", make = "regions", kind = "box" },
    ... ]
    ... ''')
    >>> puzzle.name, puzzle.symbols, puzzle.shape, puzzle.columns
    ('Jigsaw of 4', '1234', (4, 4), ('regions',))
    >>> print(puzzle.check("12..............", {"regions": "AAABACCBDCCBDDDB"}))
    +---------+---+
    | 1   2 . | . |
    |   +-----+   |
    | . | . . | . |
    +---+     |   |
    | . | . . | . |
    |   +-----+   |
    | .   . . | . |
    +---------+---+
    """

    __slots__ = ("_puzzle",)

    def __init__(self, toml: str) -> None:
        self._puzzle = _trm.Puzzle(toml)

    @classmethod
    def read(cls, path: Path) -> Puzzle:
        """Reads a puzzle file.

        Raises
        ------
        FileMissingError, FileError, FileFormatError
            For a file that cannot be read, or is no text.
        PuzzleError
            For one that cannot be used; the message names the line.
        """
        try:
            with open(path, encoding="utf-8") as file:
                return cls(file.read(_trm.MAX_PUZZLE_FILE_BYTES + 1))
        except FileNotFoundError as error:
            raise FileMissingError(error.errno, error.strerror, os.fspath(path)) from None
        except OSError as error:
            raise FileError(error.errno, error.strerror, os.fspath(path)) from None
        except UnicodeDecodeError:
            raise FileFormatError(f"{os.fspath(path)}: no text in UTF-8") from None

    @classmethod
    def of(cls, engine: Engine) -> Optional[Puzzle]:
        """The kind of puzzle that a model carries the file of; None where it carries none.

        Examples
        --------
        >>> trm.Puzzle.of(trm.Engine.shipped("sudoku")) is None
        True
        """
        found = _trm.Puzzle.of(engine._engine)
        return None if found is None else cls(found.source())

    @property
    def name(self) -> str:
        """The name of the kind."""
        return self._puzzle.name()

    @property
    def source(self) -> str:
        """The text of the file."""
        return self._puzzle.source()

    @property
    def symbols(self) -> str:
        """The symbols, a character each."""
        return self._puzzle.symbols()

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self._puzzle.n_cells()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the board; a row where the cells are no grid."""
        return self._puzzle.grid() or (1, self.n_cells)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of data files that groups of each puzzle are in."""
        return tuple(self._puzzle.columns())

    def check(self, puzzle: _Question, columns: Optional[Mapping[str, str]] = None) -> Check:
        """Reads a puzzle and counts its solutions, up to two.

        Parameters
        ----------
        puzzle : str, Row, or array_like of int, shape (cells,) or that of the board
            A character for each cell, ``.`` for a blank, or a drawn board; or symbols counted from 1, 0 for a blank.
        columns : mapping of str to str, optional
            The groups that come with the puzzle, by the names of their columns: a letter for each cell, or lists
            such as ``"1-2 2-3"``.

        Raises
        ------
        PuzzleError
            For a text or groups that cannot be read, or givens that break a rule; the message names the cell.
        ShapeError, DtypeError
            For an array that is no board of integers.

        Examples
        --------
        >>> latin = trm.Puzzle('''
        ... name = "Latin square of 3"
        ... grid = [3, 3]
        ... symbols = "ABC"
        ... groups = [{ name = "row", cells = "rows" }, { name = "column", cells = "columns" }]
        ... ''')
        >>> [latin.check(text).solutions for text in ("A...B....", "A........", "A...B...A")]
        [1, 2, 0]
        """
        text, drawing, solutions, regions = self._puzzle.check(*self._given(puzzle, columns))
        givens = sum(cell != "." for cell in text)
        return Check(text, drawing, givens, solutions, None if regions is None else regions.reshape(self.shape))

    def generate(self, n: int, *, seed: int = 0, extra: float = 0.0) -> list[Row]:
        """Makes puzzles with exactly one solution, the same for the same seed, on all threads.

        Parameters
        ----------
        n : int
            How many.
        seed : int
            Of the generator.
        extra : float
            No given can be spared; then up to this share of the blanks, drawn anew for each puzzle, is given back.

        Raises
        ------
        PuzzleError
            Where the generator gives up, or the file does not say how to make groups of a puzzle.
        KeyboardInterrupt
            Within a second after Ctrl-C.

        Examples
        --------
        >>> rows = trm.Puzzle(trm.SUDOKU).generate(2, seed=1, extra=0.5)
        >>> [len(row.question) for row in rows], rows == trm.Puzzle(trm.SUDOKU).generate(2, seed=1, extra=0.5)
        ([81, 81], True)
        """
        if not 0.0 <= extra <= 1.0:
            raise ConfigError(f"configuration: extra is {extra}, must be 0 to 1")
        made = self._puzzle.generate(count("n", n, 0, _MAX_COUNT), checked_seed(seed), float(extra))
        return [self._row(row) for row in made]

    def read_rows(self, path: Path) -> list[Row]:
        """Reads the puzzles of a CSV with the columns ``question`` and ``answer``.

        Raises
        ------
        FileMissingError, FileError
            For a file that cannot be read.
        PuzzleError
            For a row that is wrong; the message names the line.
        """
        return [self._row(row) for row in self._puzzle.read_rows(os.fspath(path))]

    def save_rows(self, path: Path, rows: Sequence[Row]) -> None:
        """Writes puzzles as a CSV, for :class:`trm.Trainer` and ``trm eval``.

        Raises
        ------
        PuzzleError
            For a row that breaks a rule; the message begins with its index. Nothing is written then.
        FileError
            Where the file cannot be written.
        """
        raw = [(row.question, row.answer, float(row.rating), self._columns(row.columns)) for row in rows]
        self._puzzle.save_rows(os.fspath(path), raw)

    def untrained(self, **config: Any) -> Engine:
        """Fresh weights for puzzles of this kind, for :class:`trm.Trainer`; the model carries the file.

        Parameters
        ----------
        **config
            Fields of the configuration, as for :meth:`trm.Engine.untrained`; 32 wide with two blocks unless told
            otherwise.

        Raises
        ------
        ConfigError
            For a field that does not exist or is out of range.

        Examples
        --------
        >>> engine = trm.Puzzle(trm.SUDOKU).untrained(hidden_dim=16, ffn_dim=16, n_blocks=1)
        >>> trm.Puzzle.of(engine).name
        'Sudoku'
        """
        if "mixer" in config:
            raise ConfigError("configuration: mixer is set, must be unset with a puzzle")
        return Engine(self._puzzle.untrained(json.dumps(config)))

    def init(self, engine: Engine) -> Engine:
        """A model for this kind that begins with the weights of another, for :class:`trm.Trainer`.

        Weights of kinds of groups that the other does not have begin with zeros, which change no answer.

        Raises
        ------
        MismatchError
            For a model that is none of candidates.
        """
        return Engine(self._puzzle.init(engine._engine))

    def _row(self, row: tuple[str, str, float, list[str]]) -> Row:
        question, answer, rating, columns = row
        return Row(question, answer, rating, dict(zip(self.columns, columns)))

    def _columns(self, columns: Optional[Mapping[str, str]]) -> list[str]:
        columns = columns or {}
        unknown = [name for name in columns if name not in self.columns]
        if unknown:
            raise ConfigError(f"configuration: columns has {unknown[0]!r}, must be of {', '.join(self.columns) or 'none'}")
        # The first that is missing is named where the puzzle is read.
        found = [columns.get(name) for name in self.columns]
        return [text for text in found[: found.index(None) if None in found else None] if text is not None]

    def _given(self, puzzle: _Question, columns: Optional[Mapping[str, str]]) -> tuple[str | NDArray[np.uint8], list[str]]:
        if isinstance(puzzle, Row):
            return puzzle.question, self._columns(columns or puzzle.columns)
        given = self._columns(columns)
        if isinstance(puzzle, str):
            return puzzle, given
        array = np.asarray(puzzle)
        if array.dtype.kind not in "iu":
            raise DtypeError(f"puzzle: an array of {array.dtype}, expected integers")
        if array.shape not in (self.shape, (self.n_cells,)):
            raise ShapeError(f"puzzle: an array of shape {array.shape}, expected {self.shape}")
        n = len(self.symbols)
        if array.min() < 0 or array.max() > n:
            raise ConfigError(f"puzzle: numbers from {array.min()} to {array.max()}, expected 0 to {n}")
        return plain(array.reshape(self.shape), np.uint8), given

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Puzzle) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __repr__(self) -> str:
        return f"<trm.Puzzle {self.name!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Puzzle, (self.source,))


class Solver(_Solver[np.uint8]):
    """Solves the puzzles of a file with a tiny recursive model.

    Parameters
    ----------
    puzzle : Puzzle or path-like, optional
        The kind of puzzle; that of the model without it.
    model : Engine or path-like, optional
        Without it the weights of Sudoku, which know groups of the kinds ``line``, ``box`` and ``triad``.
    halting, k, stable, max_k, threads, precision, halting_state
        As for :class:`trm.Sudoku`. No halting state is shipped for puzzle files.

    Raises
    ------
    MismatchError
        For a model without weights of a kind that the file names.
    ConfigError
        For an option out of range, and where neither a puzzle nor a model that carries one is given.

    Examples
    --------
    >>> puzzle = trm.Puzzle(trm.SUDOKU.replace("9, 9", "4, 4").replace("56789", "").replace("3x3", "2x2"))
    >>> result = trm.Solver(puzzle).solve("1.3...4..2.....3")
    >>> result.verified, result.answer.shape
    (True, (4, 4))
    >>> print(result)
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
        puzzle: Puzzle | Path | None = None,
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
        if puzzle is None:
            found = Puzzle.of(self.engine)
            if found is None:
                raise ConfigError("configuration: puzzle is unset, must be set with a model that carries no puzzle file")
            self.puzzle = found
        else:
            self.puzzle = puzzle if isinstance(puzzle, Puzzle) else Puzzle.read(puzzle)
        self._arguments = (halting, k, stable, max_k)
        self._state = _state_of(halting_state)
        self._solver = _trm.RulesSolver(self.puzzle._puzzle, self.engine._engine, self._state)

    def solve(
        self,
        puzzle: _Question,
        columns: Optional[Mapping[str, str]] = None,
        *,
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
        puzzle, columns
            As for :meth:`Puzzle.check`.
        halting, k, stable, max_k, seed, check
            As for :meth:`trm.Sudoku.solve`.

        Returns
        -------
        Result
            ``answer`` holds symbols, counted from 1.

        Raises
        ------
        PuzzleError, ShapeError, DtypeError, KeyboardInterrupt
            As :meth:`Puzzle.check`, and where the puzzle has no solution.
        """
        options = self._options(halting, k, stable, max_k, seed, check)
        return self._result(self._solver.solve(*self.puzzle._given(puzzle, columns), options))

    def solve_many(
        self,
        puzzles: Sequence[_Question],
        *,
        threads: Optional[int] = None,
        halting: Optional[Halting] = None,
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        seed: Optional[int] = None,
        check: bool = True,
    ) -> list[Result[np.uint8]]:
        """Solves many puzzles, each on a thread of a pool; rows bring their columns with them.

        Parameters and errors are those of :meth:`trm.Sudoku.solve_many`.

        Examples
        --------
        >>> puzzle = trm.Puzzle(trm.SUDOKU)
        >>> results = trm.Solver(puzzle).solve_many(puzzle.generate(2, seed=3, extra=1), threads=2)
        >>> [result.verified for result in results]
        [True, True]
        """
        options = self._options(halting, k, stable, max_k, seed, check)
        if threads is not None:
            threads = count("threads", threads, 1, 256)
        if isinstance(puzzles, str):
            raise DtypeError("puzzles: a string, expected a list of puzzles")
        inputs = [self.puzzle._given(puzzle, None) for puzzle in puzzles]
        return [self._result(raw) for raw in self._solver.solve_many(inputs, options, threads)]

    def steps(
        self,
        puzzle: _Question,
        columns: Optional[Mapping[str, str]] = None,
        *,
        halting: Optional[Halting] = None,
        k: Optional[int] = None,
        stable: Optional[int] = None,
        max_k: Optional[int] = None,
        seed: Optional[int] = None,
        check: bool = True,
        after_halt: bool = False,
    ) -> Iterator[Step[np.uint8]]:
        """The supervision steps one by one, until the halt; see :meth:`trm.Sudoku.steps`.

        Examples
        --------
        >>> puzzle = trm.Puzzle(trm.SUDOKU)
        >>> [step.k for step in trm.Solver(puzzle, k=2).steps(puzzle.generate(1)[0])]
        [1, 2]
        """
        options = self._options(halting, k, stable, max_k, seed, check)
        return self._walk(self._solver.steps(*self.puzzle._given(puzzle, columns), options, bool(after_halt)))

    def __repr__(self) -> str:
        return f"<trm.Solver {self.puzzle.name!r}, {self.engine!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickled, (self.puzzle, self.engine, self._arguments, self._state))


def _unpickled(
    puzzle: Puzzle,
    engine: Engine,
    arguments: tuple[Halting, Optional[int], Optional[int], Optional[int]],
    state: Optional[bytes],
) -> Solver:
    from .sona import Predictor

    halting, k, stable, max_k = arguments
    halting_state = None if state is None else Predictor.from_bytes(state)
    return Solver(puzzle, engine, halting=halting, k=k, stable=stable, max_k=max_k, halting_state=halting_state)
