//! `trm eval`

use crate::attempts;
use crate::eval_args::{Args, Run};
use crate::kind::Loaded;
use crate::model_args::Puzzle;
use crate::output::{Output, message};
use crate::progress::Progress;
use crate::rows::Rows;
use crate::verdict::Verdict;
use anyhow::{Context, Result};
use trm_bench::{Evaluator, write_answers};
use trm_core::TrmEngine;
use trm_solve::AfterHalt;
use trm_tasks::{Item, MazeTask, SudokuTask, Task};
use trm_world::World;

pub fn run(args: &Args, world: &dyn World, out: &mut Output) -> Result<Verdict> {
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
    let run = Run { args, puzzle: &puzzle, info, world };
    if let Some(n) = args.rollouts {
        return attempts::run_rollouts(run, engine, usize::from(n), out);
    }
    if let Some(n) = args.search {
        return attempts::run_search(run, engine, n as usize, out);
    }
    match &puzzle {
        Loaded::Known(Puzzle::Sudoku) => {
            let (engine, task, rows) = args.sudoku(&engine)?;
            run.evaluate(&engine, (&task, SudokuTask::NAME), rows, out)
        }
        Loaded::Known(Puzzle::Maze) => {
            let (task, rows) = args.mazes(&engine)?;
            run.evaluate(&engine, (&task, MazeTask::NAME), rows, out)
        }
        Loaded::File(file) => {
            let (task, rows) = (&file.task, args.rules(file)?);
            run.evaluate(&engine, (task, file.rules().name()), rows, out)
        }
    }
}

impl Run<'_> {
    fn evaluate<T: Task, R: Send>(
        &self,
        engine: &TrmEngine,
        (task, name): (&T, &str),
        rows: Rows<R>,
        out: &mut Output,
    ) -> Result<Verdict>
    where
        Item<T>: From<R>,
    {
        let Run { args, info, world, .. } = self;
        let policy = args.model_args.policy(engine)?;
        let seed = args.model_args.seed_of_runs(engine, &info.name)?;
        let data = rows.data.clone();
        let after_halt = if args.sweep { AfterHalt::Continue } else { AfterHalt::Stop };
        let file = args.rows_file(out)?;
        let progress = Progress::of("eval", &rows.items);
        let evaluator = Evaluator::new(engine, task, &policy, after_halt);
        let mut all = evaluator.nothing();
        let flags = [u8::from(args.sweep), u8::from(args.rows.is_some())];
        let identity = args.model_args.identity("eval", engine, &policy)?.with(&flags);
        let work = |first: usize, rows: Vec<R>| {
            let mut part = evaluator.part(first, rows.into_iter().map(Item::from))?;
            if args.rows.is_none() {
                part.answers.clear();
            }
            Ok(part.to_bytes())
        };
        self.job(identity).over_rows(rows, work, |bytes| {
            all.merge(evaluator.part_of(&bytes)?);
            let so_far = all.progress();
            progress.show_verified(so_far.n, so_far.n_verified);
            Ok(())
        })?;
        drop(progress);
        if world.rank() > 0 {
            return Ok(Verdict::Yes);
        }
        let report = all.result().with_context(|| data.clone())?.report(name, data, info.clone(), policy);
        if let Some(file) = file {
            file.write_with(|to| Ok(write_answers(&mut all.answers, to)?))?;
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
}
