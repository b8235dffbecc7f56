//! `trm completions`

use clap::{CommandFactory, Parser};
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

pub fn run(args: &Args) {
    clap_complete::generate(args.shell, &mut crate::Cli::command(), "trm", &mut std::io::stdout());
}
