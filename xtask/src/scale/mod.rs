//! `cargo xtask scale`: how far training scales, by measurements on this machine and a model of the rest.

mod measure;
mod model;
mod shown;

pub use shown::{chart, table};

use crate::file::replace;
use crate::run::root;
use anyhow::{Context, Result, bail};
use model::Measured;

const HELP: &str = "\
cargo xtask scale [--quick]

Measures steps of training on one and two ranks, each on a core of its own, and the sums of gradients over shared
memory and over TCP on loopback on 2 to 8 ranks; fits step = compute(share of the batch) + reduce(bytes, ranks), and
says how efficient 8 to 1,024 ranks would be. Needs an MPI library (docs/cluster.md), and an idle machine. Writes
docs/data/scale.json, and from it the tables and the chart of docs/cluster.md.

--quick takes a minute or two in place of five, prints the tables, and writes nothing.
";

/// What was measured.
pub const SCALE: &str = "docs/data/scale.json";

/// Returns whether new data were written.
pub fn run(arguments: &[String]) -> Result<bool> {
    let quick = match arguments {
        [] => false,
        [flag] if flag == "--quick" => true,
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(false);
        }
        _ => bail!("scale does not know {arguments:?}\n\n{HELP}"),
    };
    let measured = measure::all(quick)?;
    for name in ["scale-steps", "scale-links", "scale"] {
        println!("{}", table(name, &measured)?);
    }
    if quick {
        return Ok(false);
    }
    replace(&root().join(SCALE), serde_json::to_string_pretty(&measured)? + "\n")?;
    Ok(true)
}

/// What was measured last.
pub fn committed() -> Result<Measured> {
    let text = std::fs::read_to_string(root().join(SCALE)).context(SCALE)?;
    serde_json::from_str(&text).context(SCALE)
}
