//! Words that were retired for the field's terms, refused in code and documents.

use super::source::tokens;
use super::workspace::Workspace;

/// Wordings that no text uses any more, in any case, and what to say for each. Retire one by adding its row.
const WORDINGS: &[(&str, &str)] = &[
    ("the way back", "the backward pass"),
    ("on its way back", "in its backward pass"),
    ("products with a matrix", "matmuls, GEMM"),
    ("products of matrices", "matmuls, GEMM"),
    ("product with a matrix", "matmul"),
    ("the place of a tensor", "the range of a tensor"),
];

/// Names that no code uses any more, and the name of each today. Retire one by adding its row.
const NAMES: &[(&str, &str)] = &[
    ("Answered", "RunResult"),
    ("Asked", "HaltingQuery"),
    ("Beyond", "AfterHalt"),
    ("Call", "Context"),
    ("Evaluated", "EvalResult"),
    ("Places", "TensorRanges"),
    ("Searched", "SearchResult"),
    ("Seen", "StepView"),
    ("Shown", "CellProbabilities"),
    ("Standing", "EvalProgress"),
    ("Taught", "LabelledRun"),
    ("Voted", "VoteResult"),
    ("fit_scratch", "resize_scratch"),
    ("fit_tape", "resize_tape"),
    ("n_seen", "n_observed"),
    ("turn_back", "backward"),
];

/// This file holds them, and the changelog says what they became.
const EXEMPT: [&str; 2] = ["xtask/src/tidy/words.rs", "CHANGELOG.md"];

/// Wordings and names that were retired.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let texts = workspace.ending_in(".rs").chain(workspace.ending_in(".md"));
    let texts = texts.filter(|(path, _)| !EXEMPT.contains(path));
    texts.flat_map(|(path, text)| retired(path, text, WORDINGS, NAMES)).collect()
}

fn retired(path: &str, text: &str, wordings: &[(&str, &str)], names: &[(&str, &str)]) -> Vec<String> {
    let mut faults = Vec::new();
    let lower = text.to_lowercase();
    for (wording, instead) in wordings {
        for line in found(&lower, wording) {
            faults.push(format!("{path}:{line}: \"{wording}\" was retired, say \"{instead}\""));
        }
    }
    for (name, instead) in names {
        let lines: Vec<usize> = if path.ends_with(".rs") {
            tokens(text).iter().filter(|token| token.text == *name).map(|token| token.line).collect()
        } else {
            in_code(text).filter(|(_, code)| has_word(code, name)).map(|(line, _)| line).collect()
        };
        for line in lines {
            faults.push(format!("{path}:{line}: `{name}` was retired, it is `{instead}`"));
        }
    }
    faults
}

/// The lines where `wording` begins. It may go on in the next line, behind the marks of a comment.
fn found(text: &str, wording: &str) -> Vec<usize> {
    let words: Vec<&str> = wording.split(' ').collect();
    let spoken = |line| {
        let apart = |c: char| !c.is_alphanumeric() && c != '_' && c != '\'';
        str::split(line, apart).filter(|word| !word.is_empty())
    };
    let all: Vec<(usize, &str)> =
        text.lines().enumerate().flat_map(|(i, line)| spoken(line).map(move |word| (i + 1, word))).collect();
    let is_it = |window: &&[(usize, &str)]| window.iter().map(|(_, word)| word).eq(&words);
    all.windows(words.len()).filter(is_it).map(|window| window[0].0).collect()
}

/// What a document sets as code, by line.
fn in_code(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(i, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        let quoted = || line.split('`').skip(1).step_by(2).collect::<Vec<_>>().join(" ");
        Some((i + 1, if fenced { line.to_owned() } else { quoted() }))
    })
}

fn has_word(code: &str, name: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::retired;

    const WORDINGS: &[(&str, &str)] = &[("old saying", "new saying")];
    const NAMES: &[(&str, &str)] = &[("Old", "New")];

    fn faults(path: &str, text: &str) -> Vec<String> {
        retired(path, text, WORDINGS, NAMES)
    }

    #[test]
    fn a_retired_wording_is_refused_in_any_case_and_across_lines() {
        let message = "a.rs:2: \"old saying\" was retired, say \"new saying\"";
        assert_eq!(faults("a.rs", "\n/// An Old saying."), [message]);
        assert_eq!(faults("a.rs", "\n/// an old\n/// saying"), [message]);
        assert_eq!(faults("a.md", "an\n\n*old\nsaying*").len(), 1);
        assert!(faults("a.md", "a bold saying, old sayings").is_empty());
    }

    #[test]
    fn a_retired_name_is_refused_where_it_is_code() {
        assert_eq!(faults("a.rs", "\nlet x: Old;"), ["a.rs:2: `Old` was retired, it is `New`"]);
        assert!(faults("a.rs", "// Old habits\nlet x: Older; let old;").is_empty());
        assert_eq!(faults("a.md", "the `x::Old`"), ["a.md:1: `Old` was retired, it is `New`"]);
        assert_eq!(faults("a.md", "```rust\nuse Old;\n```\nOld habits").len(), 1);
    }
}
