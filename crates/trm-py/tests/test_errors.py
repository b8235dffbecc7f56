"""The hierarchy of exceptions, and panics."""

import inspect

import pytest

import trm
from trm import _trm, errors

BASES = {
    "ConfigError": ValueError,
    "ShapeError": ValueError,
    "NotFiniteError": ValueError,
    "PuzzleError": ValueError,
    "MismatchError": ValueError,
    "FileFormatError": ValueError,
    "DtypeError": TypeError,
    "FileError": OSError,
    "FileMissingError": FileNotFoundError,
    "DivergedError": ArithmeticError,
    "StateError": RuntimeError,
    "InternalError": RuntimeError,
}


def test_every_exception_is_a_trm_error_and_one_of_python():
    found = {name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)}
    assert found == {*BASES, "TrmError"} == set(errors.__all__)
    for name, base in BASES.items():
        kind = getattr(trm, name)
        assert issubclass(kind, trm.TrmError) and issubclass(kind, base) and kind.__doc__


def test_no_panic_crosses_the_border():
    with pytest.raises(trm.InternalError, match="a bug in trm: seven of nine"):
        _trm.panic("seven of nine")
