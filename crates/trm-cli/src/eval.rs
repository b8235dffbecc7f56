//! `trm eval`

use crate::attempts;
use crate::eval_args::Args;
use crate::model_args::Puzzle;
use crate::output::{Output, message};
use crate::progress::Progress;
use crate::rows::Rows;
use crate::verdict::Verdict;
use anyhow::{Context, Result};
use trm_bench::{ModelInfo, evaluate};
use trm_core::TrmEngine;
use trm_solve::AfterHalt;
use trm_tasks::{Item, Task};

pub fn run(args: &Args, out: &mut Output) -> Result<Verdict> {
    let (engine, info) = args.model_args.engine(args.puzzle)?;
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
        return attempts::run_rollouts(args, engine, info, usize::from(n), out);
    }
    if let Some(n) = args.search {
        return attempts::run_search(args, engine, info, n as usize, out);
    }
    match args.puzzle {
        Puzzle::Sudoku => {
            let (engine, task, rows) = args.sudoku(&engine)?;
            evaluate_rows(args, &engine, info, &task, rows, out)
        }
        Puzzle::Maze => {
            let (task, rows) = args.mazes(&engine)?;
            evaluate_rows(args, &engine, info, &task, rows, out)
        }
    }
}

fn evaluate_rows<T: Task, R: Send>(
    args: &Args,
    engine: &TrmEngine,
    info: ModelInfo,
    task: &T,
    rows: Rows<R>,
    out: &mut Output,
) -> Result<Verdict>
where
    Item<T>: From<R>,
{
    let policy = args.model_args.policy(engine.model().config())?;
    let Rows { items, data } = rows;
    let after_halt = if args.sweep { AfterHalt::Continue } else { AfterHalt::Stop };
    let progress = Progress::of(T::NAME, &items);
    let result = evaluate(engine, task, items, &policy, after_halt, &|so_far| {
        progress.show_verified(so_far.n, so_far.n_verified);
    });
    drop(progress);
    let report = result.with_context(|| data.clone())?.report(T::NAME, data, info, policy);
    let rate = T::RATES[1];
    let verdict = args.reached(rate, report.measures.rates[rate].rate);
    out.set_verdict(verdict);
    if args.json {
        out.json(&report, None)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(verdict)
}
