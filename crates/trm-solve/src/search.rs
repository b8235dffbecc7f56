//! A search around the network, for puzzles of candidates: no score of the network alone.
//!
//! The network proposes symbols. Cells above a probability threshold are committed and the network runs
//! again on the smaller question; on a contradiction the search backtracks; the rules decide when an answer is
//! accepted. The symbolic parts are candidate elimination in the encoding, the queue of open boards and the
//! check of the rules. After LDT
//! (arXiv 2605.08605).

use crate::answer::fitted;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use trm_core::TrmEngine;
use trm_tasks::CandidateTask;

/// Limits of a search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchLimits {
    /// The most calls of the network.
    pub max_calls: usize,
    /// The most supervision steps of a call.
    pub max_k: usize,
    /// A call ends when its answer has not changed for this many steps in a row.
    pub stable: usize,
    /// Cells whose best symbol has at least this probability are committed.
    pub sure: f32,
}

impl Default for SearchLimits {
    fn default() -> Self {
        SearchLimits { max_calls: 64, max_k: 64, stable: 8, sure: 0.99 }
    }
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchResult<A> {
    /// An answer that obeys the rules, if one was found.
    pub answer: Option<A>,
    /// Calls of the network.
    pub calls: usize,
    /// Supervision steps of all calls.
    pub steps: usize,
}

/// Searches for a solution of a puzzle.
///
/// # Errors
/// The errors of [`TrmEngine::steps`]; relations of the question that do not fit the model.
pub fn search<T: CandidateTask>(
    engine: &TrmEngine,
    task: &T,
    puzzle: &T::Question,
    limits: &SearchLimits,
) -> Result<SearchResult<T::Answer>>
where
    T::Question: Clone,
{
    // Borrowed where it can be, so that its buffers serve the next puzzle too.
    let engine = fitted(engine, &task.encode(puzzle))?;
    let search = Search { engine: &engine, task, puzzle, limits };
    let mut nodes = BinaryHeap::from([Node { likelihood: 0.0, question: puzzle.clone() }]);
    let mut result = SearchResult { answer: None, calls: 0, steps: 0 };
    while let Some(Node { likelihood, question }) = nodes.pop() {
        if result.calls == limits.max_calls {
            break;
        }
        let candidates = OpenCandidates::of(task, &question);
        if candidates.contradict(task.cells(&question)) {
            continue;
        }
        result.calls += 1;
        let (proposal, n_steps) = search.call(&question)?;
        result.steps += n_steps;
        let logits = match proposal {
            Proposal::Accepted(answer) => {
                result.answer = Some(answer);
                break;
            }
            Proposal::Rejected(logits) => logits,
        };
        let branches = branches(task, &question, &candidates.beliefs(&logits), limits.sure);
        nodes.extend(branches.into_iter().map(|(p, question)| Node { likelihood: likelihood + p, question }));
    }
    Ok(result)
}

enum Proposal<A> {
    Accepted(A),
    /// The logits of the last step: `[candidates]`.
    Rejected(Vec<f32>),
}

struct Search<'a, T: CandidateTask> {
    engine: &'a TrmEngine,
    task: &'a T,
    puzzle: &'a T::Question,
    limits: &'a SearchLimits,
}

impl<T: CandidateTask> Search<'_, T> {
    /// Asks the network for the rest of a partly filled puzzle; with the number of steps.
    fn call(&self, question: &T::Question) -> Result<(Proposal<T::Answer>, usize)> {
        let Search { engine, task, puzzle, limits } = *self;
        let encoded = task.encode(question);
        let mut steps = engine.steps(&encoded.question, &encoded.answer)?;
        let mut unchanged = 0;
        loop {
            let trace = steps.advance();
            let logits = steps.answer();
            let answer = task.decode(question, &logits);
            if task.obeys_rules(puzzle, &answer) {
                return Ok((Proposal::Accepted(answer), steps.n_steps()));
            }
            unchanged = if trace.changed == 0.0 { unchanged + 1 } else { 0 };
            if steps.n_steps() >= limits.max_k || unchanged >= limits.stable {
                return Ok((Proposal::Rejected(logits), steps.n_steps()));
            }
        }
    }
}

/// Whether the encoding leaves each candidate open.
struct OpenCandidates {
    /// `[candidates]`
    open: Vec<bool>,
    n_symbols: usize,
}

impl OpenCandidates {
    fn of<T: CandidateTask>(task: &T, question: &T::Question) -> Self {
        let (n_symbols, encoded) = (task.n_symbols(), task.encode(question).question);
        let n_features = encoded.len() / (task.cells(question).len() * n_symbols);
        let open = encoded.chunks_exact(n_features).map(|candidate| candidate[0] != 0.0);
        OpenCandidates { open: open.collect(), n_symbols }
    }

    /// Whether some blank cell has no candidate left, or no cell is blank.
    fn contradict(&self, cells: &[u8]) -> bool {
        let open = self.open.chunks_exact(self.n_symbols);
        let mut blanks = cells.iter().zip(open).filter(|(cell, _)| **cell == 0).peekable();
        blanks.peek().is_none() || blanks.any(|(_, open)| !open.contains(&true))
    }

    /// The probabilities of the candidates of each blank cell, the cell with the highest one first.
    fn beliefs(&self, logits: &[f32]) -> Vec<Belief> {
        let mut beliefs: Vec<Belief> = Vec::new();
        let cells = self.open.chunks_exact(self.n_symbols).zip(logits.chunks_exact(self.n_symbols));
        for (cell, (open, logits)) in cells.enumerate() {
            let candidates = (1..).zip(logits).zip(open).filter(|(_, open)| **open);
            let mut symbols: Vec<(u8, f32)> = candidates.map(|((s, logit), _)| (s, *logit)).collect();
            let most = symbols.iter().fold(f32::NEG_INFINITY, |most, (_, logit)| most.max(*logit));
            let sum: f32 = symbols.iter().map(|(_, logit)| (logit - most).exp()).sum();
            symbols.iter_mut().for_each(|(_, logit)| *logit = (*logit - most).exp() / sum);
            symbols.sort_by(|a, b| b.1.total_cmp(&a.1));
            if !symbols.is_empty() {
                beliefs.push(Belief { cell, symbols });
            }
        }
        beliefs.sort_by(|a, b| b.probability().total_cmp(&a.probability()));
        beliefs
    }
}

/// The network's distribution over the symbols of one blank cell.
struct Belief {
    cell: usize,
    /// Symbols with their probabilities, highest first; never empty.
    symbols: Vec<(u8, f32)>,
}

impl Belief {
    fn probability(&self) -> f32 {
        self.symbols[0].1
    }
}

/// The next questions to try, each with its log likelihood: all cells above the threshold committed at once, and
/// each symbol of the most certain cell on its own, so that the solution stays reachable where the network is
/// confidently wrong.
fn branches<T: CandidateTask>(
    task: &T,
    question: &T::Question,
    beliefs: &[Belief],
    sure: f32,
) -> Vec<(f32, T::Question)>
where
    T::Question: Clone,
{
    let Some(best) = beliefs.first() else { return Vec::new() };
    let mut all = question.clone();
    let (mut n_committed, mut likelihood) = (0, 0.0);
    for belief in beliefs.iter().take_while(|belief| belief.probability() >= sure) {
        let (cell, symbol) = (belief.cell, belief.symbols[0].0);
        let OpenCandidates { open, n_symbols } = OpenCandidates::of(task, &all);
        if open[cell * n_symbols + usize::from(symbol) - 1] {
            all = task.filled(&all, cell, symbol);
            n_committed += 1;
            likelihood += belief.probability().ln();
        }
    }
    let singly = best.symbols.iter().map(|(symbol, p)| (p.ln(), task.filled(question, best.cell, *symbol)));
    (n_committed > 1).then_some((likelihood, all)).into_iter().chain(singly).collect()
}

/// A partly filled puzzle in the queue.
struct Node<Q> {
    /// Sum of the log probabilities of the committed symbols.
    likelihood: f32,
    question: Q,
}

impl<Q> PartialEq for Node<Q> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<Q> Eq for Node<Q> {}

impl<Q> PartialOrd for Node<Q> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Q> Ord for Node<Q> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.likelihood.total_cmp(&other.likelihood)
    }
}
