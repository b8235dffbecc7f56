//! Tables and chart of what was measured and what follows from it.

use super::model::{Link, Measured, Overlap};
use crate::svg::{Axis, Chart, Curve, Line, Marks};
use anyhow::{Result, bail};
use std::fmt::Write;

/// The batch that is spread: 1,024 chunks.
const BATCH: usize = 2048;
const RANKS: [usize; 8] = [8, 16, 32, 64, 128, 256, 512, 1024];
/// Below this a rank more is mostly lost.
const PAYS: f64 = 0.5;

/// The table of this name.
pub fn table(name: &str, measured: &Measured) -> Result<String> {
    match name {
        "scale-steps" => steps(measured),
        "scale-links" => links(measured),
        "scale" => efficiencies(measured),
        _ => bail!("no table is named {name:?}"),
    }
}

/// `7,049,797`
fn grouped(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", grouped(n / 1000), n % 1000) }
}

/// The name of a net by the number of its weights.
fn size(weights: usize) -> String {
    match weights {
        n if n >= 1_000_000 => format!("{:.0} million", n as f64 / 1e6),
        n => format!("{:.0} thousand", n as f64 / 1e3),
    }
}

fn steps(measured: &Measured) -> Result<String> {
    let mut table = String::from(
        "| weights | for every step | a chunk | 2 ranks, fitted | 2 ranks, measured |\n|---|---|---|---|---|\n",
    );
    for net in &measured.nets {
        let (fit, weights) = (net.fit(), grouped(net.weights));
        for step in net.steps.iter().filter(|step| step.ranks > 1) {
            let fitted = net.fitted_ms(step, &measured.fit(Link::Memory, net.weights));
            let (serial, chunk, now, batch) = (fit.serial_ms, fit.chunk_ms, step.median_ms, step.batch);
            writeln!(
                table,
                "| {weights} | {serial:.1} ms | {chunk:.1} ms | {fitted:.1} ms | {now:.1} ms, batch {batch} |"
            )?;
        }
    }
    Ok(table)
}

fn links(measured: &Measured) -> Result<String> {
    let mut table = String::from(
        "| by | gradient | a message | a rank's bytes | off on 2 ranks | off on 3 to 8 |\n|---|---|---|---|---|---|\n",
    );
    for (link, name) in [(Link::Memory, "shared memory"), (Link::Tcp, "TCP on loopback")] {
        for net in &measured.nets {
            let fit = measured.fit(link, net.weights);
            let (message, gb_per_second) = (fit.message_us, 1e-3 / fit.us_per_byte);
            let [alone, sharing] = [fit.deviation, fit.deviation_sharing].map(|share| 100.0 * share);
            let size = size(net.weights);
            writeln!(
                table,
                "| {name} | {size} floats | {message:.1} µs | {gb_per_second:.1} GB/s | {alone:.0} % | {sharing:.0} % |"
            )?;
        }
    }
    Ok(table)
}

fn efficiencies(measured: &Measured) -> Result<String> {
    let mut table = String::from("| weights | overlap |");
    RANKS.iter().try_for_each(|ranks| write!(table, " {} |", grouped(*ranks)))?;
    table += " pays up to |\n|---|---|";
    table += &"---|".repeat(RANKS.len() + 1);
    table.push('\n');
    for net in &measured.nets {
        let link = measured.fit(Link::Tcp, net.weights);
        for (overlap, name) in [(Overlap::None, "no"), (Overlap::OfChunks, "of chunks")] {
            let fit = net.fit();
            let efficiency = |ranks: usize| fit.efficiency(&link, net.weights, BATCH, ranks, overlap);
            write!(table, "| {} | {name} |", size(net.weights))?;
            for ranks in RANKS {
                write!(table, " {:.0} % |", 100.0 * efficiency(ranks))?;
            }
            let last = (1..=BATCH / 2).rev().find(|ranks| efficiency(*ranks) >= PAYS).unwrap_or(1);
            writeln!(table, " {} ranks |", grouped(last))?;
        }
    }
    Ok(table)
}

/// Efficiency by ranks.
pub fn chart(measured: &Measured) -> Chart {
    let mut curves = Vec::new();
    for (colour, net) in measured.nets.iter().enumerate() {
        let link = measured.fit(Link::Tcp, net.weights);
        for (overlap, line) in [(Overlap::None, Line::Solid), (Overlap::OfChunks, Line::Dashed)] {
            let at = |ranks: &usize| {
                let efficiency = net.fit().efficiency(&link, net.weights, BATCH, *ranks, overlap);
                (*ranks as f64, 100.0 * efficiency)
            };
            let name = if line == Line::Solid { size(net.weights) + " weights" } else { String::new() };
            let mut curve = Curve::new(name, RANKS.iter().map(at).collect());
            (curve.line, curve.colour) = (line, colour);
            curve.marks = if line == Line::Solid { Marks::Filled } else { Marks::None };
            curves.push(curve);
        }
    }
    Chart {
        title: "Predicted efficiency of training, batch 2,048".into(),
        x: Axis::powers("ranks of one core, over TCP", 2.0, (8.0, 1024.0)),
        y: Axis {
            label: "efficiency, %".into(),
            ticks: (0..=5).map(|i| 20.0 * f64::from(i)).collect(),
            log: false,
        },
        curves,
        note: "Solid: as the trainer is. Dashed: with each chunk's gradient sent while the next is computed."
            .into(),
    }
}
