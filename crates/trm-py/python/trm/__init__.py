"""Tiny Recursive Models: Sudoku, mazes and puzzles of your own, solved and trained on an ordinary CPU.

>>> import trm
>>> trm.Sudoku().solve("1.3...4..2.....3").text
'1432234132144123'

====================  ==========================================================================
:class:`Sudoku`       solves Sudoku of any size with the model that ships with this package
:class:`Maze`         finds shortest paths through mazes of any size
:class:`Puzzle`       a kind of puzzle that a file describes; :class:`Solver` solves its puzzles
:class:`Engine`       a model: float arrays in and out, model files, official checkpoints
:class:`Trainer`      trains a model
:mod:`trm.sona`       predicts how many steps a question needs
:mod:`trm.torch`      the nets as modules of PyTorch, and the way to ONNX
:mod:`trm.errors`     what calls raise; every exception is a :class:`TrmError`
====================  ==========================================================================
"""

from . import errors, sona
from ._arrays import TRACE_DTYPE
from ._engine import MAX_K, Engine, EngineStep, EngineSteps, Precision, Reasoning
from ._puzzles import Halting, Maze, Result, Step, Sudoku
from ._trm import VERSION as _VERSION
from ._rules import SUDOKU, Check, Puzzle, Row, Solver
from ._train import Data, Progress, Trainer
from .errors import (
    ConfigError,
    DivergedError,
    DtypeError,
    FileError,
    FileFormatError,
    FileMissingError,
    InternalError,
    MismatchError,
    NotFiniteError,
    PuzzleError,
    ShapeError,
    StateError,
    TrmError,
)

#: That of all crates and packages of this project.
__version__ = _VERSION

__all__ = [
    "MAX_K",
    "SUDOKU",
    "TRACE_DTYPE",
    "Check",
    "ConfigError",
    "Data",
    "DivergedError",
    "DtypeError",
    "Engine",
    "EngineStep",
    "EngineSteps",
    "FileError",
    "FileFormatError",
    "FileMissingError",
    "Halting",
    "InternalError",
    "Maze",
    "MismatchError",
    "NotFiniteError",
    "Precision",
    "Progress",
    "Puzzle",
    "PuzzleError",
    "Reasoning",
    "Result",
    "Row",
    "ShapeError",
    "Solver",
    "StateError",
    "Step",
    "Sudoku",
    "Trainer",
    "TrmError",
    "errors",
    "sona",
]
