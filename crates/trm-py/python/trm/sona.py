"""Predicts how many supervision steps a question needs, and learns from every answer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from . import _trm
from ._arrays import Path, count, floats, seed as checked_seed
from .errors import ConfigError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Prediction", "Predictor", "Stats"]


@dataclass(frozen=True)
class Prediction:
    """What is predicted of a question before it runs.

    Attributes
    ----------
    steps : int
        The median number of steps: the best single guess.
    enough : int
        Enough steps for all but a ``miss_rate`` of the questions that get solved at all.
    capped : bool
        Whether ``enough`` is only the limit, because more would be needed to be certain.
    solvable : float
        Chance that the most steps solve it, in 0..1.
    """

    steps: int
    enough: int
    capped: bool
    solvable: float


@dataclass(frozen=True)
class Stats:
    """Figures of a predictor.

    Attributes
    ----------
    n_learned, n_stored, n_consolidations : int
        Examples learned, those that are stored, and consolidations.
    coverage : float
        Share of the questions that were solved within the bound that was predicted before they were learned.
    n_judged : int
        Questions that ``coverage`` is about.
    size_bytes : int
        Memory of the predictor.
    """

    n_learned: int
    n_stored: int
    n_consolidations: int
    coverage: float
    n_judged: int
    size_bytes: int


class Predictor:
    """Learns how many steps questions need, from embeddings of these questions.

    Threads may predict side by side; they learn one after another. A predictor can be pickled.

    Parameters
    ----------
    dim : int
        Numbers of an embedding, 1 to 65536.
    limit : int
        The most steps that can be learned or predicted, 1 to 1024.
    miss_rate : float
        How often the upper bound may be too small, 0.001 to 0.5.
    seed : int
        The same calls with the same seed give the same bits.

    Raises
    ------
    ConfigError
        For a value out of its range.

    Examples
    --------
    >>> from trm.sona import Predictor
    >>> predictor = Predictor(4)
    >>> for i in range(200):
    ...     hard = i % 10
    ...     predictor.learn([hard, 1, -hard, 0.5], steps=1 + hard)
    >>> predictor.consolidate()
    >>> predictor.predict([6, 1, -6, 0.5], max_k=30).steps
    7
    """

    __slots__ = ("_sona",)

    def __init__(self, dim: int, *, limit: int = 64, miss_rate: float = 0.05, seed: int = 0) -> None:
        dim, limit = count("dim", dim, 1, 65536), count("limit", limit, 1, 1024)
        self._sona = _trm.Predictor(dim, limit, float(miss_rate), checked_seed(seed))

    @classmethod
    def _of(cls, sona: _trm.Predictor) -> Predictor:
        predictor = cls.__new__(cls)
        predictor._sona = sona
        return predictor

    @classmethod
    def load(cls, path: Path) -> Predictor:
        """Reads a state file; it goes on exactly where the other predictor stopped.

        Raises
        ------
        FileMissingError, FileError
            Where it cannot be read.
        FileFormatError
            Where it is foreign, damaged or inconsistent.
        """
        return cls._of(_trm.Predictor.load(os.fspath(path)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Predictor:
        """Reads the bytes of a state file; raises what :meth:`load` does."""
        return cls._of(_trm.Predictor.from_bytes(data))

    def save(self, path: Path) -> None:
        """Writes the state. The file at ``path`` is the old one or the new one at every moment.

        Raises
        ------
        FileError
            Where it cannot be written; the old file is then still there.
        """
        self._sona.save(os.fspath(path))

    def to_bytes(self) -> bytes:
        """The state file as bytes."""
        return self._sona.to_bytes()

    @property
    def dim(self) -> int:
        """Numbers of an embedding."""
        return self._sona.config()[0]

    @property
    def limit(self) -> int:
        """The most steps that can be learned or predicted."""
        return self._sona.config()[1]

    @property
    def stats(self) -> Stats:
        """Figures of this predictor."""
        return Stats(*self._sona.stats())

    def predict(self, query: ArrayLike, max_k: Optional[int] = None) -> Prediction:
        """Predicts the steps of a question.

        Parameters
        ----------
        query : array_like of float32, shape (dim,)
            The embedding of the question.
        max_k : int, optional
            The most steps that it may take; the limit of the predictor without it.

        Raises
        ------
        ShapeError, DtypeError, NotFiniteError
            For a query of another shape or type, or with NaN or infinities.
        ConfigError
            For a ``max_k`` that is not in 1..limit.
        """
        return Prediction(*self._sona.predict(floats("query", query, 1), self._max_k(max_k)))

    def distribution(self, query: ArrayLike, max_k: Optional[int] = None) -> NDArray[np.float32]:
        """The whole forecast: entry ``t - 1`` is the chance that step t solves the question.

        What is missing to 1 is the chance that ``max_k`` steps do not. Parameters and errors are those of
        :meth:`predict`.

        Examples
        --------
        >>> Predictor(2).distribution([0.0, 1.0], max_k=8).shape
        (8,)
        """
        return self._sona.distribution(floats("query", query, 1), self._max_k(max_k))

    def learn(
        self,
        query: ArrayLike,
        steps: int,
        *,
        solved: bool = True,
        weight: float = 1.0,
        trace: Optional[ArrayLike] = None,
    ) -> None:
        """Learns one example.

        Parameters
        ----------
        query : array_like of float32, shape (dim,)
            The embedding of the question.
        steps : int
            The step at which its answer was right, and stayed right; or without ``solved`` the steps after which it
            was still wrong.
        solved : bool
        weight : float
            How much the example counts, 0 to 1.
        trace : structured ndarray as in :class:`trm.Result`, or array_like of float32, shape (steps, 2), optional
            Confidence and change of every step.

        Raises
        ------
        ShapeError, DtypeError, NotFiniteError, ConfigError
            Nothing is learned then.
        """
        steps = count("steps", steps, 1, self.limit)
        self._sona.learn(floats("query", query, 1), steps, bool(solved), float(weight), _signals(trace))

    def learn_verdicts(
        self, query: ArrayLike, right: Sequence[bool], *, weight: float = 1.0, trace: Optional[ArrayLike] = None
    ) -> None:
        """Learns one run with the verdict on the answer of every step.

        Parameters
        ----------
        right : sequence of bool
            Whether the answer of each step was right.
        query, weight, trace
            As in :meth:`learn`, with the same errors.

        Examples
        --------
        >>> predictor = Predictor(2)
        >>> predictor.learn_verdicts([0.5, 1.0], [False, True, True])
        >>> predictor.stats.n_learned
        1
        """
        verdicts = [bool(verdict) for verdict in right]
        if not verdicts:
            raise ConfigError("configuration: right is empty, must hold a verdict for every step")
        self._sona.learn_verdicts(floats("query", query, 1), verdicts, float(weight), _signals(trace))

    def consolidate(self) -> None:
        """Refits everything to the stored examples.

        Raises
        ------
        StateError
            With fewer than 32 examples, or useless ones; what was learned stays as it is.
        """
        self._sona.consolidate()

    def forget_examples(self) -> None:
        """Drops the stored examples and keeps what was learned from them: a state a fifth of the size."""
        self._sona.forget_examples()

    def _max_k(self, max_k: Optional[int]) -> int:
        limit = self.limit
        return limit if max_k is None else count("max_k", max_k, 1, limit)

    def __repr__(self) -> str:
        return f"<trm.sona.Predictor of {self.dim} numbers, {self.stats.n_learned} examples>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Predictor.from_bytes, (self.to_bytes(),))


def _signals(trace: Optional[ArrayLike]) -> Optional[NDArray[np.float32]]:
    if trace is None:
        return None
    if isinstance(trace, np.ndarray) and trace.dtype.names is not None:
        missing = {"confidence", "changed"} - set(trace.dtype.names)
        if missing:
            raise ShapeError(f"trace: no field {', '.join(sorted(missing))}")
        trace = np.stack([trace["confidence"], trace["changed"]], axis=1)
    array = floats("trace", trace, 2)
    if array.shape[1] != 2:
        raise ShapeError(f"trace: an array of {array.shape[0]} x {array.shape[1]}, expected steps x 2")
    return array
