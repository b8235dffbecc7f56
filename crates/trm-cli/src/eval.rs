//! `trm eval`

use crate::attempts;
use crate::eval_args::Args;
use crate::kind::Loaded;
use crate::model_args::Puzzle;
use crate::output::{Output, message};
use crate::progress::Progress;
use crate::rows::Rows;
use crate::verdict::Verdict;
use anyhow::{Context, Result};
use std::sync::Mutex;
use trm_bench::{ModelInfo, evaluate, write_answers};
use trm_core::TrmEngine;
use trm_solve::AfterHalt;
use trm_tasks::{Item, MazeTask, SudokuTask, Task};

pub fn run(args: &Args, out: &mut Output) -> Result<Verdict> {
    if args.json {
        out.reserve("--json")?;
    }
    let puzzle = args.puzzle.load()?;
    let (engine, info) = puzzle.engine(&args.model_args)?;
    if info.untrained {
        message!("note: the model is untrained ({}); what it scores means nothing", info.name);
        if args.target.is_some() {
            message!("FAIL: there is nothing to measure before the model is trained");
            return Ok(Verdict::No);
        }
    }
    if args.rollouts.is_some() || args.search.is_some() {
        args.model_args.refuse_halting("--rollouts and --search")?;
    }
    if let Some(n) = args.rollouts {
        return attempts::run_rollouts(args, &puzzle, engine, info, usize::from(n), out);
    }
    if let Some(n) = args.search {
        return attempts::run_search(args, &puzzle, engine, info, n as usize, out);
    }
    match puzzle {
        Loaded::Known(Puzzle::Sudoku) => {
            let (engine, task, rows) = args.sudoku(&engine)?;
            evaluate_rows(args, &engine, info, (&task, SudokuTask::NAME), rows, out)
        }
        Loaded::Known(Puzzle::Maze) => {
            let (task, rows) = args.mazes(&engine)?;
            evaluate_rows(args, &engine, info, (&task, MazeTask::NAME), rows, out)
        }
        Loaded::File(file) => {
            let (task, rows) = (&file.task, args.rules(&file)?);
            evaluate_rows(args, &engine, info, (task, file.rules().name()), rows, out)
        }
    }
}

fn evaluate_rows<T: Task, R: Send>(
    args: &Args,
    engine: &TrmEngine,
    info: ModelInfo,
    (task, name): (&T, &str),
    rows: Rows<R>,
    out: &mut Output,
) -> Result<Verdict>
where
    Item<T>: From<R>,
{
    let policy = args.model_args.policy(engine.model().config())?;
    let seed = args.model_args.seed_of_runs(engine, &info.name)?;
    let Rows { items, data } = rows;
    let after_halt = if args.sweep { AfterHalt::Continue } else { AfterHalt::Stop };
    let file = args.rows_file(out)?;
    let progress = Progress::of("eval", &items);
    let answers = Mutex::new(Vec::new());
    let result = evaluate(engine, task, items, &policy, after_halt, &|so_far, answer| {
        progress.show_verified(so_far.n, so_far.n_verified);
        if args.rows.is_some() {
            answers.lock().unwrap_or_else(|e| e.into_inner()).push(answer);
        }
    });
    drop(progress);
    let report = result.with_context(|| data.clone())?.report(name, data, info, policy);
    if let Some(file) = file {
        let mut answers = answers.into_inner().unwrap_or_else(|e| e.into_inner());
        file.write_with(|to| Ok(write_answers(&mut answers, to)?))?;
    }
    let rate = T::RATES[1];
    let verdict = args.reached(rate, report.measures.rates[rate].rate);
    out.set_verdict(verdict);
    if args.json {
        out.json(&report, seed)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(verdict)
}
