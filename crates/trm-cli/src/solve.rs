//! `trm solve`

use crate::draw::{Colours, Draw, MazeDrawing};
use crate::draw_rules::RulesDrawing;
use crate::input::is_stdin;
use crate::kind::{Kind, Loaded, PuzzleFile, judge, kind, refuse};
use crate::model_args::{ModelArgs, Puzzle};
use crate::output::{Output, OutputError, OutputFile, message, text_of};
use crate::progress::Progress;
use crate::questions::{self, Entry, Named, Questions};
use crate::values::{boxes, notation};
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use clap::Parser;
use puzzles::PuzzleError;
use puzzles::maze::{Maze, shortest_path_len};
use puzzles::rules;
use puzzles::sudoku::{Geometry, Grid, Notation, ReadOptions, Solutions, SudokuText, solutions};
use serde_json::json;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use trm_bench::ModelInfo;
use trm_core::TrmEngine;
use trm_solve::picture::Film;
use trm_solve::{AfterHalt, Policy, RunResult, answer, check_maze, maze_task, sized_sudoku};
use trm_tasks::{SudokuTask, Task};

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm solve sudoku 53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79\n  \
    trm solve sudoku puzzle.txt --trace        in one line, in rows, or as a drawn board\n  \
    trm solve sudoku list.sdm                  many puzzles, a line each; also CSV, with answers or without\n  \
    trm solve sudoku 1.....3..2.....4          4x4 to 25x25, with the same weights\n  \
    trm solve sudoku six.txt --box 3x2         6x6 with boxes of three rows and two columns\n  \
    trm solve sudoku hex.txt --notation 0-F    16x16 in hexadecimal digits; in 1-G, 0 is a blank\n  \
    trm solve maze maze.txt --k 32             one line per row: '#' wall, ' ' free, S, G\n  \
    trm solve maze - --json < maze.txt\n  \
    trm solve examples/puzzles/sudoku-x.toml list.csv    puzzles of a file; docs/own-puzzle.md\n  \
    trm solve maze maze.txt --svg steps.svg    the steps as a picture; - writes it to standard output\n\n\
    The answer is the network's alone. Before it is asked, an exact solver says whether the question\n\
    has an answer at all; afterwards the rules of the puzzle say whether the answer is right.\n\n\
    Exit codes: 0 verified, 1 not verified, 2 bad input. Of many puzzles: 0 all are verified, 1 not all, 2 one\n\
    could not be read, and the others are answered.")]
pub struct Args {
    /// sudoku, maze, a puzzle file (.toml), or a model that carries one
    #[arg(value_name = "PUZZLE|FILE", value_parser = kind)]
    puzzle: Kind,
    /// The puzzle itself, a file of one or of many, or - for standard input
    #[arg(value_name = "PUZZLE|FILE|-")]
    input: String,
    /// Puzzle file: the groups that come with the puzzle, a column of its data files
    #[arg(long = "with", value_name = "COLUMN=GROUPS")]
    columns: Vec<String>,
    #[command(flatten)]
    model_args: ModelArgs,
    /// Sudoku: rows and columns of a box, where a size has more than one shape
    #[arg(long = "box", value_name = "ROWSxCOLUMNS", value_parser = boxes)]
    boxes: Option<Geometry>,
    /// Sudoku: how digits are written, where the text may be read in two ways
    #[arg(long, value_name = "NOTATION", value_parser = notation())]
    notation: Option<Notation>,
    /// Draw every supervision step
    #[arg(long)]
    trace: bool,
    /// Draw the supervision steps into this file, as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print one JSON object, of many puzzles one a line
    #[arg(long, conflicts_with = "trace")]
    json: bool,
}

/// Wider boards are no picture any more.
const MAX_PICTURE_WIDTH: usize = 64;

pub fn run(args: &Args, out: &mut Output) -> Result<Verdict> {
    if args.json {
        out.reserve("--json")?;
    }
    let puzzle = match args.puzzle.load()? {
        Loaded::File(file) => return solve_file(args, &file, out),
        Loaded::Known(puzzle) => puzzle,
    };
    if !args.columns.is_empty() {
        bail!("--with is for puzzle files");
    }
    let job = |data| Job::new(args, args.model_args.engine(puzzle)?, puzzle.name(), data);
    match puzzle {
        Puzzle::Sudoku => {
            let options = ReadOptions { geometry: args.boxes, notation: args.notation };
            let Named { name, data, questions } = questions::sudoku(&args.input, options)?;
            let job = job(data)?;
            let mut engines = Engines(Vec::new());
            match questions {
                Questions::One(question) => {
                    let note = judge_sudoku(&question.grid).context(name.clone())?;
                    note.into_iter().for_each(|note| message!("note: {note}"));
                    let (engine, task) = engines.get(&job.engine, question.grid.geometry()).context(name)?;
                    job.solve(engine, task, &question.grid, &question.notation, out)
                }
                Questions::Many(list) => job.solve_all(list, out, |question: SudokuText, place, out| {
                    judge_sudoku(&question.grid)?;
                    let (engine, task) = engines.get(&job.engine, question.grid.geometry())?;
                    job.solve_line(engine, task, &question.grid, &question.notation, place, out)
                }),
            }
        }
        Puzzle::Maze => {
            if args.boxes.is_some() || args.notation.is_some() {
                bail!("--box and --notation are for Sudoku");
            }
            let Named { name, data, questions } = questions::maze(&args.input)?;
            let job = job(data)?;
            let task = maze_task(&job.engine)?;
            match questions {
                Questions::One(maze) => {
                    judge_maze(&maze).context(name.clone())?;
                    check_maze(&job.engine, &maze).context(name)?;
                    job.solve(&job.engine, &task, &maze, &MazeDrawing, out)
                }
                Questions::Many(list) => job.solve_all(list, out, |maze: Maze, place, out| {
                    judge_maze(&maze)?;
                    check_maze(&job.engine, &maze)?;
                    job.solve_line(&job.engine, &task, &maze, &MazeDrawing, place, out)
                }),
            }
        }
    }
}

/// Answers the puzzles of a file of rules.
fn solve_file(args: &Args, file: &PuzzleFile, out: &mut Output) -> Result<Verdict> {
    refuse(&[("--box", args.boxes.is_some()), ("--notation", args.notation.is_some())])?;
    let rules = file.rules();
    let given = |name: &str| {
        let named = |word: &&String| word.split_once('=').is_some_and(|(column, _)| column == name);
        args.columns.iter().find(named).and_then(|word| word.split_once('=')).map(|(_, groups)| groups)
    };
    let columns: Vec<&str> = rules.columns().map_while(given).collect();
    if columns.len() < args.columns.len() {
        let known: Vec<_> = rules.columns().collect();
        bail!("--with COLUMN=GROUPS: the columns of {} are {known:?}, each once", file.name);
    }
    let Named { name, data, questions } = questions::rules(&args.input, rules, &columns)?;
    let job = Job::new(args, file.engine(&args.model_args)?, rules.name(), data)?;
    let draw = RulesDrawing(rules.clone());
    match questions {
        Questions::One(puzzle) => {
            let note = judge(&puzzle).context(name)?;
            note.into_iter().for_each(|note| message!("note: {note}"));
            job.solve(&job.engine, &file.task, &puzzle, &draw, out)
        }
        Questions::Many(list) => job.solve_all(list, out, |puzzle: rules::Puzzle, place, out| {
            judge(&puzzle)?;
            job.solve_line(&job.engine, &file.task, &puzzle, &draw, place, out)
        }),
    }
}

/// Refuses a question without a solution; what else there is to say of it is returned.
fn judge_sudoku(grid: &Grid) -> Result<Option<String>> {
    Ok(match solutions(grid) {
        Solutions::None => return Err(PuzzleError::NoSolution.into()),
        Solutions::One(_) if grid.is_complete() => Some("this grid is solved already".into()),
        Solutions::One(_) => None,
        Solutions::Several => Some("this Sudoku has more than one solution; any of them is accepted".into()),
        Solutions::Unknown { max_guesses } => {
            Some(format!("could not tell how many solutions there are: gave up after {max_guesses} guesses"))
        }
    })
}

fn judge_maze(maze: &Maze) -> Result<()> {
    if shortest_path_len(maze).is_none() {
        let (start, goal) = (maze.row_column(maze.start()), maze.row_column(maze.goal()));
        return Err(PuzzleError::MazeUnreachable { start, goal }.into());
    }
    Ok(())
}

/// The engines for the sizes of a list.
struct Engines(Vec<(Geometry, (TrmEngine, SudokuTask))>);

impl Engines {
    fn get(&mut self, engine: &TrmEngine, geometry: Geometry) -> Result<&(TrmEngine, SudokuTask)> {
        let known = self.0.iter().position(|(known, _)| *known == geometry);
        let i = match known {
            Some(i) => i,
            None => {
                let (engine, task) = sized_sudoku(engine, geometry)?;
                self.0.push((geometry, (engine.with_threads(rayon::current_num_threads()), task)));
                self.0.len() - 1
            }
        };
        Ok(&self.0[i].1)
    }
}

/// What is the same for all puzzles of a call.
struct Job<'a> {
    args: &'a Args,
    engine: TrmEngine,
    info: ModelInfo,
    policy: Policy,
    /// Name of the puzzle in reports.
    puzzle: String,
    /// Name of the input in reports.
    data: String,
    /// What the answers depend on besides, where they do.
    seed: Option<u64>,
}

/// A puzzle of a list: its line and its name.
struct Place {
    line: u64,
    name: Option<String>,
}

impl<'a> Job<'a> {
    fn new(
        args: &'a Args,
        (engine, info): (TrmEngine, ModelInfo),
        puzzle: &str,
        data: String,
    ) -> Result<Self> {
        let policy = args.model_args.policy(&engine)?;
        let engine = engine.with_threads(rayon::current_num_threads());
        if info.untrained {
            message!("note: the model is untrained ({}); its answers mean nothing", info.name);
        }
        let seed = args.model_args.seed_of_runs(&engine, &info.name)?;
        Ok(Job { args, engine, info, policy, puzzle: puzzle.into(), data, seed })
    }

    /// Answers the only puzzle of a call, and draws it.
    fn solve<T: Task>(
        &self,
        engine: &TrmEngine,
        task: &T,
        question: &T::Question,
        draw: &impl Draw<T>,
        out: &mut Output,
    ) -> Result<Verdict> {
        let mut picture = self.picture(draw.size(question).1, draw.boxes(question), out)?;
        let colours = Colours::of(out);
        // A terminal shows the answer soon enough, and a bar would flicker there.
        let progress =
            (!io::stderr().is_terminal()).then(|| Progress::new("solve", "steps", Some(self.policy.max_k)));
        let (mut before, mut printed) = (None::<T::Answer>, Ok(()));
        let result = answer(engine, task, question, &self.policy, AfterHalt::Stop, |step| {
            progress.iter().for_each(|progress| progress.show(step.k, String::new));
            if let Some((film, _)) = &mut picture {
                let cells = draw.cells(question, step.answer);
                film.record(step.k, step.trace.confidence, cells, step.halted);
            }
            if !self.args.trace || printed.is_err() {
                return;
            }
            let changed = before.as_ref().map(|before| draw.n_changed(step.answer, before));
            let changed = changed.map_or(String::new(), |n| format!(", {n} cells changed"));
            let board = draw.board(question, step.answer, before.as_ref(), colours);
            let confidence = step.trace.confidence;
            printed = writeln!(out, "step {}: confidence {confidence:.3}{changed}\n{board}", step.k);
            before = Some(step.answer.clone());
        })?;
        drop(progress);
        let fault = task.fault(question, &result.answer);
        let verdict = Verdict::from(fault.is_none());
        out.set_verdict(verdict);
        printed?;
        if let Some((film, file)) = picture {
            file.write(film.to_svg().as_bytes())?;
        }
        if self.args.json {
            out.json(&self.object(question, draw, &result, fault.as_deref()), self.seed)?;
        } else {
            let board = (!self.args.trace).then(|| draw.board(question, &result.answer, None, colours));
            print_text(&result, fault.as_deref(), board, colours, out)?;
        }
        Ok(verdict)
    }

    /// Answers a puzzle of a list, in one line.
    fn solve_line<T: Task>(
        &self,
        engine: &TrmEngine,
        task: &T,
        question: &T::Question,
        draw: &impl Draw<T>,
        place: &Place,
        out: &mut Output,
    ) -> Result<Verdict> {
        let result = answer(engine, task, question, &self.policy, AfterHalt::Stop, |_| {})?;
        let fault = task.fault(question, &result.answer);
        let Place { line, name } = place;
        if self.args.json {
            let mut object = self.object(question, draw, &result, fault.as_deref());
            object["line"] = (*line).into();
            object["name"] = name.clone().into();
            out.json(&object, self.seed)?;
        } else {
            let (k, confidence) = (result.k, result.confidence);
            let word = if fault.is_none() { "verified" } else { "not verified" };
            let name = name.as_ref().map_or(String::new(), |name| format!("  {name}"));
            let answer = draw.line(question, &result.answer);
            writeln!(out, "line {line}: {word}, K {k}, confidence {confidence:.3}: {answer}{name}")?;
        }
        Ok(Verdict::from(fault.is_none()))
    }

    /// Answers all puzzles of a list, and reports those that cannot be in their places.
    fn solve_all<Q>(
        &self,
        list: Box<dyn Iterator<Item = Entry<Q>>>,
        out: &mut Output,
        mut solve: impl FnMut(Q, &Place, &mut Output) -> Result<Verdict>,
    ) -> Result<Verdict> {
        if self.args.trace || self.args.svg.is_some() {
            bail!("{}: --trace and --svg draw one puzzle, and this is a list", self.data);
        }
        let [mut verified, mut wrong, mut refused] = [0u64; 3];
        for Entry { line, name, question } in list {
            let place = Place { line, name };
            let solved =
                question.map_err(questions::advise).and_then(|question| solve(question, &place, out));
            match solved {
                Ok(Verdict::Yes) => verified += 1,
                Ok(Verdict::No) => wrong += 1,
                Err(error) if error.is::<OutputError>() => return Err(error),
                Err(error) => {
                    refused += 1;
                    let error = text_of(&error);
                    if self.args.json {
                        let object = json!({ "puzzle": self.puzzle, "data": self.data,
                            "model": self.info, "line": line, "name": place.name, "error": error });
                        out.json(&object, self.seed)?;
                    } else {
                        writeln!(out, "line {line}: refused: {error}")?;
                    }
                }
            }
        }
        let n = verified + wrong + refused;
        message!("{n} puzzles: {verified} verified, {wrong} not verified, {refused} refused");
        match (n, refused) {
            (0, _) => bail!("{}: no puzzles in this file", self.data),
            (_, 0) => Ok(Verdict::from(wrong == 0)),
            _ => bail!("{}: {refused} of {n} puzzles could not be answered", self.data),
        }
    }

    fn object<T: Task>(
        &self,
        question: &T::Question,
        draw: &impl Draw<T>,
        result: &RunResult<T::Answer>,
        fault: Option<&str>,
    ) -> serde_json::Value {
        let (height, width) = draw.size(question);
        json!({
            "puzzle": self.puzzle, "data": self.data, "model": self.info, "height": height, "width": width,
            "answer": draw.line(question, &result.answer), "k": result.k, "confidence": result.confidence,
            "early_stopped": result.early_stopped, "verified": fault.is_none(), "fault": fault,
            "ms": 1e3 * result.time.as_secs_f64(),
        })
    }

    /// An empty picture of boards of this shape, and the file for it, where one is wanted.
    fn picture(
        &self,
        width: usize,
        boxes: [usize; 2],
        out: &mut Output,
    ) -> Result<Option<(Film, OutputFile)>> {
        let Some(path) = &self.args.svg else { return Ok(None) };
        if width > MAX_PICTURE_WIDTH {
            bail!("--svg draws boards of at most {MAX_PICTURE_WIDTH} cells in a row");
        }
        let ModelArgs { model, halting_state, .. } = &self.args.model_args;
        let input = Path::new(&self.args.input);
        let input = (!is_stdin(input)).then_some(input);
        let puzzle = match &self.args.puzzle {
            Kind::File(path) => Some(path.as_path()),
            Kind::Known(_) => None,
        };
        let inputs = [input, puzzle, model.as_deref(), halting_state.as_deref()];
        let inputs: Vec<&Path> = inputs.into_iter().flatten().collect();
        let file = OutputFile::create("--svg", path, &inputs, out)?;
        Ok(Some((Film::new(width, boxes), file)))
    }
}

fn print_text<A>(
    result: &RunResult<A>,
    fault: Option<&str>,
    board: Option<String>,
    colours: Colours,
    out: &mut Output,
) -> Result<()> {
    if let Some(board) = board {
        writeln!(out, "{board}")?;
    }
    let RunResult { k, confidence, early_stopped, time, .. } = result;
    let stop = if *early_stopped { "" } else { " (the limit)" };
    writeln!(out, "K {k}{stop}, confidence {confidence:.3}, {:.1} ms", 1e3 * time.as_secs_f64())?;
    match fault {
        None => writeln!(out, "{}", colours.good("verified: the answer obeys the rules"))?,
        Some(fault) => writeln!(out, "not verified: {fault}")?,
    }
    Ok(())
}
