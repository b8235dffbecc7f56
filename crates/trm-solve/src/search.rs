//! A search around the network, for Sudoku: no score of the network alone.
//!
//! The network proposes; cells it is sure of are committed, and the rest is asked again as a smaller
//! question; a contradiction goes back to the last choice; the rules accept. The symbolic parts are the
//! encoding's elimination by what is written, the stack and the check of the rules. After LDT
//! (arXiv 2605.08605).

use crate::error::Result;
use puzzles::sudoku::Grid;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use trm_core::TrmEngine;
use trm_tasks::{SudokuTask, Task};

/// Limits of a search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchLimits {
    /// The most calls of the network.
    pub max_calls: usize,
    /// The most supervision steps of a call.
    pub max_k: usize,
    /// A call ends when its answer stayed the same for so many steps in a row.
    pub stable: usize,
    /// A cell is committed whose digit has at least this probability.
    pub sure: f32,
}

impl Default for SearchLimits {
    fn default() -> Self {
        SearchLimits { max_calls: 64, max_k: 64, stable: 8, sure: 0.99 }
    }
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Searched {
    /// An answer that obeys the rules, if one was found.
    pub answer: Option<Grid>,
    /// Calls of the network.
    pub calls: usize,
    /// Supervision steps of all calls.
    pub steps: usize,
}

/// Searches for the solution of a Sudoku with 3x3 boxes.
///
/// # Errors
/// What [`TrmEngine::steps`] says of the question.
pub fn search(engine: &TrmEngine, puzzle: &Grid, limits: &SearchLimits) -> Result<Searched> {
    let task = SudokuTask::default();
    let mut nodes = BinaryHeap::from([Node { likelihood: 0.0, grid: puzzle.clone() }]);
    let mut found = Searched { answer: None, calls: 0, steps: 0 };
    while let Some(Node { likelihood, grid }) = nodes.pop() {
        if found.calls == limits.max_calls {
            break;
        }
        let open = Open::of(&task, &grid);
        if open.contradicts(&grid) {
            continue;
        }
        found.calls += 1;
        let logits = match call(engine, &task, puzzle, &grid, limits, &mut found)? {
            Proposal::Accepted(answer) => {
                found.answer = Some(answer);
                break;
            }
            Proposal::Refused(logits) => logits,
        };
        let branches = branches(&task, &grid, &open.beliefs(&logits), limits.sure);
        nodes.extend(branches.into_iter().map(|(p, grid)| Node { likelihood: likelihood + p, grid }));
    }
    Ok(found)
}

enum Proposal {
    Accepted(Grid),
    /// `[729]`: the logits of the last step.
    Refused(Vec<f32>),
}

fn call(
    engine: &TrmEngine,
    task: &SudokuTask,
    puzzle: &Grid,
    grid: &Grid,
    limits: &SearchLimits,
    found: &mut Searched,
) -> Result<Proposal> {
    let encoded = task.encode(grid);
    let mut steps = engine.steps(&encoded.question, &encoded.answer)?;
    let mut unchanged = 0;
    loop {
        let trace = steps.advance();
        found.steps += 1;
        let logits = steps.answer();
        let answer = task.decode(grid, &logits);
        if task.obeys_rules(puzzle, &answer) {
            return Ok(Proposal::Accepted(answer));
        }
        unchanged = if trace.changed == 0.0 { unchanged + 1 } else { 0 };
        if steps.n_steps() >= limits.max_k || unchanged >= limits.stable {
            return Ok(Proposal::Refused(logits));
        }
    }
}

/// The candidates that the encoding leaves: `[729]`.
struct Open(Vec<bool>);

impl Open {
    fn of(task: &SudokuTask, grid: &Grid) -> Self {
        let question = task.encode(grid).question;
        let features = question.len() / 729;
        Open(question.chunks_exact(features).map(|candidate| candidate[0] != 0.0).collect())
    }

    /// Whether a blank has no candidate left, or there is no blank.
    fn contradicts(&self, grid: &Grid) -> bool {
        let blanks = || (0..81).filter(|&cell| grid.cells()[cell] == 0);
        blanks().next().is_none() || blanks().any(|cell| !self.0[cell * 9..][..9].contains(&true))
    }

    /// For each blank: its candidates with their probabilities, the likeliest first; the surest blank first.
    fn beliefs(&self, logits: &[f32]) -> Vec<Belief> {
        let mut beliefs: Vec<Belief> = Vec::new();
        for cell in 0..81 {
            let candidates = (0..9).filter(|digit| self.0[cell * 9 + digit]);
            let mut digits: Vec<_> = candidates.map(|d| (d as u8 + 1, logits[cell * 9 + d])).collect();
            let most = digits.iter().fold(f32::NEG_INFINITY, |most, (_, logit)| most.max(*logit));
            let sum: f32 = digits.iter().map(|(_, logit)| (logit - most).exp()).sum();
            digits.iter_mut().for_each(|(_, logit)| *logit = (*logit - most).exp() / sum);
            digits.sort_by(|a, b| b.1.total_cmp(&a.1));
            if !digits.is_empty() {
                beliefs.push(Belief { cell, digits });
            }
        }
        beliefs.sort_by(|a, b| b.sureness().total_cmp(&a.sureness()));
        beliefs
    }
}

/// What the network believes of a blank.
struct Belief {
    cell: usize,
    /// Digits and probabilities, the likeliest first; never empty.
    digits: Vec<(u8, f32)>,
}

impl Belief {
    fn sureness(&self) -> f32 {
        self.digits[0].1
    }
}

/// All sure cells at once, and the digits of the surest cell one by one, so that no solution is lost
/// where the network was sure and wrong; each with its log likelihood.
fn branches(task: &SudokuTask, grid: &Grid, beliefs: &[Belief], sure: f32) -> Vec<(f32, Grid)> {
    let Some(surest) = beliefs.first() else { return Vec::new() };
    let with = |grid: &Grid, cell: usize, digit| {
        let mut grid = grid.clone();
        grid.set(cell / 9, cell % 9, digit);
        grid
    };
    let mut all = grid.clone();
    let (mut n_committed, mut likelihood) = (0, 0.0);
    for belief in beliefs.iter().take_while(|belief| belief.sureness() >= sure) {
        let (cell, digit) = (belief.cell, belief.digits[0].0);
        if Open::of(task, &all).0[cell * 9 + usize::from(digit) - 1] {
            all = with(&all, cell, digit);
            n_committed += 1;
            likelihood += belief.sureness().ln();
        }
    }
    let singly = surest.digits.iter().map(|(digit, p)| (p.ln(), with(grid, surest.cell, *digit)));
    (n_committed > 1).then_some((likelihood, all)).into_iter().chain(singly).collect()
}

/// A grid to ask about.
struct Node {
    /// Logarithm of the product of the probabilities of what was committed.
    likelihood: f32,
    grid: Grid,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Node {}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Node {
    fn cmp(&self, other: &Self) -> Ordering {
        self.likelihood.total_cmp(&other.likelihood)
    }
}
