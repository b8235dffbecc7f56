//! Runs the programs.

use super::model::{Link, Measured, Net, Step, Transfer, median};
use crate::bench::processor;
use crate::mpi::has_mpi;
use crate::run::{cargo, passes, printed, shown, target};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::Path;
use std::process::{Command, Stdio};

/// A net to measure: options of `trm train`, the batches on one rank, of which the last is also that of two, and steps.
struct Plan {
    weights: &'static str,
    options: &'static str,
    batches: [usize; 3],
    steps: usize,
}

const PLANS: [Plan; 3] = [
    Plan { weights: "45 thousand", options: "--hidden 32 --ffn 64", batches: [2, 16, 64], steps: 20 },
    Plan { weights: "1 million", options: "--hidden 152 --ffn 304", batches: [2, 8, 24], steps: 6 },
    Plan { weights: "7 million", options: "--hidden 400 --ffn 800", batches: [2, 6, 12], steps: 2 },
];
/// Puzzles to train on.
const DATA: &str = "puzzles.csv";
/// The first says what a message takes that holds next to nothing.
const FLOATS: [usize; 4] = [64, 45_000, 1_000_000, 7_000_000];
/// Ranks of the sums of gradients; what two cores cannot run at once takes turns.
const RANKS: [usize; 5] = [2, 3, 4, 6, 8];
const CHUNKS: [usize; 2] = [1, 4];

/// Everything; `quick` repeats and varies less.
pub fn all(quick: bool) -> Result<Measured> {
    if !has_mpi() {
        bail!("there is no mpicc and mpirun; docs/cluster.md says what to install");
    }
    passes(&mut cargo(&["build", "--quiet", "--release", "-p", "trm-cli", "--features", "mpi"]))?;
    let reduce =
        ["build", "--quiet", "--release", "-p", "trm-world", "--features", "mpi", "--example", "reduce"];
    passes(&mut cargo(&reduce))?;
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    if n_cores < 2 {
        bail!("two ranks need two cores");
    }
    let version = printed(Command::new("mpirun").arg("--version"))?;
    let mut measured = Measured {
        machine: processor(),
        n_cores,
        mpi: version.lines().next().unwrap_or_default().to_owned(),
        nets: Vec::new(),
        transfers: Vec::new(),
    };
    for (link, floats) in [Link::Memory, Link::Tcp].into_iter().flat_map(|link| FLOATS.map(|n| (link, n))) {
        for ranks in RANKS {
            let chunks = if quick { &CHUNKS[..1] } else { &CHUNKS };
            for chunks in chunks {
                measured.transfers.push(transfer(link, ranks, floats, *chunks, n_cores)?);
            }
        }
        eprintln!("{link:?}, {floats} floats: measured");
    }
    let folder = tempfile::tempdir().context("a folder")?;
    let mut generate = Command::new(trm());
    generate.args(["generate", "sudoku", "--count", "256", "--mix", "0,1,1,0,0,0", "--out", DATA]);
    printed(generate.current_dir(folder.path()))?;
    for plan in &PLANS {
        measured.nets.push(net(plan, folder.path(), if quick { 1 } else { 3 })?);
        eprintln!("{} weights: measured", plan.weights);
    }
    Ok(measured)
}

/// So many ranks of one thread, each on its core where there are enough.
fn ranks(n: usize, n_cores: usize) -> Command {
    let mut command = Command::new("mpirun");
    command.args(["-n", &n.to_string()]);
    command.args(if n <= n_cores {
        &["--bind-to", "core"][..]
    } else {
        &["--oversubscribe", "--bind-to", "none"]
    });
    // As root Open MPI asks for these; others do not know them.
    command.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    command.env("RAYON_NUM_THREADS", "1").stdin(Stdio::null());
    command
}

fn transfer(link: Link, n: usize, floats: usize, chunks: usize, n_cores: usize) -> Result<Transfer> {
    /// What `reduce` prints.
    #[derive(Deserialize)]
    struct Times {
        exchange_us: f64,
        all_gather_us: f64,
    }
    let layer = match link {
        Link::Memory => "vader,self",
        Link::Tcp => "tcp,self",
    };
    let mut command = ranks(n, n_cores);
    // The layers below would take over from the transport that is named.
    command.env("OMPI_MCA_pml", "ob1").env("OMPI_MCA_btl", layer);
    command.arg(target().join("release/examples/reduce")).args([floats.to_string(), chunks.to_string()]);
    let text = printed(&mut command)?;
    let Times { exchange_us, all_gather_us } =
        serde_json::from_str(&text).with_context(|| shown(&command))?;
    Ok(Transfer { link, ranks: n, floats, chunks, exchange_us, all_gather_us })
}

fn net(plan: &Plan, folder: &Path, repeats: usize) -> Result<Net> {
    let [small, middle, large] = plan.batches;
    let mut steps = Vec::new();
    for (ranks, batch) in [(1, small), (1, middle), (1, large), (2, large)] {
        let measured: Result<Vec<[f64; 2]>> =
            (0..repeats).map(|_| step(plan, folder, ranks, batch)).collect();
        let measured = measured?;
        let [times, gflops] = [0, 1].map(|i| measured.iter().map(|of_run| of_run[i]).collect());
        steps.push(Step { ranks, batch, median_ms: median(times), gflop: median(gflops) });
    }
    let info = Command::new(trm()).args(["info", "run/model.safetensors"]).current_dir(folder).output();
    let info = String::from_utf8(info.context("trm info")?.stdout).context("trm info")?;
    let weights = info.split_once(" weights").and_then(|(before, _)| before.rsplit(' ').next()?.parse().ok());
    Ok(Net {
        weights: weights.context("trm info names no weights")?,
        options: plan.options.to_owned(),
        steps,
    })
}

fn trm() -> std::path::PathBuf {
    target().join("release/trm")
}

/// Milliseconds and GFLOP of a step, without the first one, which allocates.
fn step(plan: &Plan, folder: &Path, n: usize, batch: usize) -> Result<[f64; 2]> {
    let train = |steps: usize| -> Result<[f64; 2]> {
        let out = folder.join("run");
        if out.exists() {
            std::fs::remove_dir_all(&out).context("the folder of a run")?;
        }
        let mut command = ranks(n, usize::MAX);
        command.arg(trm()).args(["train", "sudoku", "--data", DATA, "--out", "run"]);
        command.args(plan.options.split(' ')).args([
            "--batch",
            &batch.to_string(),
            "--steps",
            &steps.to_string(),
        ]);
        let output = command.current_dir(folder).output().with_context(|| shown(&command))?;
        if !output.status.success() {
            bail!("{} failed: {}", shown(&command), String::from_utf8_lossy(&output.stderr));
        }
        let log = std::fs::read_to_string(out.join("log.jsonl")).context("the log of a run")?;
        let (mut seconds, mut gflop) = (0.0, 0.0);
        for line in log.lines() {
            let line: serde_json::Value = serde_json::from_str(line).context("the log of a run")?;
            if let (Some(until), Some(rate)) =
                (line["train"]["seconds"].as_f64(), line["train"]["gflops"].as_f64())
            {
                gflop += rate * (until - seconds);
                seconds = until;
            }
        }
        Ok([1e3 * seconds, gflop])
    };
    let (one, all) = (train(1)?, train(1 + plan.steps)?);
    Ok([0, 1].map(|i| (all[i] - one[i]) / plan.steps as f64))
}
