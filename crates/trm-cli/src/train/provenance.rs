//! Where the weights of a run come from, as the model file says it. The same run gives the same text on any machine: times
//! are in the log.

use crate::identity::{Hashed, hex};
use crate::input::base_name;
use anyhow::{Context, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use trm_train::Trainer;

/// Digits of a hash: enough to tell any two files apart.
const DIGITS: usize = 16;

/// The command of a run and the files that it learns from.
pub struct Provenance {
    command: String,
    data: Vec<String>,
}

impl Provenance {
    /// `words` are those behind `trm`. Every file is read once more, for its hash.
    ///
    /// # Errors
    /// What the system says, with the file.
    pub fn new(words: &[String], data: &[PathBuf]) -> Result<Self> {
        let data = data.iter().filter_map(|path| hash(path).transpose()).collect::<Result<_>>()?;
        Ok(Provenance { command: noted(words), data })
    }

    /// What is known of the weights at this step of `steps`.
    pub fn of(&self, trainer: &Trainer, steps: u64) -> String {
        let (question_steps, flops) = trainer.effort();
        let flops = flops.map_or(String::new(), |flops| format!(", {:.4} PFLOP", flops as f64 / 1e15));
        let mut parts = vec![
            self.command.clone(),
            format!("step {} of {steps}, {question_steps} question-steps{flops}", trainer.step_count()),
        ];
        parts.extend(self.data.iter().cloned());
        parts.push(format!("trm {} on {}", env!("CARGO_PKG_VERSION"), trainer.isa().name()));
        parts.join("; ")
    }
}

/// The name of a file and the beginning of its SHA-256, where it is one that can be read twice.
fn hash(path: &Path) -> Result<Option<String>> {
    if !path.is_file() {
        return Ok(None);
    }
    let named = || path.display().to_string();
    let mut hashed = Hashed::default();
    std::io::copy(&mut File::open(path).with_context(named)?, &mut hashed).with_context(named)?;
    Ok(Some(format!("{} sha256 {}", base_name(&named()), &hex(&hashed.hash())[..DIGITS])))
}

/// The command as a model file keeps it: without the folders of this machine, of whichever system.
fn noted(words: &[String]) -> String {
    let (mut noted, mut arguments) = (vec!["trm".to_owned()], words.iter());
    while let Some(word) = arguments.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            _ => (word.as_str(), None),
        };
        match (flag, value) {
            ("--out" | "--validate" | "--init", Some(_)) => {}
            ("--out" | "--validate" | "--init", None) => {
                arguments.next();
            }
            (flag, Some(value)) => noted.push(format!("{flag}={}", base_name(value))),
            (word, None) => noted.push(base_name(word).to_owned()),
        }
    }
    noted.join(" ")
}

#[cfg(test)]
mod tests {
    use super::noted;

    #[test]
    fn notes_name_files_without_folders() {
        for (words, expected) in [
            ("train maze --out runs/x --steps 5", "trm train maze --steps 5"),
            ("train sudoku --data a/b.csv=2 --out=runs/x", "trm train sudoku --data b.csv=2"),
            ("train sudoku --data=a/b.csv --init=m --validate v", "trm train sudoku --data=b.csv"),
            (r"train sudoku --data C:\Users\name\gen.csv", "trm train sudoku --data gen.csv"),
            (r"train sudoku --data=C:\Users\name/gen.csv=0.5", "trm train sudoku --data=gen.csv=0.5"),
        ] {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            assert_eq!(noted(&words), expected);
        }
    }
}
