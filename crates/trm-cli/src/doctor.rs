//! `trm doctor`

use crate::draw::Colours;
use crate::environment::{kernel_fault, variable};
use crate::identity::hex;
use crate::model_args::Puzzle;
use crate::output::{Output, text_of};
use crate::rows::{self, Source};
use crate::verdict::Verdict;
use anyhow::Result;
use clap::Parser;
use puzzles::sudoku::Grid;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Instant;
use trm_core::kernel::Isa;
use trm_core::{Precision, TrmEngine};
use trm_tasks::{MazeTask, SudokuTask, Task};

#[derive(Parser)]
#[command(after_help = "Examples:\n  trm doctor\n  trm doctor --json\n  TRM_KERNEL=scalar trm doctor\n\n\
    Every kernel of this processor answers a Sudoku and a maze, and the rules judge the answers.\n\n\
    Exit codes: 0 nothing is wrong, 1 something is.")]
pub struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Puzzles that both embedded models solve.
const SUDOKU: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
const MAZE: &str = "S #\n# #\n  G";
/// Enough steps for them.
const K: usize = 16;
/// Rows that are read of the files that variables name.
const ROWS: usize = 100;
/// How often an answer is timed.
const TRIES: usize = 20;

#[derive(Serialize)]
struct Findings {
    machine: String,
    cpu_features: Vec<&'static str>,
    threads: usize,
    kernel: &'static str,
    kernels: Vec<Kernel>,
    models: Vec<Embedded>,
    data: Vec<Data>,
    wrong: Vec<String>,
}

#[derive(Serialize)]
struct Kernel {
    name: &'static str,
    /// Whether the processor multiplies bf16 in one instruction.
    bf16: bool,
    /// How many times as fast as in f32 it answers the Sudoku in bf16, if it has the instruction.
    bf16_speedup: Option<f64>,
    solves_sudoku: bool,
    solves_maze: bool,
}

#[derive(Serialize)]
struct Embedded {
    name: &'static str,
    n_params: usize,
    size_bytes: usize,
    sha256: String,
    untrained: bool,
    /// What `crates/trm-models/weights` says of it.
    card: &'static str,
}

#[derive(Serialize)]
struct Data {
    puzzle: &'static str,
    variable: &'static str,
    /// The file that the variable names; without it the committed, generated set is used.
    file: Option<String>,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Verdict> {
    let findings = examine();
    let verdict = Verdict::from(findings.wrong.is_empty());
    out.set_verdict(verdict);
    if args.json {
        out.json(&findings, None)?;
    } else {
        print(&findings, out)?;
    }
    Ok(verdict)
}

fn examine() -> Findings {
    let mut wrong = Vec::new();
    let kernels: Vec<Kernel> = Isa::available().into_iter().map(kernel).collect();
    for kernel in &kernels {
        for (solves, puzzle) in [(kernel.solves_sudoku, "Sudoku"), (kernel.solves_maze, "maze")] {
            if !solves {
                wrong.push(format!("kernel {} does not solve the {puzzle}", kernel.name));
            }
        }
    }
    wrong.extend(kernel_fault());
    let data = [data(&rows::sudoku(None), "sudoku", &mut wrong), data(&rows::mazes(), "maze", &mut wrong)];
    let models = [(Puzzle::Sudoku, trm_models::sudoku_card()), (Puzzle::Maze, trm_models::maze_card())];
    let models: Vec<Embedded> = models.map(|(puzzle, card)| embedded(puzzle, card)).into();
    wrong.extend(models.iter().filter(|m| m.untrained).map(|m| format!("model {} is untrained", m.name)));
    Findings {
        machine: format!("{} {}", std::env::consts::ARCH, std::env::consts::OS),
        cpu_features: cpu_features(),
        threads: rayon::current_num_threads(),
        kernel: Isa::best().name(),
        kernels,
        models,
        data: data.into(),
        wrong,
    }
}

/// The test set of a puzzle. Of a file that a variable names the first rows are read.
fn data<R: Send + 'static>(source: &Source<R>, puzzle: &'static str, wrong: &mut Vec<String>) -> Data {
    let file = variable(source.variable);
    if let Some(file) = &file
        && let Err(error) = source.rows(Some(Path::new(file)), Some(ROWS), &|_| Ok(()))
    {
        wrong.push(format!("{} names {}", source.variable, text_of(&error)));
    }
    let file = file.map(|file| file.to_string_lossy().into_owned());
    Data { puzzle, variable: source.variable, file }
}

fn embedded(puzzle: Puzzle, card: &'static str) -> Embedded {
    let (engine, bytes) = puzzle.embedded();
    let sha256 = hex(&Sha256::digest(bytes));
    let model = engine.model();
    let (n_params, untrained) = (model.params.len(), model.is_untrained());
    Embedded { name: puzzle.name(), n_params, size_bytes: bytes.len(), sha256, untrained, card }
}

/// Has a kernel answer both puzzles.
fn kernel(isa: Isa) -> Kernel {
    let sudoku = Grid::parse(SUDOKU).expect("a constant");
    let maze = puzzles::maze::Maze::parse_rows(MAZE).expect("a constant");
    let (numbers, marks) = (trm_models::sudoku(), trm_models::maze());
    let solves_sudoku =
        SudokuTask::of(numbers.model().config()).is_ok_and(|task| solves(&numbers, isa, &task, &sudoku));
    let solves_maze =
        MazeTask::of(marks.model().config()).is_ok_and(|task| solves(&marks, isa, &task, &maze));
    let bf16 = isa.has_bf16();
    let bf16_speedup = if bf16 { bf16_speedup(numbers, isa, &sudoku) } else { None };
    Kernel { name: isa.name(), bf16, bf16_speedup, solves_sudoku, solves_maze }
}

/// The time of an answer in f32 by that in bf16, of the fastest of some tries each.
fn bf16_speedup(engine: TrmEngine, isa: Isa, sudoku: &Grid) -> Option<f64> {
    let task = SudokuTask::of(engine.model().config()).ok()?;
    let encoded = task.encode(sudoku);
    let engine = engine.with_isa(isa);
    let engines = [engine.clone(), engine.with_precision(Precision::Bf16).ok()?];
    let mut fastest = [f64::INFINITY; 2];
    for _ in 0..TRIES {
        for (engine, fastest) in engines.iter().zip(&mut fastest) {
            let start = Instant::now();
            engine.try_reason(&encoded.question, &encoded.answer, Some(1)).ok()?;
            *fastest = fastest.min(start.elapsed().as_secs_f64());
        }
    }
    Some(fastest[0] / fastest[1])
}

fn solves<T: Task>(engine: &TrmEngine, isa: Isa, task: &T, question: &T::Question) -> bool {
    let encoded = task.encode(question);
    let engine = engine.clone().with_isa(isa);
    let answer = engine.try_reason(&encoded.question, &encoded.answer, Some(K));
    answer.is_ok_and(|result| task.obeys_rules(question, &task.decode(question, &result.answer)))
}

/// What of this processor the kernels could use.
fn cpu_features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let found = [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512vl", is_x86_feature_detected!("avx512vl")),
        ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
    ];
    #[cfg(target_arch = "aarch64")]
    let found = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ("sve", std::arch::is_aarch64_feature_detected!("sve")),
    ];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let found: [(&str, bool); 0] = [];
    found.into_iter().filter_map(|(name, has)| has.then_some(name)).collect()
}

fn print(findings: &Findings, out: &mut Output) -> Result<()> {
    let colours = Colours::of(out);
    let version = env!("CARGO_PKG_VERSION");
    writeln!(out, "trm {version} on {}, {} threads", findings.machine, findings.threads)?;
    writeln!(out, "processor    {}", findings.cpu_features.join(" "))?;
    for kernel in &findings.kernels {
        let used = if kernel.name == findings.kernel { ", used" } else { "" };
        let word = |solves| if solves { "solves" } else { "FAILS" };
        let (sudoku, maze) = (word(kernel.solves_sudoku), word(kernel.solves_maze));
        let bf16 =
            kernel.bf16_speedup.map(|by| format!(", --precision bf16 is {by:.1} times as fast as f32"));
        let bf16 = bf16.unwrap_or_default();
        writeln!(out, "kernel       {}: {sudoku} the Sudoku, {maze} the maze{bf16}{used}", kernel.name)?;
    }
    for model in &findings.models {
        writeln!(
            out,
            "\nmodel        {}: {} weights, {} bytes",
            model.name, model.n_params, model.size_bytes
        )?;
        writeln!(out, "sha256       {}", model.sha256)?;
        for row in scores(model.card) {
            writeln!(out, "             {row}")?;
        }
    }
    writeln!(out)?;
    for data in &findings.data {
        let set = data.file.as_deref().unwrap_or("the committed, generated set");
        writeln!(out, "test set     {}: {set} ({} names another)", data.puzzle, data.variable)?;
    }
    for wrong in &findings.wrong {
        writeln!(out, "WRONG        {wrong}")?;
    }
    if findings.wrong.is_empty() {
        writeln!(out, "{}", colours.good("nothing is wrong"))?;
    }
    Ok(())
}

/// The first table of a card's scores.
fn scores(card: &str) -> impl Iterator<Item = &str> {
    let scores = card.split_once("## Scores").map_or("", |(_, scores)| scores);
    let table = scores.lines().skip_while(|line| !line.starts_with('|'));
    table.take_while(|line| line.starts_with('|')).filter(|line| !line.starts_with("|---"))
}
