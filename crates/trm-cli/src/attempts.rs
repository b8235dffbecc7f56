//! `trm eval --rollouts` and `trm eval --search`: more than one run of the network per puzzle, in rows
//! of their own.

use crate::eval_args::Run;
use crate::identity::Identity;
use crate::kind::Loaded;
use crate::model_args::Puzzle;
use crate::output::Output;
use crate::progress::Progress;
use crate::rows::Rows;
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use serde_json::json;
use trm_bench::Rate;
use trm_core::TrmEngine;
use trm_solve::{Policy, RolloutConfig, SearchLimits, rollouts, search};
use trm_tasks::{CandidateTask, Item, MazeTask, SudokuTask, Task};

/// Searches for the solution of each puzzle.
pub fn run_search(run: Run, engine: TrmEngine, max_calls: usize, out: &mut Output) -> Result<Verdict> {
    let args = run.args;
    match run.puzzle {
        Loaded::Known(Puzzle::Sudoku) => {
            let (engine, task, rows) = args.sudoku(&engine)?;
            if !task.is_of_candidates() {
                bail!("--search needs a model of candidates, not of cells");
            }
            run.search(&engine, (&task, SudokuTask::NAME), rows, max_calls, out)
        }
        Loaded::Known(Puzzle::Maze) => bail!("--search is for puzzles of cells and symbols, not for mazes"),
        Loaded::File(file) => {
            let (task, rows) = (&file.task, args.rules(file)?);
            run.search(&engine, (task, file.rules().name()), rows, max_calls, out)
        }
    }
}

/// Runs each puzzle several times.
pub fn run_rollouts(run: Run, engine: TrmEngine, n_runs: usize, out: &mut Output) -> Result<Verdict> {
    let args = run.args;
    let config = RolloutConfig { n: n_runs, noise: args.latent_noise, seed: args.model_args.seed() };
    match run.puzzle {
        Loaded::Known(Puzzle::Sudoku) => {
            let (engine, task, rows) = args.sudoku(&engine)?;
            run.rollouts(&engine, (&task, SudokuTask::NAME), rows, &config, out)
        }
        Loaded::Known(Puzzle::Maze) => {
            let (task, rows) = args.mazes(&engine)?;
            run.rollouts(&engine, (&task, MazeTask::NAME), rows, &config, out)
        }
        Loaded::File(file) => {
            let (task, rows) = (&file.task, args.rules(file)?);
            run.rollouts(&engine, (task, file.rules().name()), rows, &config, out)
        }
    }
}

impl Run<'_> {
    fn search<T: CandidateTask, R: Send>(
        &self,
        engine: &TrmEngine,
        (task, puzzle): (&T, &str),
        rows: Rows<R>,
        max_calls: usize,
        out: &mut Output,
    ) -> Result<Verdict>
    where
        T::Question: Clone,
        Item<T>: From<R>,
    {
        let Run { args, info, .. } = self;
        let seed = args.model_args.seed_of_runs(engine, &info.name)?;
        let policy = args.model_args.policy(engine)?;
        let limits = SearchLimits { max_calls, max_k: policy.max_k, ..SearchLimits::default() };
        let data = rows.data.clone();
        let identity = args.model_args.identity("search", engine, &policy)?.with(&max_calls.to_le_bytes());
        let sums = self.sums(identity, rows, |item: Item<T>| {
            let result = search(engine, task, &item.question, &limits)?;
            let right = result.answer.as_ref() == Some(&item.label);
            Ok([1, usize::from(result.answer.is_some()), usize::from(right), result.calls, result.steps])
        })?;
        let Some([n, _, n_right, calls, steps]) = sums else { return Ok(Verdict::Yes) };
        let (rate, mean) = (Rate::of(n_right, n), |sum: usize| sum as f64 / n.max(1) as f64);
        let verdict = args.reached("exact_accuracy", rate.rate);
        out.set_verdict(verdict);
        if args.json {
            let found = json!({ "exact_accuracy": rate, "calls": mean(calls), "steps": mean(steps),
                "limits": limits });
            let object = json!({ "puzzle": puzzle, "data": data, "model": info, "n": n, "search": found });
            out.json(&object, seed)?;
        } else {
            writeln!(
                out,
                "{n} puzzles, SEARCH around the network (at most {max_calls} calls): no score of the network"
            )?;
            writeln!(out, "  exact_accuracy     {rate}")?;
            writeln!(out, "  calls per puzzle   {:.2}", mean(calls))?;
            writeln!(out, "  steps per puzzle   {:.1}", mean(steps))?;
        }
        Ok(verdict)
    }

    fn rollouts<T: Task, R: Send>(
        &self,
        engine: &TrmEngine,
        (task, puzzle): (&T, &str),
        rows: Rows<R>,
        config: &RolloutConfig,
        out: &mut Output,
    ) -> Result<Verdict>
    where
        Item<T>: From<R>,
    {
        let Run { args, info, .. } = self;
        let policy: Policy = args.model_args.policy(engine)?;
        let data = rows.data.clone();
        let identity = args.model_args.identity("rollouts", engine, &policy)?;
        let identity = identity.with(&serde_json::to_vec(config)?);
        let sums = self.sums(identity, rows, |item: Item<T>| {
            let result = rollouts(engine, task, &item.question, config, &policy)?;
            let right = |answer| usize::from(task.obeys_rules(&item.question, answer));
            let [confidence, first, rules] =
                [&result.by_confidence, &result.first, &result.by_rules].map(right);
            Ok([1, confidence, first, rules, result.steps])
        })?;
        let Some([n, confidence, first, rules, steps]) = sums else { return Ok(Verdict::Yes) };
        let [first, confidence, rules] = [first, confidence, rules].map(|n_right| Rate::of(n_right, n));
        let steps = steps as f64 / n.max(1) as f64;
        let name = T::RATES[1];
        let verdict = args.reached(name, confidence.rate);
        out.set_verdict(verdict);
        if args.json {
            let object = json!({ "puzzle": puzzle, "data": data, "model": info, "n": n, "rollouts": config,
                "measure": name, "first": first, "by_confidence": confidence, "by_rules": rules,
                "steps": steps });
            out.json(&object, Some(config.seed))?;
        } else {
            let RolloutConfig { n: n_runs, noise, .. } = config;
            writeln!(out, "{n} puzzles, {n_runs} runs each, noise {noise}, at most {} steps", policy.max_k)?;
            writeln!(out, "  {name} of the first run                         {first}")?;
            writeln!(out, "  {name}, chosen by confidence (network alone)    {confidence}")?;
            writeln!(out, "  {name}, chosen by the rules (network AND rules) {rules}")?;
            writeln!(out, "  steps per puzzle, all runs   {steps:.1}")?;
        }
        Ok(verdict)
    }

    /// Runs every row, on all threads of all ranks, and sums up the numbers of each: first 1, then whether its answer obeys
    /// the rules, then what the caller counts. The sums are rank 0's alone.
    fn sums<T: Task, R: Send, const N: usize>(
        &self,
        identity: Identity,
        rows: Rows<R>,
        run: impl Fn(Item<T>) -> Result<[usize; N]> + Sync,
    ) -> Result<Option<[usize; N]>>
    where
        Item<T>: From<R>,
    {
        let progress = Progress::of(T::NAME, &rows.items);
        let mut sums = [0; N];
        let add = |sums: &mut [usize; N], numbers: [usize; N]| {
            sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
        };
        let work = |_: usize, rows: Vec<R>| {
            let mut of_block = [0; N];
            for row in rows {
                add(&mut of_block, run(row.into())?);
            }
            Ok(of_block.iter().flat_map(|n| (*n as u64).to_le_bytes()).collect())
        };
        self.job(identity).over_rows(rows, work, |bytes| {
            let (numbers, rest) = bytes.as_chunks();
            let numbers: Vec<usize> = numbers.iter().map(|n| u64::from_le_bytes(*n) as usize).collect();
            let numbers =
                numbers.try_into().ok().filter(|_| rest.is_empty()).context("a block of other sums")?;
            add(&mut sums, numbers);
            progress.show_verified(sums[0], sums[1]);
            Ok(())
        })?;
        Ok((self.world.rank() == 0).then_some(sums))
    }
}
