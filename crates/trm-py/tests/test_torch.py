"""The nets in PyTorch: the same numbers as ours, there and back, and as ONNX."""

import importlib.util

import numpy as np
import pytest
from conftest import EASY

import trm

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
TOLERANCE = 1e-4


def sudoku_question(text):
    """The candidates `[729, 2]`, open and given, as `crates/puzzles/src/sudoku/encode.rs` has them."""
    grid = np.array([int(c) if c.isdigit() else 0 for c in text]).reshape(9, 9)
    question = np.zeros((9, 9, 9, 2), np.float32)
    for row in range(9):
        for column in range(9):
            if grid[row, column]:
                question[row, column, grid[row, column] - 1, 1] = 1
                continue
            box = grid[row // 3 * 3 : row // 3 * 3 + 3, column // 3 * 3 : column // 3 * 3 + 3]
            taken = {*grid[row], *grid[:, column], *box.ravel()}
            question[row, column, :, 0] = [digit not in taken for digit in range(1, 10)]
    return question.reshape(729, 2)


def maze_question(rows):
    return np.array([[c in " .", c == "S", c == "G"] for row in rows for c in row], np.float32)


SUDOKU = [sudoku_question(EASY), sudoku_question(".." + EASY[2:])]
MAZES = [maze_question(["S  ", "## ", "G  "]), maze_question(["S   ", "# # ", "    ", "#G# "])]


@pytest.mark.parametrize(("name", "questions", "answer_dim"), [("sudoku", SUDOKU, 1), ("maze", MAZES, 1)])
def test_the_numbers_are_ours(name, questions, answer_dim):
    import torch

    import trm.torch

    # Without the noise of an answer channel, which PyTorch does not draw as we do.
    engine = trm.Engine.shipped(name)
    if "answer_channel" in engine.config:
        engine = engine.with_tensors({"channel.weight": np.zeros((1, engine.config["hidden_dim"]), np.float32)})
    net = trm.torch.RelationalNet(engine)
    answers = [np.zeros((len(question), answer_dim), np.float32) for question in questions]
    start = net.start(list(zip(questions, answers)))
    y, z = start.y, start.z
    with torch.no_grad():
        y, z = net(start.x, y, z, *start.indices)
        logits = net.logits(y).numpy()
    ours = [engine.reason(q, a, k=1).answer[live.numpy()] for q, a, live in zip(questions, answers, start.live)]
    assert np.abs(np.concatenate(ours) - logits).max() < TOLERANCE


def test_grids_that_are_not_square_and_groups_of_ones_own(rng):
    import torch

    import trm.torch

    maze = trm.Engine.untrained(puzzle="maze", hidden_dim=8, ffn_dim=8)
    rows, columns = np.repeat(np.arange(3), 4), np.tile(np.arange(4), 3)
    groups = trm.Engine.untrained(groups={"row": rows, "column": columns}, scale=0.5, hidden_dim=8, ffn_dim=8,
                                  embedding_dim=3, answer_dim=2, output="token_softmax")
    # Some tokens in no group of a relation.
    some = np.where(rows == 1, 2**32 - 1, columns)
    partial = trm.Engine.untrained(groups={"row": rows, "column": some}, scale=0.5, hidden_dim=8, ffn_dim=8,
                                   embedding_dim=3, answer_dim=2, output="token_softmax")
    for engine, grid in ((maze, (3, 4)), (groups, None), (partial, None)):
        question = (rng.random((12, 3)) < 0.5).astype(np.float32)
        answer = rng.standard_normal((12, engine.config["answer_dim"])).astype(np.float32)
        net = trm.torch.RelationalNet(engine)
        start = net.start([(question, answer)], grid and [grid])
        with torch.no_grad():
            y, _ = net(*start.state, *start.indices)
        ours = engine.reason(question, answer, k=1, grid=grid).answer[start.live[0].numpy()]
        assert np.abs(net.logits(y).detach().numpy() - ours).max() < TOLERANCE


def test_weights_come_back(tmp_path):
    import torch

    import trm.torch

    engine = trm.Engine.untrained(puzzle="maze", hidden_dim=8, ffn_dim=8)
    engine.save(tmp_path / "model.safetensors")
    net = trm.torch.RelationalNet(tmp_path / "model.safetensors")
    answer = np.zeros((9, 1), np.float32)
    start = net.start([(MAZES[0], answer)])
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    y, _ = net(*start.state, *start.indices)
    (net.logits(y) - 1).square().sum().backward()
    optimizer.step()
    trained = engine.with_tensors(net.tensors())
    assert trained.to_bytes() != engine.to_bytes()
    start = net.start([(MAZES[0], answer)])
    with torch.no_grad():
        y, _ = net(*start.state, *start.indices)
        logits = net.logits(y).numpy()
    assert np.abs(trained.reason(MAZES[0], answer, k=1).answer[start.live[0].numpy()] - logits).max() < TOLERANCE


def test_other_mixers_are_refused():
    import trm.torch

    with pytest.raises(ValueError, match="relational"):
        trm.torch.RelationalNet(trm.Engine.untrained(hidden_dim=8))


def test_a_state_dict_is_an_official_checkpoint(rng, tmp_path):
    import torch
    from test_official import CONFIG, state_dict

    arrays = state_dict(rng)
    state = {name: torch.tensor(array) for name, array in arrays.items()}
    engine = trm.Engine.from_official(state, CONFIG)
    assert engine.to_bytes() == trm.Engine.from_official(arrays, CONFIG).to_bytes()
    torch.save({"model": state, "step": 5}, tmp_path / "step_5")
    assert trm.Engine.from_official(tmp_path / "step_5", CONFIG).to_bytes() == engine.to_bytes()
    torch.save(state, tmp_path / "state")
    assert trm.Engine.from_official(tmp_path / "state", CONFIG).to_bytes() == engine.to_bytes()
    parameters = {f"_orig_mod.model.{name}": torch.nn.Parameter(tensor) for name, tensor in state.items()}
    assert trm.Engine.from_official(parameters, CONFIG).to_bytes() == engine.to_bytes()
    half = trm.Engine.from_official({name: tensor.bfloat16() for name, tensor in state.items()}, CONFIG)
    assert np.abs(half.tensors()["head.weight"] - engine.tensors()["head.weight"]).max() < 0.02


@pytest.mark.skipif(importlib.util.find_spec("onnxruntime") is None, reason="ONNX Runtime is not installed")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "question"), [("sudoku", SUDOKU[0]), ("maze", MAZES[1])])
def test_onnx_gives_the_same(tmp_path, name, question):
    import onnxruntime
    import torch

    import trm.torch

    engine = trm.Engine.shipped(name)
    net = trm.torch.RelationalNet(engine).eval()
    start = net.start([(question, np.zeros((len(question), 1), np.float32))])
    path = tmp_path / "step.onnx"
    net.to_onnx(path, start)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feed = {"x": start.x, "y": start.y, "z": start.z, **{f"i{i}": index for i, index in enumerate(start.indices)}}
    feed = {key: value.detach().numpy() for key, value in feed.items()}
    y, z = start.y, start.z
    for _ in range(3):
        feed["y"], feed["z"], logits = session.run(["y_next", "z_next", "logits"], feed)
        with torch.no_grad():
            y, z = net(start.x, y, z, *start.indices)
    assert np.abs(net.logits(y).detach().numpy() - logits).max() < 10 * TOLERANCE
