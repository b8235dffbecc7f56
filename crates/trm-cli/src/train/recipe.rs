//! `trm train --recipe`: the phases of a file, one after the other.

use super::Puzzle;
use crate::output::{Output, message};
use crate::verdict::Verdict;
use crate::{average, set};
use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use std::io::Write;
use std::path::Path;
use trm_train::recipe::{Phase, Recipe, Work};
use trm_world::World;

/// The commands that phases are.
#[derive(Parser)]
#[command(name = "trm", no_binary_name = true, disable_help_flag = true)]
enum Command {
    #[command(subcommand)]
    Train(Box<Puzzle>),
    Average(average::Args),
    Set(set::Args),
}

/// Runs the phases of the recipe at `path`, each below `folder`. All of them are checked before the
/// first one starts: training takes days.
pub fn run(path: &Path, folder: &str, dry_run: bool, world: &dyn World, out: &mut Output) -> Result<Verdict> {
    let recipe = Recipe::read(path)?;
    let mut commands = Vec::new();
    for phase in &recipe.phases {
        let words = recipe.command(phase, folder);
        let place = || format!("{}:{}: phase {}", path.display(), phase.line, phase.name);
        let command = Command::try_parse_from(&words).map_err(|error| anyhow!(reason(&error)));
        commands.push((phase, command.with_context(place)?, words));
        if !dry_run {
            find_files(phase).with_context(place)?;
        }
    }
    for (phase, command, words) in commands {
        if dry_run {
            writeln!(out, "trm {}", typed(&words))?;
            continue;
        }
        message!("phase {}: trm {}", phase.name, typed(&words));
        let verdict = match command {
            Command::Train(puzzle) => super::train(*puzzle, &words, world),
            Command::Average(_) | Command::Set(_) if world.rank() > 0 => Ok(Verdict::Yes),
            Command::Average(args) => average::run(&args, out).map(|()| Verdict::Yes),
            Command::Set(args) => set::run(&args, out).map(|()| Verdict::Yes),
        };
        let verdict = verdict.with_context(|| format!("phase {}", phase.name))?;
        if verdict == Verdict::No {
            return Ok(verdict);
        }
        // The files of rank 0 are there before the next phase reads them.
        world.barrier();
    }
    if !dry_run && world.rank() == 0 {
        install(&recipe, folder)?;
    }
    Ok(Verdict::Yes)
}

/// What clap says of words that it refuses, without the usage that nobody typed.
fn reason(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.trim_start_matches("error: ").to_owned()
}

/// Fails where a file that the phase reads is not there.
fn find_files(phase: &Phase) -> Result<()> {
    let Work::Train { options, .. } = &phase.work else { return Ok(()) };
    let data = options.data.iter().flatten().map(|share| &share.file);
    for file in data.chain(&options.validate).chain(&options.init) {
        if !Path::new(file).exists() {
            bail!("there is no file {file}");
        }
    }
    Ok(())
}

/// Words as a shell takes them.
fn typed(words: &[String]) -> String {
    let quoted = |word: &String| {
        if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.clone() }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Copies what the last phase left to a place that does not depend on the phases.
fn install(recipe: &Recipe, out: &str) -> Result<()> {
    let last = recipe.result(out).context("a recipe has phases")?;
    let to = format!("{out}/{}.safetensors", recipe.puzzle);
    let bytes = std::fs::read(&last).context(last)?;
    trm_core::file::replace(Path::new(&to), |file| file.write_all(&bytes)).with_context(|| to.clone())?;
    message!("the model is {to}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// An option that `trm train` gets must be a field of `trm_train::recipe::Options`, or no recipe can say it.
    #[test]
    fn a_recipe_can_say_every_option() {
        let command = Command::command();
        for puzzle in ["sudoku", "maze"] {
            let train = command.find_subcommand("train").expect("a command");
            let options = train.find_subcommand(puzzle).expect("a puzzle").get_arguments();
            let names = options.filter_map(|option| option.get_long()).filter(|name| *name != "out");
            let names: Vec<&str> = names.collect();
            assert!(names.len() > 20, "{names:?}");
            let unsaid: Vec<&str> = names.into_iter().filter(|name| !can_say(name)).collect();
            assert!(
                unsaid.is_empty(),
                "{unsaid:?} of trm train {puzzle} are no fields of trm_train::recipe::Options"
            );
        }
        assert!(!can_say("colour"));
    }

    /// Whether a recipe knows the name, whatever value it takes.
    fn can_say(name: &str) -> bool {
        let text = format!("puzzle = \"x\"\n[[phase]]\nname = \"a\"\n{name} = {{}}");
        let refused = Recipe::parse(&text, Path::new("")).expect_err("no option is a table").to_string();
        !refused.contains("unknown field")
    }
}
