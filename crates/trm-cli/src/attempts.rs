//! `trm eval --rollouts` and `trm eval --search`: more than one run of the network per puzzle, in rows
//! of their own.

use crate::eval_args::{Args, Rows, maze_rows, sudoku_rows};
use crate::input::Puzzle;
use crate::progress::Progress;
use crate::verdict::Verdict;
use anyhow::{Result, bail};
use puzzles::sudoku::Geometry;
use rayon::prelude::*;
use serde_json::json;
use std::sync::Mutex;
use trm_bench::Rate;
use trm_core::TrmEngine;
use trm_solve::{Policy, RolloutConfig, SearchLimits, rollouts, search};
use trm_tasks::{Item, MazeTask, Task};

/// Searches for the solution of each Sudoku.
pub fn run_search(args: &Args, engine: TrmEngine, max_calls: usize) -> Result<Verdict> {
    if args.puzzle != Puzzle::Sudoku {
        bail!("--search is for Sudoku: a maze has no cells to commit");
    }
    let (engine, task, rows) = sudoku_rows(args, engine)?;
    if !task.is_of_candidates() {
        bail!("--search needs a model of candidates, not of cells");
    }
    if task.geometry() != Geometry::STANDARD {
        let side = task.geometry().side();
        bail!("--search is for Sudoku of 9x9 cells; these have {side}x{side}");
    }
    let policy = args.model_args.policy(engine.model().config())?;
    let limits = SearchLimits { max_calls, max_k: policy.max_k, ..SearchLimits::default() };
    let [n, _, n_right, calls, steps] = sums(rows, args.limit, |item| {
        let result = search(&engine, &item.question, &limits)?;
        let right = result.answer.as_ref() == Some(&item.label);
        Ok([1, usize::from(result.answer.is_some()), usize::from(right), result.calls, result.steps])
    })?;
    let (rate, mean) = (Rate::of(n_right, n), |sum: usize| sum as f64 / n.max(1) as f64);
    if args.json {
        let limits = json!(limits);
        println!(
            "{}",
            json!({ "n": n, "search": { "exact_accuracy": rate, "calls": mean(calls),
            "steps": mean(steps), "limits": limits } })
        );
    } else {
        println!(
            "{n} puzzles, SEARCH around the network (at most {max_calls} calls): no score of the network"
        );
        println!("  exact_accuracy     {rate}");
        println!("  calls per puzzle   {:.2}", mean(calls));
        println!("  steps per puzzle   {:.1}", mean(steps));
    }
    Ok(args.reached("exact_accuracy", rate.rate))
}

/// Runs each puzzle several times.
pub fn run_rollouts(args: &Args, engine: TrmEngine, n_runs: usize) -> Result<Verdict> {
    let policy = args.model_args.policy(engine.model().config())?;
    let config = RolloutConfig { n: n_runs, noise: args.noise, seed: args.seed };
    match args.puzzle {
        Puzzle::Sudoku => {
            let (engine, task, rows) = sudoku_rows(args, engine)?;
            report_rollouts(args, &engine, &task, rows, &config, &policy)
        }
        Puzzle::Maze => {
            let task = MazeTask::of(engine.model().config())?;
            report_rollouts(args, &engine, &task, maze_rows(args)?, &config, &policy)
        }
    }
}

fn report_rollouts<T: Task>(
    args: &Args,
    engine: &TrmEngine,
    task: &T,
    rows: Rows<T>,
    config: &RolloutConfig,
    policy: &Policy,
) -> Result<Verdict> {
    let [n, confidence, first, rules, steps] = sums(rows, args.limit, |item| {
        let result = rollouts(engine, task, &item.question, config, policy)?;
        let right = |answer| usize::from(task.obeys_rules(&item.question, answer));
        let [confidence, first, rules] = [&result.by_confidence, &result.first, &result.by_rules].map(right);
        Ok([1, confidence, first, rules, result.steps])
    })?;
    let [first, confidence, rules] = [first, confidence, rules].map(|n_right| Rate::of(n_right, n));
    let steps = steps as f64 / n.max(1) as f64;
    let name = T::RATES[1];
    if args.json {
        println!(
            "{}",
            json!({ "n": n, "rollouts": config, "measure": name, "first": first,
            "by_confidence": confidence, "by_rules": rules, "steps": steps })
        );
    } else {
        println!(
            "{n} puzzles, {} runs each, noise {}, at most {} steps",
            config.n, config.noise, policy.max_k
        );
        println!("  {name} of the first run                         {first}");
        println!("  {name}, chosen by confidence (network alone)    {confidence}");
        println!("  {name}, chosen by the rules (network AND rules) {rules}");
        println!("  steps per puzzle, all runs   {steps:.1}");
    }
    Ok(args.reached(name, confidence.rate))
}

/// Runs every row, on all threads, and sums up the numbers of each: first 1, then whether its answer obeys
/// the rules, then what the caller counts.
fn sums<T: Task, const N: usize>(
    rows: Rows<T>,
    limit: Option<usize>,
    run: impl Fn(Item<T>) -> Result<[usize; N]> + Sync,
) -> Result<[usize; N]>
where
    Item<T>: Send,
{
    let rows = rows.items.take(limit.unwrap_or(usize::MAX));
    let progress = Progress::of(T::NAME, &rows);
    let sums = Mutex::new([0; N]);
    rows.par_bridge().try_for_each(|item| {
        let numbers = run(item?)?;
        let mut sums = sums.lock().unwrap_or_else(|e| e.into_inner());
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
        progress.show(sums[0], Some(sums[1]));
        anyhow::Ok(())
    })?;
    Ok(sums.into_inner().unwrap_or_else(|e| e.into_inner()))
}
