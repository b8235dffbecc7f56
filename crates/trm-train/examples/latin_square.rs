//! A third puzzle: complete a 7 x 7 Latin square, each digit once in every row and column. Trains a
//! model in a minute or two and prints how many unseen squares it completes:
//!
//! `cargo run --release -p trm-train --example latin_square [STEPS]`
//!
//! A new puzzle is tokens with features, groups of tokens that exclude each other, and a stream of
//! questions with their answers. The model and the trainer stay as they are.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use trm_core::{GroupRelation, Mixer, Model, Output, Relations, TrmConfig, TrmEngine};
use trm_train::{Answer, Data, OptimizerConfig, Sample, TrainConfig, Trainer};

/// Rows, columns and digits.
const N: usize = 7;
/// One token for each digit that a cell may hold.
const TOKENS: usize = N * N * N;
/// Questions from here on are never trained on.
const UNSEEN: u64 = 1 << 40;

/// Digits from 0, row by row, or a blank.
type Grid = [Option<usize>; N * N];

fn may_hold(grid: &Grid, cell: usize, digit: usize) -> bool {
    let (row, column) = (cell / N, cell % N);
    (0..N).all(|i| grid[row * N + i] != Some(digit) && grid[i * N + column] != Some(digit))
}

/// Finds up to `limit` completions, in random order.
fn completions(grid: Grid, limit: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<Grid> {
    let Some(cell) = grid.iter().position(Option::is_none) else { return vec![grid] };
    let mut digits: [usize; N] = std::array::from_fn(|digit| digit);
    digits.shuffle(rng);
    let mut found = Vec::new();
    for digit in digits.into_iter().filter(|digit| may_hold(&grid, cell, *digit)) {
        let mut next = grid;
        next[cell] = Some(digit);
        found.extend(completions(next, limit - found.len(), rng));
        if found.len() == limit {
            break;
        }
    }
    found
}

/// Question `index` and its only answer.
fn puzzle(index: u64) -> (Grid, Grid) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(index);
    let answer = completions([None; N * N], 1, &mut rng)[0];
    let mut question = answer;
    let mut cells: [usize; N * N] = std::array::from_fn(|cell| cell);
    cells.shuffle(&mut rng);
    // A third to two thirds of the cells become blanks, as long as no second answer appears.
    for cell in cells.into_iter().take(rng.random_range(N * N / 3..=N * N * 2 / 3)) {
        question[cell] = None;
        if completions(question, 2, &mut rng).len() > 1 {
            question[cell] = answer[cell];
        }
    }
    (question, answer)
}

/// `[TOKENS x 2]`: whether a digit is still open for a blank cell, and whether it is given. A digit
/// that a given excludes is neither, so its token is absent.
fn encode(question: &Grid) -> Vec<f32> {
    let features = |token: usize| {
        let (cell, digit) = (token / N, token % N);
        let open = question[cell].is_none() && may_hold(question, cell, digit);
        [f32::from(open), f32::from(question[cell] == Some(digit))]
    };
    (0..TOKENS).flat_map(features).collect()
}

/// The likeliest digit of each cell.
fn decode(logits: &[f32]) -> Grid {
    let likeliest = |cell: &[f32]| (0..N).max_by(|a, b| cell[*a].total_cmp(&cell[*b]));
    std::array::from_fn(|cell| likeliest(&logits[cell * N..][..N]))
}

/// Whether an answer keeps the givens and the rules; the label is not asked.
fn is_solved(question: &Grid, answer: &Grid) -> bool {
    let kept = question.iter().zip(answer).all(|(given, digit)| given.is_none() || given == digit);
    let fits = |cell: usize| {
        let mut rest = *answer;
        rest[cell].take().is_some_and(|digit| may_hold(&rest, cell, digit))
    };
    kept && (0..N * N).all(fits)
}

/// Which tokens exclude each other: the digits of a cell, and a digit in a row or a column.
fn relations() -> Relations {
    let relation = |name: &str, matrix, group: fn(usize) -> usize| GroupRelation {
        name: name.into(),
        matrix,
        group_of: (0..TOKENS).map(|token| group(token) as u32).collect(),
    };
    let cell = relation("cell", 0, |token| token / N);
    let row = relation("row", 1, |token| token / (N * N) * N + token % N);
    let column = relation("column", 1, |token| token % (N * N));
    Relations::Groups { scale: 1.0 / 3.0, relations: vec![cell, row, column] }
}

struct LatinSquares;

impl Data for LatinSquares {
    fn describe(&self) -> String {
        format!("Latin squares of {N} x {N}")
    }

    fn sample(&self, index: u64) -> Sample {
        let (question, answer) = puzzle(index);
        let marks = (0..TOKENS).map(|token| answer[token / N] == Some(token % N)).collect();
        Sample { question: encode(&question), width: 1, answer: Answer::Marks(marks), ..Sample::default() }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(1500), |steps| steps.parse())?;
    let base = TrmConfig::builder().hidden_dim(16).ffn_dim(32).n_blocks(2).latent_iterations(3).max_k(32);
    let puzzle_shape = base.embedding_dim(2).answer_dim(1).given_feature(Some(1));
    let output = Output::GroupSoftmax { relation: 0 };
    let model = Model::new(puzzle_shape.output(output).mixer(Mixer::Relational(relations())).build()?)?;
    let optimizer = OptimizerConfig { learning_rate: 5e-3, ema: 0.99, ..OptimizerConfig::default() };
    let config = TrainConfig { steps, batch: 16, optimizer, ..TrainConfig::default() };
    let mut trainer = Trainer::new(model, config, &LatinSquares)?;
    for step in 1..=steps {
        trainer.step()?;
        if step % (steps / 10).max(1) == 0 {
            let now = trainer.progress();
            println!("step {step}: loss {:.3}, {:.0} s", now.loss, now.seconds);
        }
    }
    let engine = TrmEngine::from(trainer.averaged());
    let solves = |index: &u64| {
        let (question, _) = puzzle(UNSEEN + index);
        let result = engine.reason(&encode(&question), &[0.0; TOKENS], None);
        is_solved(&question, &decode(&result.answer))
    };
    let n_solved = (0..500).filter(solves).count();
    println!("solved_rate {:.1} % of 500 unseen squares", n_solved as f64 / 5.0);
    Ok(())
}
