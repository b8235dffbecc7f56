//! `trm completions`

use crate::output::Output;
use anyhow::{Context, Result};
use clap::{Command, Parser};
use clap_complete::Shell;

#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    trm completions bash > ~/.local/share/bash-completion/completions/trm\n  \
    trm completions zsh > ~/.zfunc/_trm\n  \
    trm completions fish > ~/.config/fish/completions/trm.fish")]
pub struct Args {
    /// Which shell
    shell: Shell,
}

pub fn run(args: &Args, command: &mut Command, out: &mut Output) -> Result<()> {
    // Written to memory first: the generator panics where its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "trm", &mut script);
    write!(out, "{}", String::from_utf8(script).context("the completions")?)?;
    Ok(())
}
