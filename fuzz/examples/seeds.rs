//! Writes a valid input of each target into its corpus: `cargo run --example seeds`.

use std::path::Path;
use trm_core::Model;
use trm_fuzz::{Corridor, grid, groups, run};
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
    for which in 0..11u8 {
        let mut input = vec![which, 2, 170];
        input.extend(std::iter::repeat_n(1f32.to_le_bytes(), 12).flatten());
        input.extend([0; 24]);
        write("reason", &format!("mixer{which}"), &input)?;
    }
    let mut input = vec![6, 1, 170];
    input.extend(std::iter::repeat_n([1f32.to_le_bytes(), [0; 4]].concat(), 729).flatten());
    input.extend([0; 4 * 729]);
    write("reason", "sudoku", &input)?;
    Ok(())
}

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
