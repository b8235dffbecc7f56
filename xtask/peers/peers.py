"""The shipped models in PyTorch and ONNX Runtime, beside ours: first the same numbers, then the time.

Run by `cargo xtask peers`. Arguments: our program and a scratch folder. The definition in PyTorch is `trm.torch`.
"""

import argparse
import copy
import json
import logging
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import trm
from trm.torch import RelationalNet

K = 10
TOLERANCE = 1e-4
# Before each turn: a pool of threads spins for a while after its work, on the core that the other side needs.
PAUSE_SECONDS = 0.2
# Of each turn with one question, which is their median: after a pause it can take a call until threads have a core each.
# A batch is long enough for that not to matter.
CALLS = 5


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


def run_onnx(session, feed, cycles):
    feed = dict(feed)
    for _ in range(K * cycles):
        feed["y"], feed["z"] = session.run(["y_next", "z_next"], feed)
    return torch.from_numpy(feed["y"])


def export_cycle(net, start, path):
    """One cycle: the cycles of a step, unrolled, take minutes to export."""
    cycle = copy.copy(net)
    cycle.config = {**net.config, "cycles": 1}
    print(f"writing {path.name}", file=sys.stderr, flush=True)
    cycle.to_onnx(path, start)


def contenders(net, start, n_threads, folder):
    """Name and call of each: all start from the same state and give y after K steps."""
    torch.set_num_threads(n_threads)
    yield "PyTorch eager", lambda: run_torch(net, start.state, start.indices)
    torch._dynamo.reset()
    # The blocks are compiled, the loops over them are not: unrolled, they take many minutes to compile.
    compiled = copy.copy(net)
    compiled.net = torch.compile(net.net, dynamic=False)
    yield "torch.compile", lambda: run_torch(compiled, start.state, start.indices)
    path = folder / f"{net.config['hidden_dim']}-{start.state[0].shape[0]}.onnx"
    # The questions are the same for any number of threads.
    if n_threads == 1:
        export_cycle(net, start, path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = ["x", "y", "z", *(f"i{i}" for i in range(len(start.indices)))]
    feed = {name: t.numpy() for name, t in zip(names, [*start.state, *start.indices])}
    yield "ONNX Runtime", lambda: run_onnx(session, feed, net.config["cycles"])


def apart_by_question(net, y, answers, lives):
    """The largest difference between the logits of the live tokens of each question and our answers."""
    theirs = np.split(net.logits(y).flatten().numpy(), np.cumsum([int(live.sum()) for live in lives])[:-1])
    return np.array([np.abs(t - ours[live.numpy()].flatten()).max() for t, ours, live in zip(theirs, answers, lives)])


def check(net, lives, y, questions, what, tolerance=TOLERANCE):
    """The logits of live tokens against ours; the largest difference."""
    apart = float(apart_by_question(net, y, [np.array(q[what], np.float32) for q in questions], lives).max())
    assert apart <= tolerance, f"{what}: the logits are {apart} apart"
    return apart


def timed(call):
    start = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - start


def turn(nanoseconds, n):
    time.sleep(PAUSE_SECONDS)
    return statistics.median(nanoseconds() for _ in range(CALLS if n == 1 else 1))


def compare(mine, call, row, rounds, apart, folder):
    """Takes turns; `mine` gives the nanoseconds of a call of ours, `call` is the peer's."""
    ratios, times = [], []
    for _ in range(rounds):
        ours, theirs = turn(mine, row["n"]), turn(lambda: timed(call), row["n"])
        ratios.append(theirs / ours)
        times.append((theirs, ours))
    theirs, ours = (statistics.median(t[i] for t in times) / 1e6 / row["n"] for i in (0, 1))
    result = {**row, "peer_ms": theirs, "ours_ms": ours, "ratio": statistics.median(ratios), "low": min(ratios),
              "high": max(ratios), **apart}
    print(f"{row['puzzle']:<7} {row['what']:<22} {row['threads']} threads  {row['peer']:<14} {theirs:9.2f} ms  ours {ours:8.2f} ms  "
          f"ratio {result['ratio']:6.2f} ({result['low']:.2f} .. {result['high']:.2f})", flush=True)
    with open(folder / "peers.jsonl", "a") as file:
        print(json.dumps(result), file=file)


def start_of(net, questions):
    return net.start([(np.reshape(q["question"], (-1, net.config["embedding_dim"])), np.reshape(q["answer"], (-1, 1)))
                      for q in questions])


def from_rust(net, ours, questions, row, rounds, folder):
    """Our program beside its peers, each from its own state."""
    start = start_of(net, questions)
    y, _ = net(*start.state, *start.indices)
    apart = check(net, start.live, y, questions, "one")
    command = (row["what"] if row["what"] == "latency" else "batch", row["puzzle"], row["threads"])
    ours.ask(*command)
    for name, call in contenders(net, start, row["threads"], folder):
        # Rounding grows over K steps, in PyTorch as here.
        last = check(net, start.live, call(), questions, "last", 100 * TOLERANCE)
        compare(lambda: ours.ask(*command), call, {**row, "peer": name}, rounds,
                {"apart_1": apart, f"apart_{K}": last}, folder)


def from_python(engine, net, questions, row, rounds, folder):
    """The package `trm` beside its peers, called from this script. Ours reads NumPy arrays, and embeds the questions and
    finds their neighbours; the peers' clocks start when that is done."""
    config = engine.config
    arrays = [(np.array(q["question"], np.float32).reshape(-1, config["embedding_dim"]),
               np.array(q["answer"], np.float32).reshape(-1, config["answer_dim"])) for q in questions]
    start = net.start(arrays)
    threads = row["threads"]
    if len(arrays) == 1:
        single = engine.with_options(threads=threads)
        asked = lambda k: [single.reason(*arrays[0], k=k).answer]  # noqa: E731
    else:
        asked = lambda k: [r.answer for r in engine.reason_many(*zip(*arrays), k=k, threads=threads)]  # noqa: E731
    first = apart_by_question(net, net(*start.state, *start.indices)[0], asked(1), start.live)
    # Of many questions one may lie a little further apart.
    assert np.median(first) <= TOLERANCE and first.max() <= 10 * TOLERANCE, f"the logits are {first} apart after one step"
    ours = asked(K)
    for name, call in contenders(net, start, threads, folder):
        # Rounding grows over K steps. A few questions of many are not yet settled by then, and the two part there.
        last = apart_by_question(net, call(), ours, start.live)
        assert np.median(last) <= 100 * TOLERANCE, f"{name}: the logits are {last} apart"
        result = {"apart_1": float(first.max()), f"apart_{K}": float(np.median(last)), f"parted_{K}": int((last > 1).sum())}
        compare(lambda: timed(lambda: asked(K)), call, {**row, "peer": name}, rounds, result, folder)


def call_overhead(folder):
    """Microseconds of a call from Python whose work is next to nothing: what the border costs, and a little more."""
    engine = trm.Engine.untrained(hidden_dim=1, ffn_dim=1, embedding_dim=1, answer_dim=1, latent_iterations=1)
    one = np.ones((1, 1), np.float32)
    times = sorted(timed(lambda: engine.reason(one, one, k=1)) / 1e3 for _ in range(10_000))
    row = {"what": "call overhead", "us_median": times[len(times) // 2], "us_99": times[len(times) * 99 // 100]}
    print(f"a call from Python that does next to nothing: {row['us_median']:.1f} us, 99 % below {row['us_99']:.1f} us", flush=True)
    with open(folder / "peers.jsonl", "a") as file:
        print(json.dumps(row), file=file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    # Questions of a batch from Rust and from Python, and turns.
    n, n_python, rounds = (4, 16, 5) if arguments.quick else (16, 64, 15)
    (arguments.folder / "peers.jsonl").unlink(missing_ok=True)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    ours = Ours(arguments.ours)
    print(f"PyTorch {torch.__version__}, ONNX Runtime {onnxruntime.__version__}; K = {K}; the peer's time by ours, per puzzle")
    call_overhead(arguments.folder)
    with torch.inference_mode():
        for puzzle in ["sudoku", "maze"]:
            engine = trm.Engine.shipped(puzzle)
            if "answer_channel" in engine.config:
                # PyTorch does not draw our noise.
                silent = np.zeros((1, engine.config["hidden_dim"]), np.float32)
                engine = engine.with_tensors({"channel.weight": silent})
            net = RelationalNet(engine).eval()
            questions = ours.ask("questions", puzzle, n)
            for n_threads in (1, 2):
                row = {"puzzle": puzzle, "threads": n_threads}
                for what, asked in [("latency", questions[:1]), (f"batch of {n}", questions)]:
                    from_rust(net, ours, asked, {**row, "what": what, "n": len(asked)}, rounds, arguments.folder)
            questions = ours.ask("questions", puzzle, n_python)
            for n_threads in (1, 2):
                row = {"puzzle": puzzle, "threads": n_threads}
                for what, asked, n_rounds in [("Python", questions[:1], rounds), (f"Python, batch of {n_python}", questions, rounds // 2)]:
                    from_python(engine, net, asked, {**row, "what": what, "n": len(asked)}, n_rounds, arguments.folder)


if __name__ == "__main__":
    main()
