//! Our side of `cargo xtask peers`: answers one command a line on standard input with one line of
//! JSON, so that another program can ask in turns with its own measurements.
//!
//! `questions PUZZLE N`: what the nets read and what comes out; `latency PUZZLE`, `batch PUZZLE THREADS`:
//! nanoseconds of K = 10 steps of the first question, and of all.

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
    pools: HashMap<usize, ThreadPool>,
}

impl Side {
    fn new(name: &str, n: usize) -> Self {
        let (engine, puzzles) = if name == "sudoku" {
            let engine = trm_models::sudoku();
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

    fn latency(&self) -> u128 {
        let (puzzle, mut result) = (&self.puzzles[0], TrmResult::default());
        timed(|| {
            let answered = self.engine.reason_into(&puzzle.question, &puzzle.answer, Some(K), &mut result);
            answered.expect("it was answered before");
        })
    }

    fn batch(&mut self, n_threads: usize) -> u128 {
        let pool = self.pools.entry(n_threads).or_insert_with(|| {
            ThreadPoolBuilder::new().num_threads(n_threads).build().expect("a pool of threads")
        });
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
            "latency" => println!("{}", side.latency()),
            "batch" => println!("{}", side.batch(number)),
            other => panic!("no command is named {other:?}"),
        }
    }
}
