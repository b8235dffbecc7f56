//! `trm completions`

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

pub fn run(args: &Args, command: &mut Command) {
    clap_complete::generate(args.shell, command, "trm", &mut std::io::stdout());
}
