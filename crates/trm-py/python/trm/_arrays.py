"""What users pass, as the arrays that the compiled half takes."""

from __future__ import annotations

import operator
import os
from typing import TYPE_CHECKING, Any, TypeVar, Union

import numpy as np
from numpy.typing import NDArray

from .errors import ConfigError, DtypeError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["TRACE_DTYPE", "Path", "cells", "count", "floats", "plain", "seed", "trace"]

_Number = TypeVar("_Number", np.float32, np.uint8, np.uint32)

#: A path as the standard library takes it.
Path = Union[str, "os.PathLike[str]"]

#: One step of a run: the model's probability that its answer is right, the part of the answer that changed against
#: the step before, and the mean sureness of its parts; each in 0..1.
TRACE_DTYPE = np.dtype([("confidence", np.float32), ("changed", np.float32), ("sureness", np.float32)])


def trace(numbers: NDArray[np.float32]) -> NDArray[np.void]:
    """The numbers ``[steps, 3]`` as a structured array ``[steps]``, without a copy."""
    return numbers.view(TRACE_DTYPE)[:, 0]


def floats(what: str, array: ArrayLike, ndim: int) -> NDArray[np.float32]:
    """A float32 array of ``ndim`` axes. Lists are converted; arrays of another type are refused, not converted."""
    if isinstance(array, np.ndarray):
        given = array
    elif hasattr(array, "__array__"):
        given = np.asarray(array)
    else:
        try:
            given = np.asarray(array, dtype=np.float32)
        except (ValueError, TypeError) as error:
            raise ShapeError(f"{what}: not an array of numbers ({error})") from None
    if given.dtype.kind != "f" or given.dtype.itemsize != 4:
        raise DtypeError(f"{what}: an array of {given.dtype}, expected float32")
    if given.ndim != ndim:
        raise ShapeError(f"{what}: an array of {given.ndim} axes {given.shape}, expected {ndim}")
    return plain(given, np.float32)


def plain(array: NDArray[Any], dtype: type[_Number]) -> NDArray[_Number]:
    """The array in native byte order, row-major and aligned: itself, or a copy."""
    flags = array.flags
    if array.dtype == dtype and array.dtype.isnative and flags.c_contiguous and flags.aligned:
        return array
    return np.array(array, dtype=dtype, order="C")


def cells(what: str, array: ArrayLike) -> NDArray[np.uint8]:
    """A uint8 array ``[height, width]`` of the integers of any array; 81 numbers in a row are a square."""
    try:
        given = np.asarray(array)
    except ValueError as error:
        raise ShapeError(f"{what}: not an array ({error})") from None
    if given.dtype.kind not in "iu":
        raise DtypeError(f"{what}: an array of {given.dtype}, expected integers")
    if given.ndim == 1:
        side = int(np.sqrt(given.size))
        if side * side == given.size and side > 0:
            given = given.reshape(side, side)
    if given.ndim != 2:
        raise ShapeError(f"{what}: an array of {given.ndim} axes {given.shape}, expected 2")
    if given.dtype != np.uint8 and given.size and (given.min() < 0 or given.max() > 255):
        raise ConfigError(f"{what}: numbers from {given.min()} to {given.max()}, expected 0 to 255")
    return plain(given, np.uint8)


def count(name: str, value: Any, low: int, high: int) -> int:
    """An integer in a range."""
    number = operator.index(value)
    if not low <= number <= high:
        raise ConfigError(f"configuration: {name} is {number}, must be {low} to {high}")
    return number


def seed(value: Any) -> int:
    """A seed of 64 bits."""
    return count("seed", value, 0, 2**64 - 1)
