"""The trainer."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Literal, Optional, Sequence, Union

import numpy as np
from numpy.typing import NDArray

from . import _trm
from ._arrays import Path, count, floats, plain
from ._engine import Engine, Precision, checked_precision
from .errors import ConfigError, DtypeError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Data", "Progress", "Trainer"]

#: A question `[tokens, embedding_dim]`, or `[height, width, embedding_dim]` on a grid, and what should be answered for
#: each token: a class, or a mark.
Sample = tuple["ArrayLike", "ArrayLike"]
#: What a trainer learns from.
Data = Union[Path, tuple["NDArray[np.float32]", "NDArray[Any]"], Sequence[Sample], Iterable[Sample]]

_Row = tuple["NDArray[np.float32]", "NDArray[np.uint32]", int]


@dataclass(frozen=True)
class Progress:
    """What the steps since the last report measured.

    Attributes
    ----------
    step, question_steps : int
        Optimiser steps and question-steps so far.
    seconds : float
        Seconds of training so far.
    loss, halt_loss : float
        Mean losses of answers and of the halt head since the last report.
    batch_exact : float
        Share of the batch that was answered right, since the last report, in 0..1.
    gradient, learning_rate : float
        Length of the last gradient before clipping, and the rate of the last step.
    question_steps_per_second, gflops : float
        Speed since the last report.
    """

    step: int
    question_steps: int
    seconds: float
    loss: float
    halt_loss: float
    batch_exact: float
    gradient: float
    learning_rate: float
    question_steps_per_second: float
    gflops: float


class Trainer:
    """Trains a model on an ordinary CPU, on a thread of its own.

    A batch of questions is always running; one optimiser step is one supervision step for each of them, and a
    question that is answered right or has used up its steps makes room for the next.

    Parameters
    ----------
    model : Engine, path-like, or {"sudoku", "maze"}
        Where the weights start: :meth:`trm.Engine.untrained` for a model from nothing, a model file, or what ships
        with this package.
    data : path-like, pair of arrays, sequence or iterable of pairs
        What to learn from.

        - A file of puzzles with answers, for models of Sudoku and mazes, and of the puzzle file that a model carries: a CSV, also packed with gzip, or a folder
          of NumPy arrays as the official code makes it.
        - Samples ``(question, answer)`` in a sequence, or two arrays that hold them along their first axis: they are
          copied once, and drawn at random with replacement.
        - Any other iterable over samples, such as a generator: each sample is used once, in order. It has to go on
          as long as the run does.

        A question is float32 ``[tokens, embedding_dim]``, or ``[height, width, embedding_dim]`` on a grid; its answer
        has a bool for each token (a mark) or an integer (a class, or -1 for a token that does not count).
    checkpoint : path-like, optional
        The file of the run's whole state. Where it exists, the run goes on from it, bit for bit, with the same model,
        data and options; :meth:`run` and :meth:`save` write it.
    threads : int, optional
        Threads of the run; all that this process may use without it. They do not change the numbers.
    steps : int
        Optimiser steps in all; the schedule of the learning rate is laid over them.
    batch : int
        Running questions.
    max_supervision_steps : int
        The most supervision steps a question gets.
    linger : int
        The most further steps of a question that is answered right.
    balance : float
        Marked tokens count (unmarked / marked)^balance times as much as the others.
    latent_noise : float
        Standard deviation of the noise on the initial latent.
    state_noise : float
        Standard deviation of the noise on the state before every supervision step, so that the net learns to keep what
        it has found.
    precision : {"f32", "bf16"}
        What the factors of matrix products are rounded to: "bf16" is faster on AMD processors with AVX512_BF16. Sums,
        states, gradients and weights keep full precision.
    optimizer : {"muon", "adamw"}
        "muon" moves the matrices of the net by their momentum made orthogonal, which learns several times as fast, and
        the rest by AdamW; "adamw" moves all by AdamW.
    learning_rate, weight_decay, clip, ema : float
        Of the optimiser, with averaged weights.
    betas : (float, float)
        Decay of its moments.
    warmup_steps : int
        Steps over which the rate rises from zero.
    decay_from : float, optional
        Share of the steps after which the rate falls along a cosine, to ``floor`` times itself. It stays without.
    floor : float
        See ``decay_from``.
    leak : (float, float), optional
        For a model with an answer channel: the share of the questions whose channel leaks the target, and the share
        of these that begin with noise alone.
    leak_until : {"right", "end"}
        Whether a leaked question is done once it was right for as long as others stay, or runs to the end of its leak.
    seed : int
        Seed of the order of the data and of all noise.

    Raises
    ------
    ConfigError
        For an option out of its range.
    ShapeError, DtypeError, NotFiniteError
        For a sample that does not fit the model; the message begins with its index.
    FileMissingError, FileFormatError, PuzzleError
        For a file that cannot be read.
    MismatchError
        For a checkpoint of another run; the message names what differs.

    Examples
    --------
    Does a row of four numbers, with one of them hidden, hold each of 1 to 4 once?

    >>> rng = np.random.default_rng(0)
    >>> def rows():
    ...     while True:
    ...         numbers = rng.permutation(4)
    ...         question = np.eye(5, dtype=np.float32)[numbers]
    ...         question[rng.integers(4)] = [0, 0, 0, 0, 1]   # hidden
    ...         yield question, numbers
    >>> model = trm.Engine.untrained(groups={"row": np.zeros(4, int)}, embedding_dim=5, answer_dim=4,
    ...                              hidden_dim=16, ffn_dim=16, output="token_softmax")
    >>> with trm.Trainer(model, rows(), steps=300, batch=16, learning_rate=1e-2) as trainer:
    ...     progress = trainer.run(on_progress=None)
    ...     answer = trainer.averaged().reason(*[next(rows())[0], np.zeros((4, 4), np.float32)], k=8).answer
    >>> progress.step
    300
    >>> sorted(answer.argmax(1).tolist())
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        model: Engine | Path | Literal["sudoku", "maze"],
        data: Data,
        *,
        checkpoint: Optional[Path] = None,
        threads: Optional[int] = None,
        steps: int = 10_000,
        batch: int = 32,
        max_supervision_steps: int = 16,
        linger: int = 2,
        balance: float = 0.0,
        latent_noise: float = 0.3,
        state_noise: float = 0.0,
        precision: Precision = "f32",
        optimizer: Literal["muon", "adamw"] = "muon",
        learning_rate: float = 3e-3,
        warmup_steps: int = 100,
        decay_from: Optional[float] = None,
        floor: float = 0.05,
        betas: tuple[float, float] = (0.9, 0.98),
        weight_decay: float = 0.01,
        clip: float = 1.0,
        ema: float = 0.999,
        leak: Optional[tuple[float, float]] = None,
        leak_until: Literal["right", "end"] = "right",
        seed: int = 1,
    ) -> None:
        if leak_until not in ("right", "end"):
            raise ValueError(f'leak_until: {leak_until!r}, expected "right" or "end"')
        if optimizer not in ("muon", "adamw"):
            raise ValueError(f'optimizer: {optimizer!r}, expected "muon" or "adamw"')
        schedule: Any = "constant"
        if decay_from is not None:
            schedule = {"constant_then_cosine": {"from": float(decay_from), "floor": float(floor)}}
        config = {
            "batch": count("batch", batch, 1, 65536),
            "steps": count("steps", steps, 1, 2**62),
            "max_supervision_steps": count("max_supervision_steps", max_supervision_steps, 1, 65536),
            "linger": count("linger", linger, 0, 65535),
            "balance": float(balance),
            "latent_noise": float(latent_noise),
            "state_noise": float(state_noise),
            "precision": checked_precision(precision),
            "leak": None
            if leak is None
            else {"share": float(leak[0]), "delayed": float(leak[1]), "until_right": leak_until == "right"},
            "seed": count("seed", seed, 0, 2**64 - 1),
            "optimizer": {
                "method": optimizer,
                "learning_rate": float(learning_rate),
                "warmup_steps": count("warmup_steps", warmup_steps, 0, 2**62),
                "schedule": schedule,
                "betas": [float(beta) for beta in betas],
                "weight_decay": float(weight_decay),
                "clip": float(clip),
                "ema": float(ema),
            },
        }
        if threads is not None:
            threads = count("threads", threads, 1, 256)
        self.checkpoint = checkpoint
        #: Whether the last :meth:`run` was ended by Ctrl-C.
        self.interrupted = False
        resumed = os.fspath(checkpoint) if checkpoint is not None and os.path.exists(checkpoint) else None
        self._trainer = _trm.Trainer(_start(model)._engine, _source(data), _json(config), resumed, threads)

    def step(self) -> int:
        """One optimiser step; returns the number of steps so far.

        Raises
        ------
        DivergedError
            Where the loss is not a number any more; the weights are those of the step before.
        StateError
            Where the iterable of the data has ended, or the trainer was closed.
        KeyboardInterrupt
            Within a second after Ctrl-C.
        """
        return self._trainer.advance(self.step_count + 1, 0.0)

    def run(
        self,
        minutes: Optional[float] = None,
        *,
        steps: Optional[int] = None,
        on_progress: Optional[Callable[[Progress], None]] = print,
        report_seconds: float = 10.0,
        save_minutes: float = 5.0,
    ) -> Progress:
        """Trains until the last step, or for so many minutes or further steps.

        Ctrl-C ends it within a second: it saves the checkpoint, if the trainer has a file for it, sets
        ``interrupted`` and returns.

        Parameters
        ----------
        minutes : float, optional
            Ends after so many minutes.
        steps : int, optional
            Ends after so many further steps.
        on_progress : callable, optional
            Called with a :class:`Progress` now and then.
        report_seconds : float
            Seconds between these calls.
        save_minutes : float
            Minutes between checkpoints, if the trainer has a file for them.

        Returns
        -------
        Progress
            Of the steps since the last call of ``on_progress``.

        Raises
        ------
        DivergedError, StateError
            As in :meth:`step`.
        FileError
            Where a checkpoint cannot be written.
        """
        if minutes is not None and not minutes >= 0:
            raise ConfigError(f"configuration: minutes is {minutes}, must be 0 or more")
        now = time.monotonic()
        end = now + 60.0 * minutes if minutes is not None else float("inf")
        last = self._trainer.steps
        self.interrupted = False
        try:
            if steps is not None:
                last = min(last, self.step_count + count("steps", steps, 0, 2**62))
            report_at, save_at = now + report_seconds, now + 60.0 * save_minutes
            while self.step_count < last and now < end:
                self._trainer.advance(last, max(0.0, min(report_at, save_at, end) - now))
                now = time.monotonic()
                if now >= report_at and on_progress is not None:
                    on_progress(self.progress())
                if now >= save_at:
                    self._save_if_named()
                    save_at = now + 60.0 * save_minutes
                if now >= report_at:
                    report_at = now + report_seconds
        except KeyboardInterrupt:
            self.interrupted = True
        self._save_if_named()
        return self.progress()

    def save(self, path: Optional[Path] = None) -> None:
        """Writes the checkpoint, to the trainer's file unless another is given.

        Raises
        ------
        ConfigError
            Where there is neither.
        FileError
            Where it cannot be written; the old file is then still there.
        """
        path = self.checkpoint if path is None else path
        if path is None:
            raise ConfigError("the trainer has no checkpoint file; give a path")
        self._trainer.save(os.fspath(path))

    def _save_if_named(self) -> None:
        if self.checkpoint is not None:
            self.save()

    def progress(self) -> Progress:
        """What the steps since the last report measured."""
        return Progress(*self._trainer.progress())

    @property
    def step_count(self) -> int:
        """Optimiser steps so far."""
        return self._trainer.step_count()

    def averaged(self) -> Engine:
        """The model with its averaged weights, which score better than the last ones."""
        return Engine(self._trainer.averaged())

    def close(self) -> None:
        """Ends the thread of the run. Calls raise :class:`trm.StateError` then."""
        self._trainer.close()

    def __enter__(self) -> Trainer:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], value: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()


def _start(model: Engine | Path | Literal["sudoku", "maze"]) -> Engine:
    if isinstance(model, Engine):
        return model
    if model in ("sudoku", "maze"):
        return Engine.shipped("sudoku" if model == "sudoku" else "maze")
    return Engine.load(model)


def _json(config: dict[str, Any]) -> str:
    try:
        return json.dumps(config, allow_nan=False)
    except ValueError:
        raise ConfigError("training configuration: a number is NaN or infinite") from None


def _source(data: Data) -> Any:
    """A path, a list of rows, or an iterator over rows with its name."""
    if isinstance(data, (str, os.PathLike)):
        return os.fspath(data)
    if isinstance(data, tuple) and len(data) == 2 and all(isinstance(part, np.ndarray) for part in data):
        questions, answers = data
        if len(questions) != len(answers):
            raise ShapeError(f"data: {len(questions)} questions and {len(answers)} answers")
        data = list(zip(questions, answers))
    held: Any = data
    if isinstance(held, Sequence) or (hasattr(held, "__len__") and hasattr(held, "__getitem__")):
        return [_row(i, held[i]) for i in range(len(held))]
    try:
        samples = iter(held)
    except TypeError:
        raise DtypeError(f"data: {type(data).__name__}, expected a path, arrays or an iterable of samples") from None
    return _rows(samples), f"a stream, {type(data).__name__}"


def _rows(samples: Iterator[Sample]) -> Iterator[_Row]:
    for i, sample in enumerate(samples):
        yield _row(i, sample)


def _row(i: int, sample: Any) -> _Row:
    try:
        question, answer = sample
    except (TypeError, ValueError):
        raise ShapeError(f"sample {i}: not a pair of question and answer") from None
    array = np.asarray(answer)
    if array.dtype.kind not in "biu":
        raise DtypeError(f"sample {i}: an answer of {array.dtype}, expected bool or integers")
    grid = array.ndim == 2
    features = floats(f"sample {i}", question, 3 if grid else 2)
    if array.shape != features.shape[:-1]:
        raise ShapeError(f"sample {i}: an answer {array.shape} to a question {features.shape}")
    if array.dtype.kind != "b" and array.size and not -1 <= array.min() <= array.max() < 2**31:
        raise ConfigError(f"sample {i}: classes from {array.min()} to {array.max()}, expected -1 to {2**31 - 1}")
    width = array.shape[1] if grid else 1
    # -1 is the class of tokens that do not count.
    classes = plain(array.reshape(-1).astype(np.int64) & 0xFFFFFFFF, np.uint32)
    return features.reshape(-1, features.shape[-1]), classes, width
