"""What calls of this package raise.

Every exception is a :class:`TrmError`, and also the exception that NumPy or the standard library would raise in its
place, so ``except ValueError`` works as it does elsewhere. The messages are those of the command ``trm``.
"""

__all__ = [
    "ConfigError",
    "DivergedError",
    "DtypeError",
    "FileError",
    "FileFormatError",
    "FileMissingError",
    "InternalError",
    "MismatchError",
    "NotFiniteError",
    "PuzzleError",
    "ShapeError",
    "StateError",
    "TrmError",
]


class TrmError(Exception):
    """Any error of this package."""


class ConfigError(TrmError, ValueError):
    """A setting is out of its range."""


class ShapeError(TrmError, ValueError):
    """An array has the wrong shape."""


class NotFiniteError(TrmError, ValueError):
    """A number is NaN, infinite, or so large that the net would overflow."""


class PuzzleError(TrmError, ValueError):
    """A text or an array is not a puzzle, or the puzzle has no solution."""


class MismatchError(TrmError, ValueError):
    """Two things do not belong together, such as a maze and a model of Sudoku."""


class FileFormatError(TrmError, ValueError):
    """A file is not what was expected, or it is damaged."""


class DtypeError(TrmError, TypeError):
    """An array has the wrong data type."""


class FileError(TrmError, OSError):
    """A file could not be read or written."""


class FileMissingError(FileError, FileNotFoundError):
    """A file does not exist."""


class DivergedError(TrmError, ArithmeticError):
    """A loss or a gradient is not a number any more; the weights are those of the step before."""


class StateError(TrmError, RuntimeError):
    """A call came at the wrong time, such as a step of a trainer that was closed."""


class InternalError(TrmError, RuntimeError):
    """A bug of this package. Please report it."""
