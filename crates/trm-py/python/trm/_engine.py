"""The engine: float arrays in and out."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Literal, Mapping, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from . import _trm
from ._arrays import Path, count, floats, plain, seed as checked_seed, trace
from .errors import ConfigError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["MAX_K", "Engine", "EngineStep", "EngineSteps", "Precision", "Reasoning"]

#: The most supervision steps of a run.
MAX_K = 65536

Precision = Literal["f32", "bf16"]


def checked_precision(precision: Precision) -> Precision:
    """``precision``, or a :class:`ConfigError` where it is none."""
    if precision not in ("f32", "bf16"):
        raise ConfigError(f"configuration: precision is {precision!r}, must be 'f32' or 'bf16'")
    return precision


@dataclass(frozen=True, eq=False)
class Reasoning:
    """A refined answer.

    Attributes
    ----------
    answer : ndarray of float32, shape (tokens, answer_dim)
        The logits of every token: -1e4 where a token is absent, 1e4 where the question says it is known.
    steps : int
        Supervision steps K that were run.
    confidence : float
        The model's probability that the answer is right, in 0..1.
    early_stopped : bool
        Whether the confidence ended the run before its limit.
    trace : structured ndarray, shape (steps,)
        The fields ``confidence``, ``changed`` and ``sureness`` of every step.
    """

    answer: NDArray[np.float32]
    steps: int
    confidence: float
    early_stopped: bool
    trace: NDArray[np.void]


@dataclass(frozen=True, eq=False)
class EngineStep:
    """One supervision step.

    Attributes
    ----------
    k : int
        Steps so far, from 1.
    confidence, changed, sureness : float
        As in :data:`trm.TRACE_DTYPE`, in 0..1.
    answer : ndarray of float32, shape (tokens, answer_dim)
        The answer as it stands.
    """

    k: int
    confidence: float
    changed: float
    sureness: float
    answer: NDArray[np.float32]


class EngineSteps:
    """The supervision steps of one question, without end; made by :meth:`Engine.steps`."""

    __slots__ = ("_steps",)

    def __init__(self, steps: _trm.EngineSteps) -> None:
        self._steps = steps

    def __iter__(self) -> Iterator[EngineStep]:
        return self

    def __next__(self) -> EngineStep:
        numbers, answer = self._steps.advance()
        return EngineStep(*numbers, answer)

    def states(self) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
        """The answer state y, and the tokens that it is about.

        Returns
        -------
        states : ndarray of float32, shape (live, hidden_dim)
            The state y of every token that is computed.
        live : ndarray of uint32, shape (live,)
            The indices of these tokens among all tokens.
        """
        return self._steps.states()


class Engine:
    """A model that answers questions.

    One engine serves many threads: calls take buffers from a pool, and eight threads get the same bits as one. An
    engine can be pickled.

    Examples
    --------
    >>> import numpy as np, trm
    >>> engine = trm.Engine.shipped("maze")
    >>> engine.config["embedding_dim"], engine.config["answer_dim"]
    (3, 1)
    >>> question = np.zeros((9, 3), np.float32)   # a maze of 3 x 3 cells: free, start, goal
    >>> question[[0, 3, 8], [1, 0, 2]] = 1
    >>> question[[6, 7], 0] = 1
    >>> result = engine.reason(question, np.zeros((9, 1), np.float32), k=16)
    >>> (result.answer[:, 0] > 0).reshape(3, 3)[1:, 0]   # the path down the first column
    array([ True,  True])
    """

    __slots__ = ("_engine",)

    def __init__(self, engine: _trm.Engine) -> None:
        self._engine = engine

    @classmethod
    def shipped(cls, name: Literal["sudoku", "maze"]) -> Engine:
        """The model of this name that the package carries.

        Parameters
        ----------
        name : {"sudoku", "maze"}

        Raises
        ------
        ConfigError
            For any other name.
        """
        return cls(_trm.Engine.carried(name))

    @classmethod
    def load(cls, path: Path) -> Engine:
        """Reads a model file, as :meth:`save` and the command ``trm`` write them.

        Parameters
        ----------
        path : str or path-like
            A ``.safetensors`` file.

        Raises
        ------
        FileMissingError, FileError
            Where it cannot be read.
        FileFormatError, ConfigError, NotFiniteError
            Where it is not such a file, or is damaged; the message names the tensor.
        """
        return cls(_trm.Engine.load(os.fspath(path)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Engine:
        """Reads a model from the bytes of a file; raises what :meth:`load` does.

        Examples
        --------
        >>> engine = trm.Engine.shipped("maze")
        >>> trm.Engine.from_bytes(engine.to_bytes()).n_params == engine.n_params
        True
        """
        return cls(_trm.Engine.from_bytes(data))

    @classmethod
    def untrained(
        cls,
        *,
        puzzle: Optional[Literal["sudoku", "maze"]] = None,
        groups: Optional[Mapping[str, ArrayLike]] = None,
        scale: float = 1 / 3,
        **config: Any,
    ) -> Engine:
        """Fresh weights, for :class:`trm.Trainer`.

        Parameters
        ----------
        puzzle : {"sudoku", "maze"}, optional
            Takes the features, the answer and the relations of this puzzle; 32 wide with two blocks, unless told
            otherwise.
        groups : mapping of str to ndarray of int, shape (tokens,), optional
            For a puzzle of one's own: relations that split the tokens into groups, by name. A token receives the
            sum over its group in each, through a matrix of its own.
        scale : float
            Factor on the sums over groups.
        **config
            Fields of the configuration; the others have their defaults. ``trm.Engine.untrained().config`` lists them.

        Raises
        ------
        ConfigError
            For a field that does not exist or is out of range.

        Examples
        --------
        >>> engine = trm.Engine.untrained(puzzle="sudoku", hidden_dim=16, ffn_dim=16, n_blocks=1)
        >>> engine.is_untrained, engine.config["hidden_dim"]
        (True, 16)
        >>> rows = np.repeat(np.arange(4), 4)
        >>> columns = np.tile(np.arange(4), 4)
        >>> engine = trm.Engine.untrained(groups={"row": rows, "column": columns}, embedding_dim=5, answer_dim=5,
        ...                               hidden_dim=8, ffn_dim=8, output="token_softmax")
        >>> engine.reason(np.ones((16, 5), np.float32), np.zeros((16, 5), np.float32), k=2).answer.shape
        (16, 5)
        """
        if puzzle is not None:
            for field in ("mixer", "groups"):
                if field in config or (field == "groups" and groups is not None):
                    raise ConfigError(f"configuration: {field} is set, must be unset with a puzzle")
            return cls(_trm.Engine.for_puzzle(puzzle, json.dumps(config)))
        ids: list[NDArray[np.uint32]] = []
        if groups is not None:
            for name, group_of in groups.items():
                array = np.asarray(group_of)
                if array.ndim != 1 or array.dtype.kind not in "iu" or (array.size and array.min() < 0):
                    raise ShapeError(f"groups: {name} must be one group number for every token")
                ids.append(plain(array, np.uint32))
            relations = [{"name": name, "matrix": i} for i, name in enumerate(groups)]
            config["mixer"] = {"relational": {"groups": {"scale": scale, "relations": relations}}}
        return cls(_trm.Engine.untrained(json.dumps(config), ids))

    @classmethod
    def from_official(cls, source: Path | Mapping[str, Any], config: Path | Mapping[str, Any] | None = None) -> Engine:
        """Reads a checkpoint of the official TinyRecursiveModels code.

        Parameters
        ----------
        source : path-like or mapping of str to tensor
            What ``torch.save`` wrote, which is read as data and not run; a safetensors file; or a state dict of
            PyTorch tensors or NumPy arrays. Prefixes of wrappers and of averages are understood; tensors are
            converted to float32.
        config : mapping or path-like, optional
            The ``all_config.yaml`` of the run, or its ``arch`` part, as YAML, JSON or a mapping. ``seq_len``,
            ``vocab_size`` and ``num_puzzle_identifiers`` are in the ``dataset.json`` of the training data: beside
            the file, or among its fields. A safetensors file may carry all this in its metadata as ``config``.

        Raises
        ------
        FileFormatError
            Where a tensor is missing, superfluous, or of another shape; the message names it.
        ConfigError
            For a configuration that cannot be read, or that this package has no counterpart for.
        FileMissingError, FileError
            For a file that cannot be read.

        Warns
        -----
        UserWarning
            Where the configuration is that of a variant, with what that means.

        Notes
        -----
        torch is not imported: tensors convert themselves.
        """
        text = _config_text(config)
        if isinstance(source, Mapping):
            if text is None:
                raise ConfigError("a state dict carries no configuration; give config")
            return cls(_trm.official_tensors([_tensor(name, value) for name, value in source.items()], text))
        return cls(_trm.official_file(os.fspath(source), text))

    def save(self, path: Path) -> None:
        """Writes a model file. The file at ``path`` is the old one or the new one at every moment.

        Raises
        ------
        FileError
            Where it cannot be written.
        """
        self._engine.save(os.fspath(path))

    def to_bytes(self) -> bytes:
        """The model file as bytes."""
        return self._engine.to_bytes()

    @property
    def config(self) -> dict[str, Any]:
        """The configuration: shapes, and how the model recurs."""
        config: dict[str, Any] = json.loads(self._engine.config())
        return config

    @property
    def note(self) -> dict[str, str]:
        """Where the weights come from."""
        return self._engine.note()

    @property
    def n_params(self) -> int:
        """Number of weights."""
        return self._engine.n_params

    @property
    def is_untrained(self) -> bool:
        """Whether the weights are still those that the seed gives."""
        return self._engine.is_untrained

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Copies of the weights by name.

        Examples
        --------
        >>> engine = trm.Engine.shipped("maze")
        >>> engine.tensors()["question.weight"].shape == (3, engine.config["hidden_dim"])
        True
        """
        return self._engine.tensors()

    def with_tensors(self, tensors: Mapping[str, ArrayLike]) -> Engine:
        """The same model with other weights: those that PyTorch has trained, say.

        Parameters
        ----------
        tensors : mapping of str to array_like of float32
            Weights by name, in the shapes of :meth:`tensors`; those that are missing stay as they are.

        Raises
        ------
        FileFormatError
            For a name that the model does not have.
        ShapeError, DtypeError, NotFiniteError
            For an array that is no tensor of this name.

        Examples
        --------
        >>> engine = trm.Engine.shipped("maze")
        >>> zeros = {name: np.zeros_like(weight) for name, weight in engine.tensors().items()}
        >>> float(engine.with_tensors(zeros).tensors()["head.bias"][0])
        0.0
        """
        given = {}
        for name, value in tensors.items():
            array = value if isinstance(value, np.ndarray) else np.asarray(value)
            given[name] = floats(name, array, array.ndim)
        return Engine(self._engine.with_tensors(given))

    def with_options(self, *, threads: int = 1, precision: Precision = "f32", seed: int = 0) -> Engine:
        """The same weights with other settings.

        Parameters
        ----------
        threads : int
            Threads that share a question, 1 to 256. The numbers do not depend on it. Many questions are better
            answered by :meth:`reason_many`, which gives each a thread.
        precision : {"f32", "bf16"}
            What the factors of matmuls are rounded to. bf16 is faster on AMD processors with AVX512_BF16, and gives
            other answers now and then.
        seed : int
            Seed of the noise of models that have an answer channel.
        """
        bf16 = checked_precision(precision) == "bf16"
        threads = count("threads", threads, 1, 256)
        return Engine(self._engine.with_options(threads, bf16, checked_seed(seed)))

    def reason(
        self,
        question: ArrayLike,
        answer: ArrayLike,
        k: Optional[int] = None,
        *,
        seed: Optional[int] = None,
        grid: Optional[tuple[int, int]] = None,
    ) -> Reasoning:
        """Refines an answer to a question.

        Parameters
        ----------
        question : array_like of float32, shape (tokens, embedding_dim) or (1, embedding_dim)
            The features of every token, or one row for all of them. Read where it lies if it is contiguous; do not
            change it during the call.
        answer : array_like of float32, shape (tokens, answer_dim)
            The first answer; zeros will do.
        k : int, optional
            Exactly so many supervision steps, 1 to 65536. Without it the run ends when the confidence reaches the
            threshold of the model, or at its ``max_k``.
        seed : int, optional
            Seed of the answer channel's noise; that of the engine without it.
        grid : (int, int), optional
            Height and width of a grid of tokens that is not square.

        Returns
        -------
        Reasoning

        Raises
        ------
        DtypeError
            For an array that is not float32.
        ShapeError
            For an array of another shape.
        NotFiniteError
            For NaN, infinities and numbers above 1e6.
        KeyboardInterrupt
            Within a second after Ctrl-C.
        """
        if k is not None:
            k = count("k", k, 1, MAX_K)
        answer_, steps, confidence, early_stopped, numbers = self._engine.reason(
            floats("question", question, 2),
            floats("answer", answer, 2),
            k,
            None if seed is None else checked_seed(seed),
            _grid(grid),
        )
        return Reasoning(answer_, steps, confidence, early_stopped, trace(numbers))

    def reason_many(
        self,
        questions: Sequence[ArrayLike],
        answers: Sequence[ArrayLike],
        k: Optional[int] = None,
        *,
        seed: Optional[int] = None,
        threads: Optional[int] = None,
    ) -> list[Reasoning]:
        """Answers many questions, each on a thread of a pool.

        Parameters
        ----------
        questions, answers : sequences of array_like, or arrays of three axes
            As in :meth:`reason`, one answer for each question.
        k, seed
            As in :meth:`reason`.
        threads : int, optional
            Threads of the pool, 1 to 256; all that this process may use without it.

        Returns
        -------
        list of Reasoning
            In the order of the questions, each as :meth:`reason` gives it.

        Raises
        ------
        ShapeError
            Also where there are not as many answers as questions.

        Examples
        --------
        >>> engine = trm.Engine.untrained(hidden_dim=8, embedding_dim=4, answer_dim=2)
        >>> results = engine.reason_many(np.ones((5, 3, 4), np.float32), np.zeros((5, 3, 2), np.float32), k=2)
        >>> len(results), results[0].steps
        (5, 2)
        """
        if len(questions) != len(answers):
            raise ShapeError(f"{len(questions)} questions and {len(answers)} answers")
        if k is not None:
            k = count("k", k, 1, MAX_K)
        if threads is not None:
            threads = count("threads", threads, 1, 256)
        pairs = [
            (floats(f"question {i}", question, 2), floats(f"answer {i}", answer, 2))
            for i, (question, answer) in enumerate(zip(questions, answers))
        ]
        results = self._engine.reason_many(pairs, k, None if seed is None else checked_seed(seed), threads)
        return [
            Reasoning(answer, steps, confidence, early_stopped, trace(numbers))
            for answer, steps, confidence, early_stopped, numbers in results
        ]

    def steps(
        self,
        question: ArrayLike,
        answer: ArrayLike,
        *,
        seed: Optional[int] = None,
        grid: Optional[tuple[int, int]] = None,
    ) -> EngineSteps:
        """The supervision steps one by one, without end: for halting of one's own and for looking inside.

        Parameters and errors are those of :meth:`reason`.

        Examples
        --------
        >>> engine = trm.Engine.untrained(hidden_dim=8, embedding_dim=4, answer_dim=2)
        >>> steps = engine.steps(np.ones((3, 4), np.float32), np.zeros((3, 2), np.float32))
        >>> next(steps).k, next(steps).answer.shape
        (1, (3, 2))
        >>> steps.states()[0].shape
        (3, 8)
        """
        return EngineSteps(
            self._engine.steps(
                floats("question", question, 2),
                floats("answer", answer, 2),
                None if seed is None else checked_seed(seed),
                _grid(grid),
            )
        )

    def __repr__(self) -> str:
        kind = self._engine.shipped or ("untrained" if self.is_untrained else "trained")
        return f"<trm.Engine {kind}, {self.n_params} weights>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._engine.shipped is not None:
            return (_unpickled, (self._engine.shipped, self._options()))
        return (_unpickled, (self.to_bytes(), self._options()))

    def _options(self) -> tuple[int, Precision, int]:
        threads, bf16, seed = self._engine.options()
        return threads, "bf16" if bf16 else "f32", seed


def _unpickled(source: bytes | str, options: tuple[int, Precision, int]) -> Engine:
    engine = Engine.from_bytes(source) if isinstance(source, bytes) else Engine(_trm.Engine.carried(source))
    threads, precision, seed = options
    return engine.with_options(threads=threads, precision=precision, seed=seed)


def _grid(grid: Optional[tuple[int, int]]) -> Optional[tuple[int, int]]:
    if grid is None:
        return None
    height, width = grid
    return count("grid", height, 1, 1 << 20), count("grid", width, 1, 1 << 20)


def _config_text(config: Path | Mapping[str, Any] | None) -> Optional[str]:
    if config is None:
        return None
    if isinstance(config, Mapping):
        text, notes = _trm.official_config(json.dumps(dict(config)))
    else:
        text, notes = _trm.official_config_file(os.fspath(config))
    for note in notes:
        warnings.warn(note, stacklevel=3)
    return text


def _tensor(name: str, value: Any) -> tuple[str, str, Sequence[int], bytes]:
    """Name, type, shape and little-endian bytes of a tensor of PyTorch or an array."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        # NumPy has no bfloat16.
        value = (value.float() if value.is_floating_point() else value).numpy()
    array = np.asarray(value)
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return name, array.dtype.name, array.shape, little.tobytes()
