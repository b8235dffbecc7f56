//! What each fuzz target does with its bytes: read them, and use what was read. A target fails by
//! panicking, hanging, or taking memory without bound.
//!
//! This file needs no fuzzer: `crates/trm-cli/tests/corpus.rs` runs it over the corpora.

use puzzles::maze::{Maze, MazeDecoder, MazeEncoder, MazePath, read_maze, read_maze_csv, read_maze_npy};
use puzzles::rules::{Limits, Rules, Solutions, generate, read_rules_csv, solutions};
use puzzles::sudoku::{
    Geometry, Grid, Notation, ReadOptions, SudokuDecoder, SudokuEncoder, read_sudoku, read_sudoku_npy,
    read_sudokus, verdict,
};
use sona_learn::{Label, SonaEngine};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use trm_bench::TrainingLog;
use trm_core::{
    GroupRelation, Mixer, Model, Output, Precision, Relations, TrmConfig, TrmConfigBuilder, TrmEngine,
    official,
};
use trm_train::recipe::Recipe;
use trm_train::{Answer, Checkpoint, Data, Sample, TrainConfig, Trainer};

/// Tries bytes, and tells whether they were read: of a corpus at least one input must be, or its target
/// never comes further than the first check.
pub type Target = fn(&[u8]) -> bool;

/// All targets by name; a corpus of each lies in `corpus/NAME`.
pub const TARGETS: [(&str, Target); 19] = [
    ("weights", weights),
    ("official", official_weights),
    ("config", config),
    ("predictor", predictor),
    ("checkpoint", checkpoint),
    ("sudoku_csv", sudoku_csv),
    ("maze_csv", maze_csv),
    ("sudoku_text", sudoku_text),
    ("maze_text", maze_text),
    ("sudoku_list", sudoku_list),
    ("maze_board", maze_board),
    ("questions", questions),
    ("rules", rules),
    ("archive", archive),
    ("arrays", arrays),
    ("training_log", training_log),
    ("recipe", recipe),
    ("record", record),
    ("reason", reason),
];

/// Model files.
pub fn weights(data: &[u8]) -> bool {
    let Ok(model) = Model::from_bytes(data) else { return false };
    let again = Model::from_bytes(&model.to_bytes().expect("a model that was read")).expect("written");
    assert_eq!(again.params, model.params);
    ask(model)
}

/// Official checkpoints with their configuration in the metadata.
pub fn official_weights(data: &[u8]) -> bool {
    official::from_bytes(data, None).is_ok_and(ask)
}

/// Configurations as JSON, ours and the official ones.
pub fn config(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let _ = official::config_from_json(text);
    let Ok(config) = serde_json::from_str::<TrmConfig>(text) else { return false };
    trm_core::model::param_count(&config).is_ok_and(|n| n < 1 << 16)
        && ask(Model::new(config).expect("its weights were counted"))
}

/// One short run, where the configuration does not ask for a long one: whether there was an answer.
fn ask(model: Model) -> bool {
    let config = model.config();
    let calls = config.cycles * (config.latent_iterations + 1) * config.n_blocks;
    let n_tokens = match &config.mixer {
        Mixer::Relational(relations) => relations.n_tokens().unwrap_or(4),
        _ => 2,
    };
    if calls > 64 || model.params.len() > 1 << 16 || n_tokens > 1 << 10 {
        return false;
    }
    let (question, answer) =
        (vec![0.5; n_tokens * config.embedding_dim], vec![0.0; n_tokens * config.answer_dim]);
    let engine = TrmEngine::from(model);
    let Ok(result) = engine.try_reason(&question, &answer, Some(2)) else { return false };
    assert_eq!((result.answer.len(), result.iterations_used), (answer.len(), 2));
    true
}

/// The state of the K predictor: as it is, and sealed with a right checksum.
pub fn predictor(data: &[u8]) -> bool {
    // The version of this build, or the content would never be looked at.
    static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
    let empty = EMPTY.get_or_init(|| SonaEngine::new(2).to_bytes().expect("an engine"));
    let (magic, version) = empty[..12].split_at(8);
    let length = (data.len() as u64).to_le_bytes();
    let checksum = crc32fast::hash(&[version, &length, data].concat()).to_le_bytes();
    let sealed = [magic, version, &checksum, &length, data].concat();
    let mut read = false;
    for bytes in [data, &sealed] {
        let Ok(engine) = SonaEngine::from_bytes(bytes) else { continue };
        let dim = engine.config().dim;
        let query = vec![0.25; dim];
        let prediction = engine.predict(&query, 16);
        assert!((1..=16).contains(&prediction.steps), "{prediction:?}");
        let _ = engine.try_learn(&query, Label::Solved(1), 1.0, &[]);
        if dim <= 64 {
            engine.force_learn();
        }
        read = true;
    }
    read
}

/// Trainer checkpoints: as they are, and sealed with a right checksum; a run goes on from them.
pub fn checkpoint(data: &[u8]) -> bool {
    let mut sealed = b"TRMTRAIN".to_vec();
    sealed.extend(1u32.to_le_bytes());
    sealed.extend((data.len() as u64).to_le_bytes());
    sealed.extend(crc32fast::hash(data).to_le_bytes());
    sealed.extend(data);
    let mut read = false;
    for bytes in [data, &sealed] {
        let Ok(mut checkpoint) = Checkpoint::from_bytes(bytes) else { continue };
        let (model, config) = (Model::new(grid().build().expect("valid")).expect("valid"), run());
        checkpoint.config =
            Trainer::new(model.clone(), config.clone(), &Corridor).expect("valid").checkpoint().config;
        if let Ok(mut trainer) = Trainer::resume(model, config, &Corridor, checkpoint) {
            let _ = trainer.step();
            read = true;
        }
    }
    read
}

/// The run that checkpoints of the corpus belong to.
pub fn run() -> TrainConfig {
    TrainConfig { batch: 2, steps: 4, ..TrainConfig::default() }
}

/// Mark the first of four cells.
pub struct Corridor;

impl Data for Corridor {
    fn describe(&self) -> String {
        "a corridor".into()
    }

    fn sample(&self, _: u64) -> Sample {
        let question = vec![1., 0., 0., 1., 0., 1., 0., 1.];
        Sample {
            question,
            width: 4,
            answer: Answer::Marks(vec![true, false, false, false]),
            ..Sample::default()
        }
    }
}

/// Sudoku files.
pub fn sudoku_csv(data: &[u8]) -> bool {
    let rows = puzzles::read_sized_sudoku_csv(data).flatten();
    let n = rows.inspect(|row| assert!(row.solution.is_complete())).count();
    let _ = puzzles::read_sudoku_csv(data).count();
    n > 0
}

/// Maze files.
pub fn maze_csv(data: &[u8]) -> bool {
    let rows = read_maze_csv(data).flatten();
    rows.inspect(|row| assert_eq!(row.maze.n_cells(), row.answer.marks().len())).count() > 0
}

/// A Sudoku in a line; and whatever bytes as the answer to a blank one.
pub fn sudoku_text(data: &[u8]) -> bool {
    let numbers = floats(data);
    if numbers.len() >= 729 {
        let blank = Grid::blank(puzzles::sudoku::Geometry::STANDARD);
        let _ = verdict(&blank, &SudokuDecoder::new().decode(&numbers[..729])).to_string();
    }
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok(grid) = Grid::parse(text) else { return false };
    let _ = (grid.conflicts(), grid.pretty(), verdict(&grid, &grid));
    assert_eq!(Grid::parse(&grid.to_string()).expect("its own text"), grid);
    assert_eq!(SudokuEncoder::new().encode_puzzle(&grid).len(), 729 * 2);
    true
}

/// A maze in a line or in rows, and an answer in a line behind it.
pub fn maze_text(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let _ = Maze::parse_rows(text);
    let (question, answer) = text.split_once('|').unwrap_or((text, text));
    let Ok(maze) = Maze::parse(question) else { return false };
    let encoded = MazeEncoder::new().encode_maze(&maze);
    let shape = (maze.height(), maze.width());
    let read =
        MazeDecoder::with(shape.0, shape.1, puzzles::maze::Layout::Marks).decode(&encoded[..maze.n_cells()]);
    for path in [Some(read), MazePath::parse(&maze, answer).ok()].into_iter().flatten() {
        let verdict = puzzles::maze::verdict(&maze, &path, Some(&path));
        assert!(verdict.valid || !verdict.optimal);
        let _ = maze.draw(Some(&path));
    }
    true
}

/// Sudoku texts of any layout, as bytes; the first byte says what is known beforehand.
pub fn sudoku_list(data: &[u8]) -> bool {
    let [options, text @ ..] = data else { return false };
    let Ok(text) = puzzles::text::decode(text) else { return false };
    let geometry = Geometry::all().nth(usize::from(options % 16));
    let notation =
        [None, Some(Notation::ZeroBased), Some(Notation::Letters), Some(Notation::NumbersFromZero)]
            [usize::from(options / 64)];
    let Ok(listed) = read_sudokus(&text, &ReadOptions { geometry, notation }) else { return false };
    assert!(listed.iter().any(|listed| listed.puzzle.is_ok()));
    for read in listed.iter().filter_map(|listed| listed.puzzle.as_ref().ok()) {
        read.grid.conflicts().expect("sound");
        let options = ReadOptions { geometry: Some(read.grid.geometry()), notation: Some(read.notation) };
        for written in [read.notation.line(&read.grid), read.notation.board(&read.grid)] {
            assert_eq!(read_sudoku(&written, &options).expect("its own text").grid, read.grid);
        }
    }
    true
}

/// Files of rules, and behind a line `---` their puzzles as a data file.
pub fn rules(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (file, rows) = text.split_once("---\n").unwrap_or((text, ""));
    let Ok(rules) = Rules::parse(file).map(Arc::new) else { return false };
    assert_eq!(Rules::parse(rules.source()).as_ref(), Ok(&*rules));
    let limits = Limits { max_solutions: 2, max_work: 2000 };
    let is_small = rules.shape().n_cells <= 100;
    for row in read_rules_csv(rows.as_bytes(), rules.clone()).take(8).flatten() {
        let structure = row.puzzle.structure.clone();
        assert_eq!(row.puzzle.encode().len(), 2 * structure.n_cells * structure.n_symbols);
        assert_eq!(rules.fault(&row.puzzle, &row.solution), None, "a row that was read obeys the rules");
        assert_ne!(solutions(&row.puzzle, limits), Solutions::None);
    }
    if is_small {
        let recipe = puzzles::rules::Recipe { extra: 0.5, singles: false, max_trials: 2, max_work: 2000 };
        for row in generate(&rules, 1, 1, &recipe, &mut |_| {}).unwrap_or_default() {
            assert_eq!(rules.fault(&row.puzzle, &row.solution), None);
            let again = rules.puzzle(&rules.text(&row.puzzle.cells), &texts(&row.puzzle.columns));
            assert_eq!(again.as_ref(), Ok(&row.puzzle), "its own text");
        }
    }
    true
}

fn texts(columns: &[String]) -> Vec<&str> {
    columns.iter().map(String::as_str).collect()
}

/// Mazes of any layout, as bytes.
pub fn maze_board(data: &[u8]) -> bool {
    let Ok(text) = puzzles::text::decode(data) else { return false };
    let Ok(read) = read_maze(&text) else { return false };
    let again = read_maze(&read.maze.draw(read.path.as_ref()));
    assert!(read.maze.height() == 1 || again.as_ref() == Ok(&read), "{again:?}");
    true
}

/// The questions of data files, with and without answers.
pub fn questions(data: &[u8]) -> bool {
    let n_sudoku = puzzles::read_sudoku_questions(data, ReadOptions::default()).flatten().count();
    let n_mazes = puzzles::maze::read_maze_questions(data).flatten().count();
    let _ = puzzles::text::decode(data).map(|text| puzzles::is_csv(&text));
    n_sudoku + n_mazes > 0
}

/// Data files within an archive: the bytes as they are, and packed.
pub fn archive(data: &[u8]) -> bool {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(data).expect("in memory");
    let packed = packed.finish().expect("in memory");
    let rows = |bytes: &[u8]| puzzles::read_sized_sudoku_csv(bytes).collect::<Vec<_>>();
    if !data.starts_with(b"\x1f\x8b") {
        assert_eq!(rows(&packed), rows(data));
    }
    rows(data).iter().any(Result::is_ok)
}

/// NumPy arrays, the labels behind the inputs.
pub fn arrays(data: &[u8]) -> bool {
    let (inputs, labels) = data.split_at(data.len() / 2);
    let sudoku = read_sudoku_npy(inputs, labels, None).map_or(0, |rows| rows.take(1000).flatten().count());
    let mazes = read_maze_npy(inputs, labels).map_or(0, |rows| rows.take(1000).flatten().count());
    sudoku + mazes > 0
}

/// The log of a training run, and its curves.
pub fn training_log(data: &[u8]) -> bool {
    let Ok(log) = TrainingLog::read(data) else { return false };
    assert!(log.to_html("log").ends_with("</html>\n"));
    true
}

/// Recipes of training, and the commands of their phases.
pub fn recipe(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok(recipe) = Recipe::parse(text, Path::new("recipe.toml")) else { return false };
    for phase in &recipe.phases {
        assert!(phase.line <= text.lines().count() && recipe.command(phase, "runs").len() > 3);
    }
    recipe.result("runs").is_some()
}

/// Records of benchmarks, and what is drawn of them.
pub fn record(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok([panel, page]) = xtask::drawn(text) else { return false };
    assert!(panel.ends_with("┘\n") && page.ends_with("</html>\n") && !page.contains("<script"));
    !text.trim().is_empty()
}

/// Questions, answers and K of any kind, asked of an engine of each mixer, and of two threads with bf16 factors.
pub fn reason(data: &[u8]) -> bool {
    static ENGINES: OnceLock<Vec<TrmEngine>> = OnceLock::new();
    let engines = ENGINES.get_or_init(engines);
    let [which, k, split, rest @ ..] = data else { return false };
    let engine = &engines[usize::from(*which) % engines.len()];
    let k = (*k > 0).then_some(usize::from(*k) % 12);
    let numbers = floats(rest);
    let (question, answer) = numbers.split_at(numbers.len() * usize::from(*split) / 255);
    let finite = numbers.iter().all(|x| x.abs() <= trm_core::MAX_INPUT);
    let Ok(result) = engine.try_reason(question, answer, k) else { return false };
    assert!(finite && result.answer.len() == answer.len() && result.iterations_used > 0);
    assert!((0.0..=1.0).contains(&result.confidence), "confidence {}", result.confidence);
    assert!(result.answer.iter().all(|x| x.is_finite()), "{:?}", result.answer);
    true
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
}

/// A small net over a grid of any size.
pub fn grid() -> TrmConfigBuilder {
    let base = TrmConfig::builder().hidden_dim(8).embedding_dim(2).answer_dim(1).max_k(3);
    base.output(Output::Binary).mixer(Mixer::Relational(Relations::Grid4))
}

/// A small net over six tokens in groups.
pub fn groups() -> TrmConfigBuilder {
    let relation = |name: &str, matrix, group_of: [u32; 6]| GroupRelation {
        name: name.into(),
        matrix,
        group_of: group_of.into(),
    };
    let relations = vec![relation("pair", 0, [0, 0, 1, 1, 2, 2]), relation("side", 1, [0, 1, 0, 1, 0, 1])];
    let relations = Relations::Groups { scale: 0.5, relations };
    grid()
        .given_feature(Some(1))
        .output(Output::GroupSoftmax { relation: 0 })
        .mixer(Mixer::Relational(relations))
}

/// Every mixer, the shipped models, and all of them that can in bf16.
pub fn engines() -> Vec<TrmEngine> {
    let dense = TrmConfig::builder().hidden_dim(8).embedding_dim(2).max_k(3).output(Output::TokenStablemax);
    let builders = [
        grid(),
        groups(),
        dense.clone().mixer(Mixer::mlp(8)),
        dense.mixer(Mixer::Attention { num_heads: 2 }).prefix_tokens(2),
        TrmConfig::builder().hidden_dim(8).embedding_dim(2).output(Output::Embedding),
    ];
    let trained = |builder: TrmConfigBuilder| {
        let mut model = Model::new(builder.build().expect("valid")).expect("valid");
        // Heads start at zero: with other weights something depends on the question.
        model.params.iter_mut().enumerate().for_each(|(i, w)| *w += 0.1 * (i as f32).sin());
        TrmEngine::from(model)
    };
    let pretrained = [trm_models::maze(), trm_models::sudoku()];
    let mut engines: Vec<TrmEngine> = builders.map(trained).into_iter().chain(pretrained).collect();
    let in_bf16 = |engine: &TrmEngine| engine.clone().with_precision(Precision::Bf16).ok();
    // The relational ones can.
    let pairs: Vec<_> = engines.iter().filter_map(in_bf16).map(|engine| engine.with_threads(2)).collect();
    engines.extend(pairs);
    engines
}
