//! `trm eval`

use crate::attempts;
use crate::eval_args::{Args, Rows, maze_rows, sudoku_rows};
use crate::input::Puzzle;
use crate::progress::Progress;
use crate::verdict::Verdict;
use anyhow::{Context, Result};
use trm_bench::{ModelInfo, evaluate};
use trm_core::TrmEngine;
use trm_solve::AfterHalt;
use trm_tasks::{MazeTask, Task};

pub fn run(args: Args) -> Result<Verdict> {
    let (engine, info) = args.model_args.engine(args.puzzle)?;
    if info.untrained {
        eprintln!("note: the model is untrained ({}); what it scores means nothing", info.name);
        if args.target.is_some() {
            eprintln!("FAIL: there is nothing to measure before the model is trained");
            return Ok(Verdict::No);
        }
    }
    if let Some(n) = args.rollouts {
        return attempts::run_rollouts(&args, engine, usize::from(n));
    }
    if let Some(n) = args.search {
        return attempts::run_search(&args, engine, n as usize);
    }
    match args.puzzle {
        Puzzle::Sudoku => {
            let (engine, task, rows) = sudoku_rows(&args, engine)?;
            evaluate_rows(&args, &engine, info, &task, rows)
        }
        Puzzle::Maze => {
            let task = MazeTask::of(engine.model().config())?;
            evaluate_rows(&args, &engine, info, &task, maze_rows(&args)?)
        }
    }
}

fn evaluate_rows<T: Task>(
    args: &Args,
    engine: &TrmEngine,
    info: ModelInfo,
    task: &T,
    rows: Rows<T>,
) -> Result<Verdict> {
    let policy = args.model_args.policy(engine.model().config())?;
    let Rows { items, data } = rows;
    let after_halt = if args.sweep { AfterHalt::Continue } else { AfterHalt::Stop };
    let (limit, named) = (args.limit.unwrap_or(usize::MAX), data.clone());
    let rows = items.take(limit);
    let progress = Progress::of(T::NAME, &rows);
    let result = evaluate(engine, task, rows, &policy, after_halt, &|so_far| {
        progress.show(so_far.n, Some(so_far.n_verified));
    });
    drop(progress);
    let report = result.context(named)?.report(T::NAME, data, info, policy);
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{report}");
    }
    let rate = T::RATES[1];
    Ok(args.reached(rate, report.measures.rates[rate].rate))
}
