//! The tables of halting policies, from what `trm policies` printed: `datasets/k-star-*.txt`.

use crate::run::root;
use anyhow::{Context, Result, ensure};

const FILES: [(&str, &str); 2] =
    [("Sudoku", "datasets/k-star-sudoku.txt"), ("Maze", "datasets/k-star-maze.txt")];
/// Name in the file, without its numbers, and name in the table.
const POLICIES: [(&str, &str); 9] = [
    ("best fixed", "the best fixed K"),
    ("predicted K", "`--predicted`: K foreseen before the run"),
    ("stable for 1", "`--stable 1`: the answer stayed the same once"),
    ("stable for 2", "`--stable 2`"),
    ("confident", "`--adaptive`: the first confident step (what the Sudoku model says)"),
    ("vote", "`--vote`: enough steps agree (what the maze model says)"),
    ("learned", "`--learned`: the chance that the answer is settled"),
    ("verified", "`--verified`: network and rules"),
    ("oracle", "oracle: K\\*, else 1"),
];
const PREDICTORS: [(&str, &str); 6] = [
    ("sona-learn, median", "sona-learn, median of its forecast"),
    ("sona-learn, within 2", "sona-learn, likeliest within 2"),
    ("constant median", "constant median"),
    ("5 nearest neighbours", "5 nearest neighbours"),
    ("ordinal regression", "ordinal regression"),
    (AGAIN, "none: K\\* itself, under another seed of the noise"),
];
/// Mazes have no seed.
const AGAIN: &str = "another seed";

/// Exact shares and mean K of each policy on both recordings.
pub fn policies() -> Result<String> {
    let files = read()?;
    let mut table = String::from("| policy |");
    for (puzzle, _) in &files {
        table += &format!(" {puzzle}: exact_accuracy | mean K |");
    }
    table += "\n|---|---|---|---|---|\n";
    for (wanted, name) in POLICIES {
        table += &format!("| {name} |");
        for (puzzle, text) in &files {
            let (exact, k) = policy(text, wanted).with_context(|| format!("{puzzle}: {wanted}"))?;
            table += &format!(" {exact} | {k} |");
        }
        table.push('\n');
    }
    Ok(table)
}

/// How well each predictor foresees K*.
pub fn predictors() -> Result<String> {
    let files = read()?;
    let mut table = String::from("| predictor |");
    for (puzzle, text) in &files {
        let solved = line(text, "K* of the ").and_then(|line| line.split_whitespace().next());
        let solved = solved.with_context(|| format!("{puzzle}: how many have a K*"))?;
        table += &format!(" {puzzle}, {solved}: within 1 | within 2 | mean absolute error |");
    }
    table += "\n|---|---|---|---|---|---|---|\n";
    for (wanted, name) in PREDICTORS {
        let line = |text| line(text, &format!("  {wanted}  "));
        if wanted == AGAIN && files.iter().all(|(_, text)| line(text).is_none()) {
            continue;
        }
        table += &format!("| {name} |");
        for (puzzle, text) in &files {
            let line = match line(text) {
                None if wanted == AGAIN => {
                    table += " - | - | - |";
                    continue;
                }
                line => line,
            };
            let line = line.with_context(|| format!("{puzzle}: {wanted}"))?;
            let words: Vec<&str> = line.split_whitespace().collect();
            ensure!(words.len() == 5, "{puzzle}: {wanted}: {line}");
            table += &format!(" {} % | {} % | {} |", words[0], words[2], words[4]);
        }
        table.push('\n');
    }
    Ok(table)
}

fn read() -> Result<Vec<(&'static str, String)>> {
    let read = |(puzzle, path)| {
        let text = std::fs::read_to_string(root().join(path)).context(path)?;
        Ok((puzzle, text))
    };
    FILES.into_iter().map(read).collect()
}

/// What follows on the first line that starts so.
fn line<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(start))
}

/// The exact share of a policy with its interval, and its mean K, from
/// `  NAME    99.80 %  (99.3 .. 99.9)  mean K   4.77`.
fn policy(text: &str, wanted: &str) -> Option<(String, String)> {
    let table = text.split_once("exact_accuracy")?.1;
    let is_it = |line: &&str| match wanted {
        "best fixed" => line.ends_with(wanted),
        _ => line.trim_start().starts_with(wanted),
    };
    let line = table.lines().find(is_it)?;
    let (before, k) = line.split_once("mean K")?;
    let (name, interval) = before.rsplit_once('(')?;
    let share: f64 = name.trim_end().trim_end_matches('%').split_whitespace().last()?.parse().ok()?;
    let interval = interval.trim_end().trim_end_matches(')');
    let k: f64 = k.split_whitespace().next()?.parse().ok()?;
    Some((format!("{share:.1} % ({interval})"), format!("{k:.1}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_trm_policies_is_read() {
        let text = "exact_accuracy (95 % interval) and so on:\n  K = 63      99.80 %  (99.3 .. 99.9)  mean K  63.00  best fixed\n  \
            verified (network AND rules)    99.80 %  (99.3 .. 99.9)  mean K   2.77\n";
        let expected = |k: &str| Some(("99.8 % (99.3 .. 99.9)".to_owned(), k.to_owned()));
        assert_eq!(policy(text, "best fixed"), expected("63.0"));
        assert_eq!(policy(text, "stable"), None);
        // A bracket in the name comes before that of the interval.
        assert_eq!(policy(text, "verified"), expected("2.8"));
    }
}
