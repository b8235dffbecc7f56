"""The relational nets of this package as modules of PyTorch: to check scores, to train on a GPU, to export to ONNX.

A model that PyTorch has trained comes back by :meth:`trm.Engine.with_tensors`::

    net = trm.torch.RelationalNet(engine)
    ...                                             # train it
    engine = engine.with_tensors(net.tensors())

The official models, with an MLP or attention across positions, are modules of PyTorch already.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence, Union, cast

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ._engine import Engine

__all__ = ["RelationalNet", "Start"]

RMS_EPS = 1e-5
# In model files: a token in no group of a relation.
NO_GROUP = 2**32 - 1
_TYPES = {"F32": np.float32, "F16": np.float16, "U32": np.uint32}


@dataclass(frozen=True)
class Start:
    """Questions before their first step, as one graph: the tokens that are computed lie one after the other.

    Attributes
    ----------
    live : list of tensor of bool, shape (tokens,)
        Which tokens of each question are computed.
    x, y, z : tensor of float32, shape (n, hidden_dim)
        The embedded questions, the answer states and the latents, of all n live tokens.
    indices : tuple of tensor of int64
        What the net reads of the graph: see :meth:`RelationalNet.forward`.
    """

    live: list[torch.Tensor]
    x: torch.Tensor
    y: torch.Tensor
    z: torch.Tensor
    indices: tuple[torch.Tensor, ...]

    @property
    def state(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """x, y and z."""
        return self.x, self.y, self.z


class RelationalNet(torch.nn.Module):
    """A relational model: `deep_recursion` of the crate `trm-core`, with the weights of a model file.

    One call is one supervision step: T cycles of n times ``z <- net(x + y + z)``, then ``y <- net(y + z)``.

    Parameters
    ----------
    model : Engine or path-like
        A model whose mixer is relational; those that ship with this package are.

    Raises
    ------
    ValueError
        For another mixer.

    Examples
    --------
    >>> import numpy as np, trm, trm.torch
    >>> net = trm.torch.RelationalNet(trm.Engine.shipped("maze"))
    >>> question = np.zeros((9, 3), np.float32)     # a maze of 3 x 3 cells
    >>> question[[0, 3, 6, 7, 8], [1, 0, 0, 0, 2]] = 1
    >>> answer = np.zeros((9, 1), np.float32)
    >>> start = net.start([(question, answer)])
    >>> x, y, z = start.state
    >>> with torch.inference_mode():
    ...     for _ in range(4):
    ...         y, z = net(x, y, z, *start.indices)
    ...     logits = net.logits(y)
    >>> engine = trm.Engine.shipped("maze")
    >>> apart = np.abs(logits[:, 0].numpy() - engine.reason(question, answer, k=4).answer[start.live[0], 0]).max()
    >>> bool(apart < 1e-3)
    True
    """

    def __init__(self, model: Union[Engine, str, os.PathLike[str]]) -> None:
        super().__init__()
        self.config, arrays = _read(model)
        groups = self.config["mixer"].get("relational") if isinstance(self.config["mixer"], dict) else None
        if groups is None:
            raise ValueError(f"the mixer is {self.config['mixer']}, not relational")
        #: Whether tokens are the cells of a grid; they are in groups otherwise.
        self.grid = groups == "grid4"
        self._names = {}
        for name, array in arrays.items():
            if name.startswith("relations."):
                continue
            self._names[name] = name.replace(".", "_")
            self.register_parameter(self._names[name], torch.nn.Parameter(torch.tensor(array)))
        if not self.grid:
            self.scale = float(groups["groups"]["scale"])
            self.parts = [(part["name"], int(part["matrix"])) for part in groups["groups"]["relations"]]
            self.relations = {name: torch.tensor(arrays[f"relations.{name}"].astype(np.int64)) for name, _ in self.parts}
            self.n_matrices = 1 + max(matrix for _, matrix in self.parts)

    def weight(self, name: str) -> torch.nn.Parameter:
        """The weight that model files call so."""
        return cast(torch.nn.Parameter, getattr(self, self._names[name]))

    def tensors(self) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
        """All weights by the names of model files, for :meth:`trm.Engine.with_tensors`."""
        return {name: self.weight(name).detach().cpu().numpy() for name in self._names}

    def block(self, b: int, u: torch.Tensor, indices: Sequence[torch.Tensor]) -> torch.Tensor:
        """Messages along the relations and the SwiGLU, fused; then a residual and an RMS norm."""
        h = u.shape[1]
        padded = torch.cat([u, u.new_zeros(1, h)])
        direct, bias = self.weight(f"blocks.{b}.direct.weight"), self.weight(f"blocks.{b}.bias")
        if self.grid:
            pre = torch.addmm(bias, padded[indices[0]].flatten(1), direct)
        else:
            group_of, members = indices[0], indices[1:]
            matrices = self.weight(f"blocks.{b}.groups.weight").view(self.n_matrices, h, -1)
            messages = [padded[m].sum(1) * self.scale @ w for m, w in zip(members, matrices)]
            # The last row is the message of no group.
            messages = torch.cat([*messages, u.new_zeros(1, direct.shape[1])])
            pre = torch.addmm(bias, u, direct) + messages[group_of].sum(1)
        gate, up = pre.chunk(2, dim=1)
        u = u + torch.nn.functional.silu(gate) * up @ self.weight(f"blocks.{b}.down.weight")
        return u * torch.rsqrt(u.square().mean(1, keepdim=True) + RMS_EPS)

    def net(self, u: torch.Tensor, indices: Sequence[torch.Tensor]) -> torch.Tensor:
        """All blocks."""
        for b in range(self.config["n_blocks"]):
            u = self.block(b, u, indices)
        return u

    def forward(
        self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor, *indices: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One supervision step.

        Parameters
        ----------
        x, y, z : tensor of float32, shape (n, hidden_dim)
            The embedded question, the answer state and the latent.
        *indices : tensor of int64
            On a grid one, ``[n, 5]``: each cell, and those below, left, right and above; n where there is none.
            For groups first ``[n, relations]``, the message that each token receives from each relation, and then for
            each matrix ``[groups, most members]``, the tokens of its groups, n where there is none.

        Returns
        -------
        y, z : tensor of float32, shape (n, hidden_dim)
        """
        for _ in range(self.config["cycles"]):
            for _ in range(self.config["latent_iterations"]):
                z = self.net(x + y + z, indices)
            y = self.net(y + z, indices)
        return y, z

    def logits(self, y: torch.Tensor) -> torch.Tensor:
        """The answer ``[n, answer_dim]`` that is read from an answer state."""
        return y @ self.weight("head.weight") + self.weight("head.bias")

    def with_channel(self, x: torch.Tensor, channel: torch.Tensor) -> torch.Tensor:
        """x of a step whose answer channel holds ``channel``, ``[n, answer_dim]``: fresh noise, as a rule."""
        return x + channel @ self.weight("channel.weight")

    def start(
        self,
        questions: Sequence[tuple[ArrayLike, ArrayLike]],
        grids: Optional[Sequence[tuple[int, int]]] = None,
    ) -> Start:
        """Embeds questions.

        Parameters
        ----------
        questions : sequence of pairs of array_like, shapes (tokens, embedding_dim) and (tokens, answer_dim)
            Each question with its first answer.
        grids : sequence of (int, int), optional
            Height and width of each question; they are square without it.
        """
        device = self.weight("init.y").device
        lives, parts = [], []
        for question, answer in questions:
            feature = torch.as_tensor(np.asarray(question, dtype=np.float32), device=device)
            first = torch.as_tensor(np.asarray(answer, dtype=np.float32), device=device)
            given = self.config["given_feature"]
            live = (feature != 0).any(1)
            if given is not None:
                live &= feature[:, given] == 0
            x = feature[live] @ self.weight("question.weight") * self.config["embedding_scale"]
            y = self.weight("init.y") + first[live] @ self.weight("answer.weight")
            parts.append((x, y, self.weight("init.z").expand_as(y)))
            lives.append(live)
        x, y, z = (torch.cat(part).contiguous() for part in zip(*parts))
        if self.grid:
            if grids is None:
                grids = [(int(len(live) ** 0.5), int(len(live) ** 0.5)) for live in lives]
            indices = self._neighbours(lives, grids)
        else:
            indices = self._groups(lives)
        return Start(lives, x, y, z, tuple(index.to(device) for index in indices))

    def _neighbours(self, lives: list[torch.Tensor], grids: Sequence[tuple[int, int]]) -> Iterator[torch.Tensor]:
        total, start, rows = sum(int(live.sum()) for live in lives), 0, []
        for live, (height, width) in zip(lives, grids):
            number = torch.full((height + 2, width + 2), total)
            n = int(live.sum())
            on_grid = live.view(height, width).cpu()
            number[1:-1, 1:-1][on_grid] = torch.arange(start, start + n)
            start += n
            shifts = [(0, 0), (1, 0), (0, -1), (0, 1), (-1, 0)]
            around = [number[1 + dy : height + 1 + dy, 1 + dx : width + 1 + dx] for dy, dx in shifts]
            rows.append(torch.stack(around, -1)[on_grid])
        yield torch.cat(rows)

    def _groups(self, lives: list[torch.Tensor]) -> Iterator[torch.Tensor]:
        lives = [live.cpu() for live in lives]
        total = sum(int(live.sum()) for live in lives)
        group_of = torch.full((total, len(self.parts)), -1)
        tables, first = [], 0
        for matrix in range(self.n_matrices):
            groups: list[list[int]] = []
            for r, (name, of_matrix) in enumerate(self.parts):
                if of_matrix != matrix:
                    continue
                start = 0
                for live in lives:
                    ids = self.relations[name][live]
                    for group in sorted(set(ids.tolist()) - {NO_GROUP}):
                        members = (ids == group).nonzero().flatten() + start
                        group_of[members, r] = first + len(groups)
                        groups.append(members.tolist())
                    start += int(live.sum())
            most = max(map(len, groups), default=0)
            tables.append(torch.tensor([g + [total] * (most - len(g)) for g in groups], dtype=torch.long))
            first += len(groups)
        yield torch.where(group_of < 0, first, group_of)
        yield from tables

    def to_onnx(self, path: Union[str, os.PathLike[str]], start: Start) -> None:
        """Writes one supervision step as an ONNX model.

        Its inputs are ``x``, ``y``, ``z`` and the indices ``i0``, ``i1``, ..; its outputs ``y_next`` and ``z_next`` are
        the state of the next step, and ``logits`` is the answer. It takes questions of as many live tokens and groups
        as ``start`` has.

        Parameters
        ----------
        path : path-like
        start : Start
            Of :meth:`start`: an example of the questions that it shall take.

        Raises
        ------
        ImportError
            Without the packages ``onnx`` and ``onnxscript``, which PyTorch needs for it.
        """
        names = [f"i{i}" for i in range(len(start.indices))]
        torch.onnx.export(
            _Step(self).eval(),
            (*start.state, *start.indices),
            os.fspath(path),
            input_names=["x", "y", "z", *names],
            output_names=["y_next", "z_next", "logits"],
            dynamo=True,
            verbose=False,
            external_data=False,
        )


class _Step(torch.nn.Module):
    """A step with the answer that is read after it."""

    def __init__(self, net: RelationalNet) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor, *indices: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        y, z = self.net(x, y, z, *indices)
        return y, z, self.net.logits(y)


def _read(model: Union[Engine, str, os.PathLike[str]]) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Configuration and arrays of a model file."""
    if isinstance(model, (str, os.PathLike)):
        with open(model, "rb") as file:
            data = file.read()
    else:
        data = model.to_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    config = json.loads(header.pop("__metadata__")["config"])
    arrays = {}
    for name, entry in header.items():
        begin, after = entry["data_offsets"]
        kind = np.dtype(_TYPES[entry["dtype"]]).newbyteorder("<")
        array = np.frombuffer(data[end + begin : end + after], kind).reshape(entry["shape"])
        arrays[name] = array.astype(np.float32 if array.dtype.kind == "f" else np.uint32)
    return config, arrays
