//! `trm train FILE.toml`

use super::Run;
use super::run::Loop;
use crate::input::{name_of, read_model};
use crate::kind::PuzzleFile;
use crate::model_args::Puzzle;
use crate::rows;
use crate::set::set_channel;
use crate::values::number;
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use std::path::PathBuf;
use trm_core::Model;
use trm_tasks::{PUZZLE_NOTE, RulesStream, RulesTask, Task, init_rules, rules_builder};
use trm_world::World;

/// The steps of a run that its minutes end.
const MANY_STEPS: u64 = 1_000_000;
/// The learning rate from trained weights, the most steps of their questions, and how long these linger.
const INIT_RATE: f64 = 1e-3;
const INIT_SUPERVISION: u32 = 32;
const INIT_LINGER: u32 = 4;
/// Options of a shape that a model to start from has already.
const SHAPE: [&str; 7] = ["hidden", "ffn", "blocks", "n", "cycles", "gradient_cycles", "halting_rule"];

/// Train on the puzzles of a puzzle file
#[derive(Parser)]
#[command(
    name = "trm train",
    after_help = "Examples:\n  \
    trm train latin.toml --data rows.csv --out runs/latin --minutes 20\n  \
    trm train sudoku-x.toml --data rows.csv --init sudoku --out runs/x --minutes 20\n\n\
    `trm generate FILE.toml` makes the rows. The model file carries the puzzle file. Unless they are\n\
    given, --leak is 1 and, with --init, --lr is 1e-3, --supervision 32 and --linger 4."
)]
struct Args {
    /// The puzzle file, or a model that carries one
    file: PathBuf,
    /// Training puzzles with answers (CSV: question, answer, and the columns that the file names); may be repeated
    #[arg(long, required = true, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// End after so many minutes, and go on for as many where the run is called again
    #[arg(long, value_parser = number(0.0..=f64::INFINITY), allow_negative_numbers = true)]
    minutes: Option<f64>,
    #[command(flatten)]
    run: Run,
}

/// Does what the words behind `train` ask for; `words` are those behind `trm`.
pub fn train(arguments: &[String], words: &[String], world: &dyn World) -> Result<Verdict> {
    let all = ["trm train"].into_iter().chain(arguments.iter().map(String::as_str));
    let matches = Args::command().try_get_matches_from(all)?;
    let mut args = Args::from_arg_matches(&matches)?;
    let given = |option: &str| matches.value_source(option) == Some(ValueSource::CommandLine);
    if args.minutes.is_some() && !given("steps") {
        if given("decay_from") {
            bail!("--decay-from takes a share of --steps, which --minutes leaves open: name them too");
        }
        args.run.steps = MANY_STEPS;
    }
    let file = PuzzleFile::read(&args.file)?;
    let source = rows::rules(file.rules());
    let mut all = Vec::new();
    for path in &args.data {
        all.extend(source.read_all(path, usize::MAX)?);
    }
    let validation = match &args.run.validate {
        Some(path) => source.read_all(path, args.run.validate_limit)?,
        None => Vec::new(),
    };
    let validation: Vec<_> = validation.iter().map(|row| file.task.sample(row)).collect();
    let init = init(&args.run)?;
    // What brought most in the same time: docs/own-puzzle.md.
    if !given("leak") && init.as_ref().is_none_or(|init| init.config().answer_channel.is_some()) {
        args.run.leak = Some(1.0);
    }
    if init.is_some() {
        let run = &mut args.run;
        run.lr = if given("lr") { run.lr } else { INIT_RATE };
        run.supervision = if given("supervision") { run.supervision } else { INIT_SUPERVISION };
        run.linger = if given("linger") { run.linger } else { INIT_LINGER };
    }
    let model = match init {
        Some(init) => begun(&init, &args.run, &file, &matches)?,
        None => fresh(&args.run, &file)?,
    };
    let stream = RulesStream::new(file.task.clone(), all, args.run.seed).map_err(anyhow::Error::msg)?;
    let mut this = Loop::new(&args.run, words, &args.data, world, &validation, RulesTask::BANDS);
    this.max_minutes = args.minutes.unwrap_or(f64::INFINITY);
    this.train(model, args.run.config()?, &stream)
}

/// The model of --init.
fn init(run: &Run) -> Result<Option<Model>> {
    let Some(path) = &run.init else { return Ok(None) };
    Ok(Some(match Puzzle::carried(path) {
        Some(puzzle) => puzzle.embedded().0.model().clone(),
        None => read_model(path)?,
    }))
}

/// A model without training.
fn fresh(run: &Run, file: &PuzzleFile) -> Result<Model> {
    let mut model = run.model(rules_builder(file.rules()))?;
    model.note.insert(PUZZLE_NOTE.into(), file.rules().source().into());
    Ok(model)
}

/// A model with the weights of --init.
fn begun(init: &Model, run: &Run, file: &PuzzleFile, matches: &ArgMatches) -> Result<Model> {
    let given = |option: &&&str| matches.value_source(option) == Some(ValueSource::CommandLine);
    if let Some(option) = SHAPE.iter().find(given) {
        bail!("--{} is that of the model of --init", option.replace('_', "-"));
    }
    let name = run.init.as_ref().map(|path| name_of(path)).unwrap_or_default();
    let model = init_rules(init, file.rules()).with_context(|| name.clone())?;
    if !given(&&"channel_noise") {
        return Ok(model);
    }
    let mut config = model.config().clone();
    set_channel(&mut config, &run.channel_noise, &name)?;
    let mut changed = Model::new(config)?;
    changed.start_from(&model).context(name)?;
    Ok(changed)
}
