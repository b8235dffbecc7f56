"""Checkpoints of the official code, without PyTorch."""

import json

import numpy as np
import pytest

import trm

CONFIG = {
    "seq_len": 4, "num_puzzle_identifiers": 1, "vocab_size": 5, "H_cycles": 1, "L_cycles": 2, "L_layers": 1,
    "hidden_size": 16, "expansion": 4, "num_heads": 2, "pos_encodings": "rope", "halt_max_steps": 4, "mlp_t": False,
    "puzzle_emb_ndim": 0, "puzzle_emb_len": 0,
}
LAYER = "inner.L_level.layers.0."
# 4 * 16 * 2 / 3, rounded up to a multiple of 256.
WIDTH = 256
SHAPES = {
    "inner.embed_tokens.embedding_weight": (5, 16), "inner.H_init": (16,), "inner.L_init": (16,),
    "inner.lm_head.weight": (5, 16), "inner.q_head.weight": (2, 16), "inner.q_head.bias": (2,),
    LAYER + "self_attn.qkv_proj.weight": (48, 16), LAYER + "self_attn.o_proj.weight": (16, 16),
    LAYER + "mlp.gate_up_proj.weight": (2 * WIDTH, 16), LAYER + "mlp.down_proj.weight": (16, WIDTH),
}


def state_dict(rng):
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in SHAPES.items()}


def safetensors(arrays, metadata=None):
    header, data = {} if metadata is None else {"__metadata__": metadata}, b""
    for name, array in arrays.items():
        begin, data = len(data), data + array.tobytes()
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def test_a_state_dict_and_its_file_are_the_same_model(rng, tmp_path):
    arrays = state_dict(rng)
    engine = trm.Engine.from_official(arrays, CONFIG)
    assert (engine.tensors()["head.weight"] == arrays["inner.lm_head.weight"].T).all()
    assert engine.config["mixer"] == {"attention": {"num_heads": 2}}
    path, config = tmp_path / "step_100", tmp_path / "arch.json"
    path.write_bytes(safetensors(arrays))
    config.write_text(json.dumps(CONFIG))
    assert trm.Engine.from_official(path, config).to_bytes() == engine.to_bytes()
    assert trm.Engine.from_official(str(path), CONFIG).to_bytes() == engine.to_bytes()
    path.write_bytes(safetensors(arrays, {"config": json.dumps(CONFIG)}))
    assert trm.Engine.from_official(path).to_bytes() == engine.to_bytes()
    one_hot = np.eye(5, dtype=np.float32)[[0, 1, 2, 3]]
    assert engine.reason(one_hot, np.zeros((4, 5), np.float32), k=2).answer.shape == (4, 5)


@pytest.mark.parametrize("change", [
    lambda a: {name: w.astype(">f4") for name, w in a.items()},
    lambda a: {name: np.asfortranarray(w) for name, w in a.items()},
    lambda a: {name: w.astype(np.float64) for name, w in a.items()},
    lambda a: {"module." + name.removeprefix("inner."): w for name, w in a.items()},
    lambda a: {**a, "inner.rotary_emb.cos_cached": np.zeros(3, np.float32)},
])
def test_other_forms_of_the_same_state_dict(rng, change):
    arrays = state_dict(rng)
    expected = trm.Engine.from_official(arrays, CONFIG).to_bytes()
    assert trm.Engine.from_official(change(arrays), CONFIG).to_bytes() == expected


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda a: {k: v for k, v in a.items() if "lm_head" not in k}, trm.FileFormatError, "lm_head.*missing"),
    (lambda a: {**a, "inner.extra": a["inner.H_init"]}, trm.FileFormatError, "extra"),
    (lambda a: {**a, "inner.H_init": np.zeros(3, np.float32)}, trm.FileFormatError, "H_init"),
    (lambda a: {**a, "inner.H_init": np.full(16, np.nan, np.float32)}, trm.NotFiniteError, "H_init"),
    (lambda a: {**a, "inner.H_init": np.zeros(16, np.int64)}, trm.FileFormatError, "H_init"),
    (lambda a: {**a, "inner.H_init": np.zeros(16, complex)}, trm.ConfigError, "H_init"),
    (lambda a: {**a, "inner.H_init": None}, trm.ConfigError, "H_init"),
    (lambda a: {}, trm.FileFormatError, "cannot hold"),
])
def test_what_is_no_checkpoint_is_refused(rng, change, error, words):
    with pytest.raises(error, match=words):
        trm.Engine.from_official(change(state_dict(rng)), CONFIG)


def test_configurations_are_checked(rng, tmp_path):
    arrays = state_dict(rng)
    with pytest.raises(trm.ConfigError, match="configuration"):
        trm.Engine.from_official(arrays)
    with pytest.raises(trm.ConfigError, match="num_puzzle_identifiers"):
        trm.Engine.from_official(arrays, {**CONFIG, "num_puzzle_identifiers": 2})
    with pytest.raises(trm.ConfigError, match="hidden_size"):
        trm.Engine.from_official(arrays, {k: v for k, v in CONFIG.items() if k != "hidden_size"})
    for path in (tmp_path / "none", "none"):
        with pytest.raises(FileNotFoundError):
            trm.Engine.from_official(path, CONFIG)
        with pytest.raises(trm.FileMissingError):
            trm.Engine.from_official(arrays, path)
    (tmp_path / "text").write_text("no checkpoint")
    with pytest.raises(trm.FileFormatError, match="text"):
        trm.Engine.from_official(tmp_path / "text", CONFIG)


def test_configurations_are_read_as_runs_write_them(rng, tmp_path):
    arrays = state_dict(rng)
    expected = trm.Engine.from_official(arrays, CONFIG).to_bytes()
    of_data = {"seq_len", "vocab_size", "num_puzzle_identifiers"}
    arch = {k: v for k, v in CONFIG.items() if k not in of_data}
    data = {k: v for k, v in CONFIG.items() if k in of_data}
    assert trm.Engine.from_official(arrays, {"arch": arch, "lr": 1, **data}).to_bytes() == expected
    path = tmp_path / "all_config.yaml"
    path.write_text("lr: 1\narch:\n" + "".join(f"  {k}: {json.dumps(v)}\n" for k, v in arch.items()))
    with pytest.raises(trm.ConfigError, match="dataset.json"):
        trm.Engine.from_official(arrays, path)
    (tmp_path / "dataset.json").write_text(json.dumps(data))
    assert trm.Engine.from_official(arrays, path).to_bytes() == expected
    with pytest.warns(UserWarning, match="q_head"):
        trm.Engine.from_official(arrays, {**CONFIG, "no_ACT_continue": False})
    path.write_text("- a\n- b\n")
    with pytest.raises(trm.ConfigError, match="all_config.yaml"):
        trm.Engine.from_official(arrays, path)


def test_damaged_pytorch_files_are_refused(tmp_path):
    for i, data in enumerate((b"\x80\x02}q\x00.", b"PK\x03\x04" + b"\0" * 100, b"\x80\x05" + b"\xff" * 40)):
        path = tmp_path / f"{i}.pt"
        path.write_bytes(data)
        with pytest.raises(trm.FileFormatError, match=f"{i}.pt"):
            trm.Engine.from_official(path, CONFIG)
