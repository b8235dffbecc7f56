//! `trm solve`

use crate::draw::{Colours, Draw};
use crate::input::{ModelArgs, Puzzle, open_output, parse_maze, parse_sudoku, sudoku_task, write_output};
use crate::verdict::Verdict;
use anyhow::{Result, bail};
use clap::Parser;
use puzzles::PuzzleError;
use puzzles::maze;
use puzzles::sudoku::{Grid, Solver};
use serde_json::json;
use std::path::PathBuf;
use trm_bench::ModelInfo;
use trm_core::TrmEngine;
use trm_solve::picture::Film;
use trm_solve::{AfterHalt, RunResult, answer};
use trm_tasks::{MazeTask, Task};

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm solve sudoku 53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79\n  \
    trm solve sudoku puzzle.txt --trace        81 characters in one line or nine\n  \
    trm solve sudoku 1.....3..2.....4   4x4 to 25x25, with the same weights\n  \
    trm solve maze maze.txt --k 32             one line per row: '#' wall, ' ' free, S, G\n  \
    trm solve maze - --json < maze.txt\n  \
    trm solve maze maze.txt --svg steps.svg    the steps as a picture\n\n\
    The answer is the network's alone. Before it is asked, an exact solver says whether the question\n\
    has an answer at all; afterwards the rules of the puzzle say whether the answer is right.\n\n\
    Exit codes: 0 verified, 1 not verified, 2 bad input.")]
pub struct Args {
    /// Which puzzle
    puzzle: Puzzle,
    /// The puzzle itself, a file, or - for standard input
    #[arg(value_name = "PUZZLE|FILE|-")]
    input: String,
    #[command(flatten)]
    model_args: ModelArgs,
    /// Draw every supervision step
    #[arg(long)]
    trace: bool,
    /// Draw the supervision steps into this file, as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "trace")]
    json: bool,
}

pub fn run(args: Args) -> Result<Verdict> {
    match args.puzzle {
        Puzzle::Sudoku => {
            let grid = parse_sudoku(&args.input)?;
            judge_sudoku(&grid)?;
            let (engine, info) = args.model_args.engine(args.puzzle)?;
            let (engine, task) = sudoku_task(engine, grid.geometry())?;
            args.solve(engine, &info, &task, &grid)
        }
        Puzzle::Maze => {
            let maze = parse_maze(&args.input)?;
            if maze::shortest_path_len(&maze).is_none() {
                let (start, goal) = (maze.row_column(maze.start()), maze.row_column(maze.goal()));
                return Err(PuzzleError::MazeUnreachable { start, goal }.into());
            }
            let (engine, info) = args.model_args.engine(args.puzzle)?;
            let task = MazeTask::of(engine.model().config())?;
            args.solve(engine, &info, &task, &maze)
        }
    }
}

/// Wider boards are no picture any more.
const MAX_PICTURE_WIDTH: usize = 64;

/// Refuses a question without an answer; a question with many is said to be one.
fn judge_sudoku(grid: &Grid) -> Result<()> {
    match Solver::new().count_solutions(grid, 2) {
        Ok(0) => return Err(PuzzleError::NoSolution.into()),
        Ok(1) if grid.is_complete() => eprintln!("note: this grid is solved already"),
        Ok(1) => {}
        Ok(_) => eprintln!("note: this Sudoku has more than one solution; any of them is accepted"),
        Err(error) => eprintln!("note: could not tell how many solutions there are: {error}"),
    }
    Ok(())
}

impl Args {
    fn solve<T: Task>(
        &self,
        engine: TrmEngine,
        info: &ModelInfo,
        task: &T,
        question: &T::Question,
    ) -> Result<Verdict>
    where
        T::Question: Draw<T::Answer>,
        T::Answer: Clone,
    {
        let engine = &engine.with_threads(rayon::current_num_threads());
        let policy = self.model_args.policy(engine.model().config())?;
        let (colours, mut before) = (Colours::of_stdout(), None::<T::Answer>);
        let (width, rule) = question.shape();
        if self.svg.is_some() && width > MAX_PICTURE_WIDTH {
            bail!("--svg draws boards of at most {MAX_PICTURE_WIDTH} cells in a row");
        }
        let mut film = self.svg.as_ref().map(|_| Film::new(width, rule));
        let result = answer(engine, task, question, &policy, AfterHalt::Stop, |step| {
            if let Some(film) = &mut film {
                film.record(step.k, step.trace.confidence, question.cells(step.answer), step.halted);
            }
            if !self.trace {
                return;
            }
            let changed = before.as_ref().map(|before| question.n_changed(step.answer, before));
            let changed = changed.map_or(String::new(), |n| format!(", {n} cells changed"));
            println!("step {}: confidence {:.3}{changed}", step.k, step.trace.confidence);
            println!("{}", question.draw(step.answer, before.as_ref(), colours));
            before = Some(step.answer.clone());
        })?;
        if let (Some(film), Some(path)) = (film, &self.svg) {
            write_output(open_output(path)?, film.to_svg().as_bytes())?;
        }
        let fault = task.fault(question, &result.answer);
        if self.json {
            print_json::<T>(&result, &task.text(question, &result.answer), fault.as_deref(), info);
        } else {
            print_text(
                &result,
                fault.as_deref(),
                &question.draw(&result.answer, None, colours),
                colours,
                self.trace,
            );
        }
        if info.untrained {
            eprintln!("note: the model is untrained ({}); its answers mean nothing", info.name);
        }
        Ok(if fault.is_none() { Verdict::Yes } else { Verdict::No })
    }
}

fn print_text<A>(result: &RunResult<A>, fault: Option<&str>, drawing: &str, colours: Colours, drawn: bool) {
    if !drawn {
        println!("{drawing}");
    }
    let RunResult { k, confidence, early_stopped, time, .. } = result;
    let stop = if *early_stopped { "" } else { " (the limit)" };
    println!("K {k}{stop}, confidence {confidence:.3}, {:.1} ms", 1e3 * time.as_secs_f64());
    match fault {
        None => println!("{}", colours.good("verified: the answer obeys the rules")),
        Some(fault) => println!("not verified: {fault}"),
    }
}

fn print_json<T: Task>(result: &RunResult<T::Answer>, text: &str, fault: Option<&str>, info: &ModelInfo) {
    let object = json!({
        "puzzle": T::NAME, "model": info, "answer": text, "k": result.k,
        "confidence": result.confidence, "early_stopped": result.early_stopped,
        "verified": fault.is_none(), "fault": fault,
        "ms": 1e3 * result.time.as_secs_f64(),
    });
    println!("{object}");
}
