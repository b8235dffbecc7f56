//! Writes a valid input of each target into its corpus: `cargo run --example seeds`.

use std::path::Path;
use trm_core::{Mixer, Model, TrmConfig};
use trm_fuzz::{Corridor, engines, grid, groups, reason, run};
use trm_train::Trainer;

const SUDOKU: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const SOLVED: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let header = "source,question,answer,rating\n";
    let (corridor, net) = (Model::new(grid().build()?)?, Model::new(groups().build()?)?);
    let mut trainer = Trainer::new(corridor.clone(), run(), &Corridor)?;
    trainer.step()?;
    let progress = serde_json::json!({ "train": trainer.progress() });
    write("weights", "grid", &corridor.to_bytes()?)?;
    write("weights", "groups", &net.to_bytes()?)?;
    for (name, model) in [("grid", &corridor), ("groups", &net)] {
        write("config", name, serde_json::to_string(model.config())?.as_bytes())?;
    }
    write("config", "official", OFFICIAL.as_bytes())?;
    write("official", "attention", &official()?)?;
    let engine = sona_learn::SonaEngine::new(2);
    for i in 0..40u16 {
        let x = f32::from(i) / 40.0;
        engine.learn(&[x, x * x], sona_learn::Label::Solved(1 + usize::from(i) / 4), 1.0, &[]);
    }
    write("predictor", "fresh", &sona_learn::SonaEngine::new(2).to_bytes()?[24..])?;
    write("predictor", "taught", &engine.to_bytes()?[24..])?;
    let folder = Path::new("target/seeds");
    std::fs::create_dir_all(folder)?;
    trainer.checkpoint().save(&folder.join("checkpoint"))?;
    write("checkpoint", "one_step", &std::fs::read(folder.join("checkpoint"))?[24..])?;
    write("sudoku_csv", "one", format!("{header}x,{SUDOKU},{SOLVED},1\n").as_bytes())?;
    write("maze_csv", "one", format!("{header},S  G,So G,3\n,\"S  G\",\"So G\",3\r\n").as_bytes())?;
    write("sudoku_text", "puzzle", SUDOKU.as_bytes())?;
    write("sudoku_text", "numbers", &[0x3f; 4 * 729])?;
    write("maze_text", "line", b"S # #  G |So# #ooG ")?;
    write("maze_text", "rows", b"S #\n# #\n  G\n")?;
    write(
        "training_log",
        "one",
        format!("{progress}\n{{\"step\":1,\"validation\":{VALIDATION}}}\n").as_bytes(),
    )?;
    write("recipe", "every_kind", RECIPE.as_bytes())?;
    write("record", "three", RECORD.as_bytes())?;
    for (which, engine) in engines().iter().enumerate() {
        let input = question(which as u8, engine.model().config());
        assert!(reason(&input), "engine {which} answers");
        write("reason", &format!("engine{which}"), &input)?;
    }
    Ok(())
}

/// Two steps of an engine on a question of its size, a quarter of its numbers marked.
fn question(which: u8, config: &TrmConfig) -> Vec<u8> {
    let n_tokens = match &config.mixer {
        Mixer::Relational(relations) => relations.n_tokens().unwrap_or(4),
        _ => 4,
    };
    let (n_question, n_answer) = (n_tokens * config.embedding_dim, n_tokens * config.answer_dim);
    let split = (255 * n_question).div_ceil(n_question + n_answer) as u8;
    let marks = (0..n_question).map(|i| f32::from(u8::from(i % 4 == 0)));
    let numbers = marks.chain((0..n_answer).map(|_| 0.0));
    [which, 2, split].into_iter().chain(numbers.flat_map(f32::to_le_bytes)).collect()
}

const RECORD: &str = r#"{"case":"Sudoku/K/5","median_ns":2e7,"median_low_ns":1.9e7,"median_high_ns":2.1e7,"mad_ns":1e5,"n":60,"per_call":1.0,"n_calls":300,"p50_ns":2e7,"p95_ns":2.2e7,"p99_ns":2.5e7,"threads":1,"commit":"1a2b3c4","date":"2026-01-02T03:04:05Z","quick":false,"machine":"AMD EPYC","n_cores":2,"os":"linux x86_64","rustc":"1.90.0","cpu_features":["avx2","fma"],"load":0.1}
{"case":"Memory/TRM Engine","value":1590607.0,"unit":"bytes","threads":1,"commit":"","date":"","quick":true,"machine":"","n_cores":0,"os":"","rustc":"","cpu_features":[]}
{"case":"Quality/maze/exact at K/8","value":81.3,"unit":"%","interval":[76.0,86.0],"threads":1,"commit":"","date":"","quick":true,"machine":"","n_cores":0,"os":"","rustc":"","cpu_features":[],"load":9.0}
"#;

const RECIPE: &str = r#"puzzle = "sudoku"
[defaults]
data = [{ file = "easy.csv" }, { file = "deep.csv", weight = 0.5 }]
[[phase]]
name = "a"
steps = 9
lr = 3e-3
sides = [7, 14]
until = 5
[[phase]]
name = "b"
from = "a@5"
mixer = "mlp"
steps = 4
[[phase]]
resume = "a"
[[phase]]
name = "mean"
mean = ["a@5", "a@9", "b"]
"#;

const VALIDATION: &str =
    r#"{"n":2,"exact_at":[[1,0.5]],"exact_adaptive":0.5,"mean_k":1.5,"exact_any":0.5,"bands":[[0.0,2,0.5]]}"#;
const OFFICIAL: &str = r#"{"seq_len":4,"num_puzzle_identifiers":1,"vocab_size":3,"H_cycles":1,"L_cycles":1,"L_layers":1,"hidden_size":8,"expansion":0.1,"num_heads":2,"pos_encodings":"rope","halt_max_steps":2,"puzzle_emb_ndim":8,"puzzle_emb_len":1}"#;

fn official() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let shapes: [(&str, &[usize]); 11] = [
        ("embed_tokens.embedding_weight", &[3, 8]),
        ("H_init", &[8]),
        ("L_init", &[8]),
        ("lm_head.weight", &[3, 8]),
        ("q_head.weight", &[2, 8]),
        ("q_head.bias", &[2]),
        ("puzzle_emb.weights", &[1, 8]),
        ("L_level.layers.0.self_attn.qkv_proj.weight", &[24, 8]),
        ("L_level.layers.0.self_attn.o_proj.weight", &[8, 8]),
        ("L_level.layers.0.mlp.gate_up_proj.weight", &[512, 8]),
        ("L_level.layers.0.mlp.down_proj.weight", &[8, 256]),
    ];
    let data = vec![0x3c; 4 * 4096];
    let views = shapes.map(|(name, shape)| {
        let bytes = &data[..4 * shape.iter().product::<usize>()];
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), bytes);
        (format!("model.inner.{name}"), view.expect("as long as its shape"))
    });
    let metadata = [("config".to_string(), OFFICIAL.to_string())].into();
    let bytes = safetensors::serialize(views, Some(metadata))?;
    trm_core::official::from_bytes(&bytes, None)?;
    Ok(bytes)
}

fn write(target: &str, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(name), bytes)
}
