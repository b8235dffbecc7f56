//! A search around the network, for Sudoku: no score of the network alone.
//!
//! The network proposes digits. Cells above a probability threshold are committed and the network runs
//! again on the smaller question; on a contradiction the search backtracks; the rules decide when an answer is
//! accepted. The symbolic parts are candidate elimination in the encoding, the queue of open grids and the
//! check of the rules. After LDT
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
    /// A call ends when its answer has not changed for this many steps in a row.
    pub stable: usize,
    /// Cells whose best digit has at least this probability are committed.
    pub sure: f32,
}

impl Default for SearchLimits {
    fn default() -> Self {
        SearchLimits { max_calls: 64, max_k: 64, stable: 8, sure: 0.99 }
    }
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchResult {
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
/// The errors of [`TrmEngine::steps`].
pub fn search(engine: &TrmEngine, puzzle: &Grid, limits: &SearchLimits) -> Result<SearchResult> {
    let task = SudokuTask::default();
    let mut nodes = BinaryHeap::from([Node { likelihood: 0.0, grid: puzzle.clone() }]);
    let mut result = SearchResult { answer: None, calls: 0, steps: 0 };
    while let Some(Node { likelihood, grid }) = nodes.pop() {
        if result.calls == limits.max_calls {
            break;
        }
        let candidates = OpenCandidates::of(&task, &grid);
        if candidates.contradict(&grid) {
            continue;
        }
        result.calls += 1;
        let logits = match call(engine, &task, puzzle, &grid, limits, &mut result)? {
            Proposal::Accepted(answer) => {
                result.answer = Some(answer);
                break;
            }
            Proposal::Rejected(logits) => logits,
        };
        let branches = branches(&task, &grid, &candidates.beliefs(&logits), limits.sure);
        nodes.extend(branches.into_iter().map(|(p, grid)| Node { likelihood: likelihood + p, grid }));
    }
    Ok(result)
}

enum Proposal {
    Accepted(Grid),
    /// The logits of the last step: `[729]`.
    Rejected(Vec<f32>),
}

fn call(
    engine: &TrmEngine,
    task: &SudokuTask,
    puzzle: &Grid,
    grid: &Grid,
    limits: &SearchLimits,
    result: &mut SearchResult,
) -> Result<Proposal> {
    let encoded = task.encode(grid);
    let mut steps = engine.steps(&encoded.question, &encoded.answer)?;
    let mut unchanged = 0;
    loop {
        let trace = steps.advance();
        result.steps += 1;
        let logits = steps.answer();
        let answer = task.decode(grid, &logits);
        if task.obeys_rules(puzzle, &answer) {
            return Ok(Proposal::Accepted(answer));
        }
        unchanged = if trace.changed == 0.0 { unchanged + 1 } else { 0 };
        if steps.n_steps() >= limits.max_k || unchanged >= limits.stable {
            return Ok(Proposal::Rejected(logits));
        }
    }
}

/// Whether the encoding leaves each candidate open: `[729]`.
struct OpenCandidates(Vec<bool>);

impl OpenCandidates {
    fn of(task: &SudokuTask, grid: &Grid) -> Self {
        let question = task.encode(grid).question;
        let features = question.len() / 729;
        OpenCandidates(question.chunks_exact(features).map(|candidate| candidate[0] != 0.0).collect())
    }

    /// Whether some blank cell has no candidate left, or no cell is blank.
    fn contradict(&self, grid: &Grid) -> bool {
        let blanks = || (0..81).filter(|&cell| grid.cells()[cell] == 0);
        blanks().next().is_none() || blanks().any(|cell| !self.0[cell * 9..][..9].contains(&true))
    }

    /// The probabilities of the candidates of each blank cell, the cell with the highest one first.
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
        beliefs.sort_by(|a, b| b.probability().total_cmp(&a.probability()));
        beliefs
    }
}

/// The network's distribution over the digits of one blank cell.
struct Belief {
    cell: usize,
    /// Digits with their probabilities, highest first; never empty.
    digits: Vec<(u8, f32)>,
}

impl Belief {
    fn probability(&self) -> f32 {
        self.digits[0].1
    }
}

/// The next grids to try, each with its log likelihood: all cells above the threshold committed at once, and
/// each digit of the most certain cell on its own, so that the solution stays reachable where the network is
/// confidently wrong.
fn branches(task: &SudokuTask, grid: &Grid, beliefs: &[Belief], sure: f32) -> Vec<(f32, Grid)> {
    let Some(best) = beliefs.first() else { return Vec::new() };
    let with = |grid: &Grid, cell: usize, digit| {
        let mut grid = grid.clone();
        grid.set(cell / 9, cell % 9, digit);
        grid
    };
    let mut all = grid.clone();
    let (mut n_committed, mut likelihood) = (0, 0.0);
    for belief in beliefs.iter().take_while(|belief| belief.probability() >= sure) {
        let (cell, digit) = (belief.cell, belief.digits[0].0);
        if OpenCandidates::of(task, &all).0[cell * 9 + usize::from(digit) - 1] {
            all = with(&all, cell, digit);
            n_committed += 1;
            likelihood += belief.probability().ln();
        }
    }
    let singly = best.digits.iter().map(|(digit, p)| (p.ln(), with(grid, best.cell, *digit)));
    (n_committed > 1).then_some((likelihood, all)).into_iter().chain(singly).collect()
}

/// A partly filled grid in the queue.
struct Node {
    /// Sum of the log probabilities of the committed digits.
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
