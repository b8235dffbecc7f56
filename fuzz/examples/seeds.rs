//! Writes a valid input of each target into its corpus: `cargo run --example seeds`.

use std::io::Write;
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
    for (name, text) in sudoku_texts() {
        write("sudoku_list", name, &[&[0xf][..], text.as_bytes()].concat())?;
    }
    for (name, text) in rules_texts() {
        write("rules", name, text.as_bytes())?;
    }
    let rows = "\n#####\n#S..#\n#.#E#\n#####\n";
    write("maze_board", "dots", rows.as_bytes())?;
    write("maze_board", "blocks", rows.replace('#', "█").replace('.', "□").as_bytes())?;
    let units: Vec<u8> = rows.replace('.', "o").encode_utf16().flat_map(u16::to_le_bytes).collect();
    write("maze_board", "utf16", &[b"\xff\xfe", units.as_slice()].concat())?;
    write("questions", "sudoku", format!("id;Puzzle\n1;{SUDOKU}\n#\n2;{SUDOKU}\n").as_bytes())?;
    write("questions", "maze", b"sep=,\nmaze,source\n#SG ,\"a\nb\"\nS  G,\n")?;
    write("questions", "one_column", b"question\nS ## #  G\n\"SG  \"\n")?;
    let apart = SUDOKU.split("").collect::<Vec<_>>().join("\n");
    write("questions", "rows_in_fields", format!("quiz,solution\n\"{apart}\",\"{SOLVED}\"\n").as_bytes())?;
    let table = format!("quizzes,solutions\n{SUDOKU},{SOLVED}\n");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(table.as_bytes())?;
    write("archive", "packed", &packed.finish()?)?;
    write("archive", "plain", table.as_bytes())?;
    write("arrays", "sudoku", &arrays("1.34.4.22.4.432.", "1234341221434321")?)?;
    write("arrays", "maze", &arrays("S  G", "So G")?)?;
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

/// Files of rules of each kind, some with puzzles.
fn rules_texts() -> [(&'static str, &'static str); 3] {
    let boxes = "name = \"x\"\ngrid = [4, 4]\nsymbols = \"1234\"\ngroups = [
 { name = \"row\", cells = \"rows\", kind = \"line\" }, { name = \"box\", cells = \"boxes 2x2\" },
 { name = \"diagonal\", cells = \"diagonals\", intersections = false },
 { name = \"pair\", cells = [\"r1c1 r2c3\", \"r3c1:r4c1\"] }]
fixed = { r1c1 = \"1\" }\nexcluded = { \"r4c1:r4c2\" = \"12\" }\n";
    let queens = "name = \"q\"\ngrid = [5, 5]\nsymbols = \"-Q\"\ngivens = \"Q\"\ngroups = [
 { name = \"row\", cells = \"rows\", rule = \"exactly_one\", symbol = \"Q\" },
 { name = \"diagonal\", cells = \"all diagonals\", rule = \"at_most_one\", symbol = \"Q\" }]\n";
    let columns = "name = \"j\"\ngrid = [2, 2]\nsymbols = \"12\"\ngroups = [
 { name = \"region\", column = \"regions\", make = \"regions\" },
 { name = \"edge\", column = \"edges\", make = \"planar 2.2\" }]\n---
question,answer,regions,edges\n1...,1221,AABB,1-2 2-4\n....,1221,r1c1-2 3-4,\n";
    [("boxes", boxes), ("queens", queens), ("columns", columns)]
}

/// A text of each kind that `sudoku_list` reads.
fn sudoku_texts() -> Vec<(&'static str, String)> {
    let rows: Vec<&str> = (0..9).map(|row| &SUDOKU[9 * row..9 * row + 9]).collect();
    let board = |row: &str| format!("|{}|{}|{}|", &row[..3], &row[3..6], &row[6..]);
    let board: Vec<String> = rows.iter().map(|row| board(row)).collect();
    let fields: Vec<String> =
        rows.iter().map(|row| row.replace('.', "").split("").collect::<Vec<_>>().join(",")).collect();
    let cells = |row: &str| row.replace('.', " ").split("").collect::<Vec<_>>().join("|");
    let cells: Vec<String> = rows.iter().map(|row| cells(row)).collect();
    let below_zero: Vec<String> = rows.iter().map(|row| row.split("").collect::<Vec<_>>().join(" ")).collect();
    vec![
        ("markdown", format!("|{}\n|{}\n{}\n", "a|".repeat(9), "-|".repeat(9), cells.join("\n"))),
        ("below_zero", below_zero.join("\n").replace('.', "-1")),
        ("list", format!("{SUDOKU} # easy\n{SUDOKU},{SOLVED}\n{}\n", &SUDOKU[1..])),
        ("board", format!("+---+---+---+\n{}\n+---+---+---+\n", board.join("\n"))),
        ("sections", format!("#AAnna\n[Puzzle]\n{}\n[State]\n{}\n", rows.join("\n"), rows.join("\n"))),
        ("spaces", rows.join("\n").replace('.', " ")),
        ("dashes", rows.join("\r\n").replace('.', "-")),
        ("fields", fields.join("\n")),
        ("numbers", "1 2 0 16\n".repeat(64)),
        ("hexadecimal", "0123456789ABCDEF................".repeat(8)),
        ("letters", "ABCDEFGHIJKLMNOPQRSTUVWXY".to_owned() + &".".repeat(600)),
        ("table", format!("puzzle,solution\n{SUDOKU},{SOLVED}\n")),
        ("titles", format!("Grid 01\n{}\nGrid 02\n{}", rows.join("\n"), rows.join("\n"))),
    ]
}

/// Arrays of one puzzle and its answer, both padded to the same length.
fn arrays(question: &str, answer: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let token = |c: char| match c {
        '.' => 1,
        c if c.is_ascii_digit() => c as u8 - b'0' + 1,
        c => "# SGo".find(c).map_or(0, |i| i as u8 + 1),
    };
    let npy = |text: &str| {
        let tokens: Vec<u8> = text.chars().map(token).collect();
        let mut bytes = Vec::new();
        let array = ndarray::Array2::from_shape_vec((1, tokens.len()), tokens)?;
        ndarray_npy::WriteNpyExt::write_npy(&array, &mut bytes)?;
        Ok::<_, Box<dyn std::error::Error>>(bytes)
    };
    Ok([npy(question)?, npy(answer)?].concat())
}
