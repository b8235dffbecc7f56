"""The shipped models in PyTorch and ONNX Runtime, beside ours: first the same numbers, then the time.

Run by `cargo xtask peers`. Arguments: our program, the folder of the model files, a scratch folder.
"""

import argparse
import copy
import json
import logging
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors import safe_open

K = 10
RMS_EPS = 1e-5
TOLERANCE = 1e-4
# Before each turn: a pool of threads spins for a while after its work, on the core that the other side needs.
PAUSE_SECONDS = 0.2
# Of each turn, which is their median: after a pause it can take a call until threads have a core each.
CALLS = 5


class RelationalNet(torch.nn.Module):
    """`deep_recursion` of crates/trm-core/src/relational, by the names of the model file.

    Several questions are one graph: tokens lie one after the other, indices are shifted.
    """

    def __init__(self, path):
        super().__init__()
        with safe_open(path, "pt") as file:
            self.config = json.loads(file.metadata()["config"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        self.relations = {k.removeprefix("relations."): v.long() for k, v in tensors.items() if k.startswith("relations.")}
        self.w = {name: torch.nn.Parameter(t, requires_grad=False) for name, t in tensors.items() if t.is_floating_point()}
        for name, parameter in self.w.items():
            self.register_parameter(name.replace(".", "_"), parameter)
        groups = self.config["mixer"]["relational"]
        self.grid = groups == "grid4"
        if not self.grid:
            self.scale = groups["groups"]["scale"]
            self.parts = groups["groups"]["relations"]
            self.n_matrices = 1 + max(part["matrix"] for part in self.parts)

    def block(self, b, u, indices):
        h = u.shape[1]
        padded = torch.cat([u, u.new_zeros(1, h)])
        direct, bias = self.w[f"blocks.{b}.direct.weight"], self.w[f"blocks.{b}.bias"]
        if self.grid:
            pre = torch.addmm(bias, padded[indices[0]].flatten(1), direct)
        else:
            group_of, members = indices[0], indices[1:]
            matrices = self.w[f"blocks.{b}.groups.weight"].view(self.n_matrices, h, -1)
            messages = torch.cat([padded[m].sum(1) * self.scale @ w for m, w in zip(members, matrices)])
            pre = torch.addmm(bias, u, direct) + messages[group_of].sum(1)
        gate, up = pre.chunk(2, dim=1)
        u = u + torch.nn.functional.silu(gate) * up @ self.w[f"blocks.{b}.down.weight"]
        return u * torch.rsqrt(u.square().mean(1, keepdim=True) + RMS_EPS)

    def net(self, u, indices):
        for b in range(self.config["n_blocks"]):
            u = self.block(b, u, indices)
        return u

    def forward(self, x, y, z, *indices):
        """One supervision step."""
        for _ in range(self.config["cycles"]):
            for _ in range(self.config["latent_iterations"]):
                z = self.net(x + y + z, indices)
            y = self.net(y + z, indices)
        return y, z

    def logits(self, y):
        return y @ self.w["head.weight"] + self.w["head.bias"]

    def start(self, questions):
        """Live tokens of each question, and x, y, z and the indices of all of them as one graph."""
        lives, inputs = [], []
        for q in questions:
            feature = torch.tensor(q["question"]).view(-1, self.config["embedding_dim"])
            given = self.config["given_feature"]
            live = (feature != 0).any(1) if given is None else (feature != 0).any(1) & (feature[:, given] == 0)
            answer = torch.tensor(q["answer"]).view(-1, 1)[live]
            x = feature[live] @ self.w["question.weight"] * self.config["embedding_scale"]
            y = self.w["init.y"] + answer @ self.w["answer.weight"]
            inputs.append((x, y, self.w["init.z"].expand_as(y)))
            lives.append(live)
        x, y, z = (torch.cat(part).contiguous() for part in zip(*inputs))
        return lives, (x, y, z), self.neighbours(lives) if self.grid else self.groups(lives)

    def neighbours(self, lives):
        """`[n, 5]`: each cell, below, left, right, above; n where there is none."""
        total, start, rows = sum(int(live.sum()) for live in lives), 0, []
        for live in lives:
            side = int(len(live) ** 0.5)
            number = torch.full((side + 2, side + 2), total)
            n = int(live.sum())
            number[1:-1, 1:-1][live.view(side, side)] = torch.arange(start, start + n)
            start += n
            around = [number[1 + dy : side + 1 + dy, 1 + dx : side + 1 + dx] for dy, dx in [(0, 0), (1, 0), (0, -1), (0, 1), (-1, 0)]]
            rows.append(torch.stack(around, -1)[live.view(side, side)])
        return (torch.cat(rows),)

    def groups(self, lives):
        """`[n, relations]`, the message each token hears; per matrix `[groups, most members]`, n for none."""
        total = sum(int(live.sum()) for live in lives)
        group_of = torch.zeros(total, len(self.parts), dtype=torch.long)
        tables, first = [], 0
        for matrix in range(self.n_matrices):
            groups = []
            for r, part in enumerate(self.parts):
                if part["matrix"] != matrix:
                    continue
                start = 0
                for live in lives:
                    ids = self.relations[part["name"]][live]
                    for group in ids.unique():
                        members = (ids == group).nonzero().flatten() + start
                        group_of[members, r] = first + len(groups)
                        groups.append(members.tolist())
                    start += int(live.sum())
            most = max(map(len, groups))
            tables.append(torch.tensor([g + [total] * (most - len(g)) for g in groups]))
            first += len(groups)
        return (group_of, *tables)


class Ours:
    def __init__(self, program):
        self.child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        print(*words, file=self.child.stdin, flush=True)
        return json.loads(self.child.stdout.readline())


def run_torch(step, state, indices):
    x, y, z = state
    for _ in range(K):
        y, z = step(x, y, z, *indices)
    return y


def run_onnx(session, feed):
    feed = dict(feed)
    for _ in range(K):
        feed["y"], feed["z"] = session.run(None, feed)
    return torch.from_numpy(feed["y"])


def contenders(net, state, indices, n_threads, folder):
    """Name and call of each: all start from the same state and give y after K steps."""
    torch.set_num_threads(n_threads)
    yield "PyTorch eager", lambda: run_torch(net, state, indices)
    torch._dynamo.reset()
    # The blocks are compiled, the loops over them are not: unrolled, they take many minutes to compile.
    compiled = copy.copy(net)
    compiled.net = torch.compile(net.net, dynamic=False)
    yield "torch.compile", lambda: run_torch(compiled, state, indices)
    names = [f"i{i}" for i in range(len(indices))]
    path = folder / "step.onnx"
    torch.onnx.export(net, (*state, *indices), path, input_names=["x", "y", "z", *names],
                      output_names=["y_next", "z_next"], dynamo=True, verbose=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {name: t.numpy() for name, t in zip(["x", "y", "z", *names], [*state, *indices])}
    yield "ONNX Runtime", lambda: run_onnx(session, feed)


def check(net, lives, y, questions, what, tolerance=TOLERANCE):
    """The logits of live tokens against ours; the largest difference."""
    ours = torch.cat([torch.tensor(q[what])[live] for q, live in zip(questions, lives)])
    apart = float((net.logits(y).flatten() - ours).abs().max())
    assert apart <= tolerance, f"{what}: the logits are {apart} apart"
    return apart


def timed(call):
    start = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - start


def turn(nanoseconds):
    time.sleep(PAUSE_SECONDS)
    return statistics.median(nanoseconds() for _ in range(CALLS))


def compare(net, ours, questions, row, n_threads, rounds, folder):
    lives, state, indices = net.start(questions)
    y, _ = net(*state, *indices)
    apart = check(net, lives, y, questions, "one")
    command = (row["what"] if row["what"] == "latency" else "batch", row["puzzle"], n_threads)
    ours.ask(*command)
    for name, call in contenders(net, state, indices, n_threads, folder):
        # Rounding grows over K steps, in PyTorch as here.
        last = check(net, lives, call(), questions, "last", 100 * TOLERANCE)
        ratios, times = [], []
        for _ in range(rounds):
            mine = turn(lambda: ours.ask(*command))
            theirs = turn(lambda: timed(call))
            ratios.append(theirs / mine)
            times.append((theirs, mine))
        theirs, mine = (statistics.median(t[i] for t in times) / 1e6 / row["n"] for i in (0, 1))
        result = {**row, "peer": name, "threads": n_threads, "peer_ms": theirs, "ours_ms": mine,
                  "ratio": statistics.median(ratios), "low": min(ratios), "high": max(ratios),
                  "apart_1": apart, f"apart_{K}": last}
        print(f"{row['puzzle']:<7} {row['what']:<16} {n_threads} threads  {name:<14} {theirs:9.2f} ms  ours {mine:8.2f} ms  "
              f"ratio {result['ratio']:6.2f} ({result['low']:.2f} .. {result['high']:.2f})", flush=True)
        with open(folder / "peers.jsonl", "a") as file:
            print(json.dumps(result), file=file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    n, rounds = (4, 7) if arguments.quick else (16, 15)
    (arguments.folder / "peers.jsonl").unlink(missing_ok=True)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    ours = Ours(arguments.ours)
    print(f"PyTorch {torch.__version__}, ONNX Runtime {onnxruntime.__version__}; K = {K}; the peer's time by ours, per puzzle")
    with torch.inference_mode():
        for puzzle in ["sudoku", "maze"]:
            net = RelationalNet(arguments.weights / f"{puzzle}.safetensors").eval()
            questions = ours.ask("questions", puzzle, n)
            for n_threads in (1, 2):
                for what, asked in [("latency", questions[:1]), (f"batch of {n}", questions)]:
                    row = {"puzzle": puzzle, "what": what, "n": len(asked)}
                    compare(net, ours, asked, row, n_threads, rounds, arguments.folder)


if __name__ == "__main__":
    main()
