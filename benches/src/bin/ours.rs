//! Our side of `cargo xtask peers`: for each command line on standard input it prints one line of JSON, so that
//! another program can alternate with its own measurements.
//!
//! `questions PUZZLE N`: what the nets read and what comes out; `latency PUZZLE THREADS`,
//! `batch PUZZLE THREADS`: nanoseconds of K = 10 steps of the first question, shared by the threads, and of all.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::HashMap;
use std::io::BufRead;
use std::time::Instant;
use trm_benches::{Solvable, mazes_solved_in, sudoku_solved_in};
use trm_core::{TrmEngine, TrmResult};

const K: usize = 10;

/// A model and its questions.
struct Side {
    engine: TrmEngine,
    puzzles: Vec<Solvable>,
    pools: HashMap<usize, (ThreadPool, TrmEngine)>,
}

impl Side {
    fn new(name: &str, n: usize) -> Self {
        let (engine, puzzles) = if name == "sudoku" {
            // PyTorch does not draw our noise.
            let engine = trm_models::sudoku().with_channel_noise(0.0).expect("it has an answer channel");
            let puzzles = sudoku_solved_in(&engine, K, n);
            (engine, puzzles)
        } else {
            let engine = trm_models::maze();
            let puzzles = mazes_solved_in(&engine, 2 * K, n);
            (engine, puzzles)
        };
        Side { engine, puzzles, pools: HashMap::new() }
    }

    fn questions(&self) -> String {
        let json = |puzzle: &Solvable| {
            let after = |k| self.engine.reason(&puzzle.question, &puzzle.answer, Some(k)).answer;
            let (question, answer, one, last) = (&puzzle.question, &puzzle.answer, after(1), after(K));
            format!("{{\"question\":{question:?},\"answer\":{answer:?},\"one\":{one:?},\"last\":{last:?}}}")
        };
        let all: Vec<String> = self.puzzles.iter().map(json).collect();
        format!("[{}]", all.join(","))
    }

    /// A pool of `n` threads, and an engine that splits a question among them.
    fn make_threads(&mut self, n: usize) {
        self.pools.entry(n).or_insert_with(|| {
            let pool = ThreadPoolBuilder::new().num_threads(n).build().expect("a pool of threads");
            (pool, self.engine.clone().with_threads(n))
        });
    }

    fn latency(&mut self, n_threads: usize) -> u128 {
        self.make_threads(n_threads);
        let ((pool, engine), puzzle) = (&self.pools[&n_threads], &self.puzzles[0]);
        let mut result = TrmResult::default();
        let mut answer = || engine.reason_into(&puzzle.question, &puzzle.answer, Some(K), &mut result);
        timed(|| pool.install(&mut answer).expect("it was answered before"))
    }

    fn batch(&mut self, n_threads: usize) -> u128 {
        self.make_threads(n_threads);
        let (pool, _) = &self.pools[&n_threads];
        let pairs: Vec<(&[f32], &[f32])> =
            self.puzzles.iter().map(|p| (p.question.as_slice(), p.answer.as_slice())).collect();
        let answer = || pool.install(|| self.engine.reason_batch(&pairs, Some(K)));
        timed(|| assert!(answer().iter().all(Result::is_ok)))
    }
}

fn timed(call: impl FnOnce()) -> u128 {
    let start = Instant::now();
    call();
    start.elapsed().as_nanos()
}

fn main() {
    let mut sides: HashMap<String, Side> = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line of text");
        let words: Vec<&str> = line.split_whitespace().collect();
        let [command, puzzle, number @ ..] = &words[..] else { panic!("no command: {line:?}") };
        let number = number.first().map_or(1, |n| n.parse().expect("a number"));
        if *command == "questions" {
            sides.insert((*puzzle).into(), Side::new(puzzle, number));
        }
        let side = sides.get_mut(*puzzle).expect("questions first");
        match *command {
            "questions" => println!("{}", side.questions()),
            "latency" => println!("{}", side.latency(number)),
            "batch" => println!("{}", side.batch(number)),
            other => panic!("no command is named {other:?}"),
        }
    }
}
