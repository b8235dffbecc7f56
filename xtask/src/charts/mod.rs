//! `cargo xtask charts`: the charts of the documents, and their tables of scores.

mod data;
mod examples;
mod failures;
mod halting;
mod measure;
mod plots;
mod puzzles;
mod tables;

use crate::file::replace;
use crate::run::root;
use crate::scale;
use anyhow::{Context, Result, bail, ensure};
use data::{Puzzle, Scores, published};
pub use examples::run as examples;
use std::path::{Path, PathBuf};

const HELP: &str = "\
cargo xtask charts [--measure FOLDER [WORD ..]]

Draws docs/charts/*.svg, and writes the tables between `<!-- table: NAME -->` and `<!-- end -->` in README.md,
docs/results.md, docs/own-puzzle.md, docs/cluster.md and the model cards, from docs/data/scores.json (ours),
docs/data/published.json (of others), docs/data/puzzles.json (cargo xtask puzzles), docs/data/scale.json (cargo xtask
scale) and datasets/k-star-*.txt (cargo xtask data k-star).

--measure first runs the commands of docs/data/scores.json again, or those of them that hold one of the words
(`sudoku`, `maze-40.csv`), in some hours of one core, and keeps what they print. FOLDER holds the files that they
name after --data; docs/results.md says how to make them.
";

/// The documents with tables.
const DOCUMENTS: [&str; 6] = [
    "README.md",
    "docs/cluster.md",
    "docs/results.md",
    "docs/own-puzzle.md",
    "crates/trm-models/weights/sudoku.md",
    "crates/trm-models/weights/maze.md",
];

pub fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => {}
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        [flag, folder, words @ ..] if flag == "--measure" => {
            measure::run(&std::path::absolute(folder).context(folder.clone())?, words)?;
        }
        _ => bail!("charts does not know {arguments:?}\n\n{HELP}"),
    }
    for (path, text) in outputs()? {
        let whole = root().join(&path);
        if std::fs::read_to_string(&whole).ok().as_ref() != Some(&text) {
            replace(&whole, text)?;
            println!("{} is written", path.display());
        }
    }
    Ok(())
}

/// Every file that is made of the data, and its text.
fn outputs() -> Result<Vec<(PathBuf, String)>> {
    let (scores, published) = (Scores::read()?, published()?);
    let mut files = Vec::new();
    for (name, chart) in plots::charts(&scores, &published)? {
        files.push((Path::new("docs/charts").join(name).with_extension("svg"), chart.file()));
    }
    let scale = scale::committed()?;
    files.push(("docs/charts/scale.svg".into(), scale::chart(&scale).file()));
    files.push(("docs/charts/maze-failures.svg".into(), failures::picture()?));
    let table = |name: &str| match name {
        "summary" => tables::comparison(&scores, &published, true),
        "comparison" => tables::comparison(&scores, &published, false),
        "networks" => tables::networks(&published),
        "sudoku" => tables::network(&scores, Puzzle::Sudoku),
        "maze" => tables::network(&scores, Puzzle::Maze),
        "more" => tables::more(&scores),
        "ratings" => tables::ratings(&scores, Puzzle::Sudoku),
        "sources" => tables::sources(&scores, Puzzle::Sudoku),
        "puzzles" => puzzles::table(),
        "policies" => halting::policies(),
        "predictors" => halting::predictors(),
        name => scale::table(name, &scale),
    };
    for name in DOCUMENTS {
        let text = std::fs::read_to_string(root().join(name)).context(name)?;
        files.push((name.into(), filled(&text, table).context(name)?));
    }
    Ok(files)
}

/// A document with its tables written anew.
fn filled(text: &str, table: impl Fn(&str) -> Result<String>) -> Result<String> {
    const END: &str = "<!-- end -->";
    let mut parts = text.split("<!-- table: ");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->").context("a table's mark does not end")?;
        let (old, rest) = rest.split_once(END).with_context(|| format!("table {name} does not end"))?;
        ensure!(!old.contains("\n#"), "table {name} does not end before the next heading");
        filled += &format!("<!-- table: {name} -->\n\n{}\n{END}{rest}", table(name)?);
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_is_what_the_data_give() {
        for (path, text) in outputs().expect("the committed data") {
            let committed = std::fs::read_to_string(root().join(&path)).expect("a committed file");
            assert!(committed == text, "{}: run `cargo xtask charts`", path.display());
        }
    }

    #[test]
    fn tables_are_replaced_and_the_rest_is_kept() {
        let table = |name: &str| if name == "a" { Ok("| new |\n".into()) } else { bail!("no {name}") };
        let text = "x\n<!-- table: a -->\n| old |\n<!-- end -->\ny\n<!-- table: a -->\n<!-- end -->";
        let expected = "x\n<!-- table: a -->\n\n| new |\n\n<!-- end -->\ny\n<!-- table: a -->\n\n| new |\n\n<!-- end -->";
        assert_eq!(filled(text, table).expect("two tables"), expected);
        for wrong in [
            "<!-- table: a",
            "<!-- table: a -->\n| old |",
            "<!-- table: b -->\n<!-- end -->",
            "<!-- table: a -->\n# Next\n<!-- end -->",
        ] {
            assert!(filled(wrong, table).is_err(), "{wrong}");
        }
    }
}
