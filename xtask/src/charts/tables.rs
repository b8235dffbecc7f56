//! The tables of scores.

use super::data::{Network, Published, Puzzle, Rate, Role, Row, Scores, Source};
use anyhow::{Context, Result};
use std::fmt::Write;

/// `92.7 % (90.9 .. 94.2)`
pub fn interval(Rate { rate, low, high }: Rate) -> String {
    format!("{:.1} % ({:.1} .. {:.1})", 100.0 * rate, 100.0 * low, 100.0 * high)
}

/// An amount to a tenth where it is small, else whole.
fn amount(v: f64) -> String {
    match v {
        _ if v < 0.95 => format!("{v:.2}"),
        _ if v < 99.95 => format!("{v:.1}"),
        _ => grouped(v.round() as u64),
    }
}

/// `19,904`
pub fn grouped(n: u64) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", grouped(n / 1000), n % 1000) }
}

/// A name for the data set.
fn title(puzzle: Puzzle) -> &'static str {
    match puzzle {
        Puzzle::Sudoku => "Sudoku-Extreme",
        Puzzle::Maze => "Maze-Hard",
    }
}

/// Ours beside the published systems; on the first page only the best of these.
pub fn comparison(scores: &Scores, published: &[Published], short: bool) -> Result<String> {
    let mut table = String::from(
        "| | exact_accuracy | weights | training | an answer | runs on |\n|---|---|---|---|---|---|\n",
    );
    for puzzle in [Puzzle::Sudoku, Puzzle::Maze] {
        let row = scores.headline(puzzle)?;
        let effort = scores.training.get(&puzzle).context("no training of a puzzle")?;
        let Rate { rate, low, high } = row.exact()?;
        writeln!(
            table,
            "| **{}**, ours | **{:.1} %** ({:.1} .. {:.1}) | {} | at most {} core-hours, {} PFLOP | {} GFLOP | any CPU, a browser |",
            title(puzzle),
            100.0 * rate,
            100.0 * low,
            100.0 * high,
            grouped(row.weights()? as u64),
            effort.max_core_hours,
            amount(effort.pflop),
            amount(row.gflop()?),
        )?;
        let mut others: Vec<&Published> = published.iter().filter(|p| p.puzzle == puzzle).collect();
        others.sort_by(|a, b| b.exact_accuracy.total_cmp(&a.exact_accuracy));
        for other in others.iter().take(if short { 1 } else { usize::MAX }) {
            let Published { system, exact_accuracy, weights, source, hardware, network, .. } = other;
            let [answer, training] =
                [Network::answer_gflop, Network::training_pflop].map(|f| amount(f(network)));
            let link = source.replace("arXiv ", "https://arxiv.org/abs/");
            writeln!(
                table,
                "| {system} ([{source}]({link})) | {exact_accuracy:.1} % | {} million | {hardware}, {training} PFLOP | {answer} GFLOP | PyTorch on a GPU |",
                weights / 1e6,
            )?;
        }
    }
    Ok(table)
}

/// From what the arithmetic of the published systems is computed.
pub fn networks(published: &[Published]) -> Result<String> {
    let mut table = String::from(
        "| system | positions, width, SwiGLU | blocks x passes of a step | an answer | with gradient, extra passes in training | question-steps | from |\n|---|---|---|---|---|---|---|\n",
    );
    for Published { system, puzzle, configuration, network, .. } in published {
        let Network { tokens, width, ffn, token_ffn, blocks, passes, .. } = network;
        let inner = token_ffn.map_or(String::new(), |inner| format!(" and {inner} over positions"));
        let millions = network.question_steps as f64 / 1e6;
        writeln!(
            table,
            "| {system}, {} | {tokens}, {width}, {ffn}{inner} | {blocks} x {passes} | {} steps | {}, {} | {millions} million | {configuration} |",
            title(*puzzle),
            network.steps,
            network.gradient_passes,
            network.extra_passes,
        )?;
    }
    Ok(table)
}

/// The network alone on a puzzle, one run each.
pub fn network(scores: &Scores, puzzle: Puzzle) -> Result<String> {
    let rates: &[&str] = match puzzle {
        Puzzle::Sudoku => &[],
        Puzzle::Maze => &["optimal_path_rate", "valid_path_rate", "connected_rate"],
    };
    let mut table = String::from("| data | a run ends | exact_accuracy |");
    rates.iter().for_each(|name| table += &format!(" {name} |"));
    table += " mean K | GFLOP | command |\n|---|---|---|";
    table += &"---|".repeat(rates.len() + 3);
    table.push('\n');
    for row in scores.rows_of(puzzle, &[Role::Headline, Role::Limit, Role::Network]) {
        let measures = &row.report.measures;
        write!(table, "| {} | {} | {} |", row.data, row.halting, interval(row.exact()?))?;
        let found = [measures.optimal_path_rate, measures.valid_path_rate, measures.connected_rate];
        for (_, rate) in rates.iter().zip(found) {
            write!(table, " {} |", interval(rate.context("a rate of mazes is missing")?))?;
        }
        let k = measures.mean_k.context("no mean K")?;
        writeln!(table, " {k:.1} | {:.1} | `{}` |", row.gflop()?, row.command)?;
    }
    Ok(table)
}

/// More than one run of the network, or the rules beside it.
pub fn more(scores: &Scores) -> Result<String> {
    let mut table = String::from("| data | what | solved | effort | command |\n|---|---|---|---|---|\n");
    for row in scores.rows_of(Puzzle::Sudoku, &[Role::More]) {
        let (rate, effort) = solved(row)?;
        writeln!(table, "| {} | {} | {rate} | {effort} | `{}` |", row.data, row.halting, row.command)?;
    }
    Ok(table)
}

fn solved(row: &Row) -> Result<(String, String)> {
    let report = &row.report;
    if let Some(search) = &report.search {
        let effort = format!("{:.1} runs, {:.0} steps", search.calls, search.steps);
        return Ok((interval(search.exact_accuracy), effort));
    }
    if let (Some(first), Some(chosen), Some(rules)) = (report.first, report.by_confidence, report.by_rules) {
        let [first, rules] = [first, rules].map(|rate| 100.0 * rate.rate);
        let rate =
            format!("{}; the first run {first:.1} %, chosen by the rules {rules:.1} %", interval(chosen));
        return Ok((rate, format!("{:.0} steps", report.steps.context("no steps")?)));
    }
    let k = report.measures.mean_k.context("no mean K")?;
    Ok((interval(row.exact()?), format!("{k:.1} steps")))
}

/// Exact shares by published rating, with each limit of steps.
pub fn ratings(scores: &Scores, puzzle: Puzzle) -> Result<String> {
    let headline = scores.headline(puzzle)?;
    let bands = &headline.report.bands;
    let mut heads = Vec::with_capacity(bands.len());
    for (i, band) in bands.iter().enumerate() {
        let to = match bands.get(i + 1).map(|next| next.from - 1.0) {
            Some(last) if last == band.from => String::new(),
            Some(last) => format!(" to {last}"),
            None => " and up".into(),
        };
        heads.push(format!("{}{to} ({})", band.from, band.n));
    }
    by_limit(scores, puzzle, &heads, |row| row.report.bands.iter().map(|band| band.exact_accuracy).collect())
}

/// Exact shares by published source, with each limit of steps.
pub fn sources(scores: &Scores, puzzle: Puzzle) -> Result<String> {
    let headline = scores.headline(puzzle)?;
    let head = |part: &Source| format!("`{}` ({})", part.source, part.n);
    let heads: Vec<String> = headline.report.sources.iter().map(head).collect();
    by_limit(scores, puzzle, &heads, |row| {
        row.report.sources.iter().map(|part| part.exact_accuracy).collect()
    })
}

/// Rates of parts of the published questions, a line for each limit of steps.
fn by_limit(
    scores: &Scores,
    puzzle: Puzzle,
    heads: &[String],
    rates: impl Fn(&Row) -> Vec<Rate>,
) -> Result<String> {
    let mut table = format!("| a run ends | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    let rows = scores.rows_of(puzzle, &[Role::Headline, Role::Limit]).map(|row| Ok((row.gflop()?, row)));
    let mut rows = rows.collect::<Result<Vec<_>>>()?;
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, row) in rows {
        write!(table, "| {} |", row.halting)?;
        for Rate { rate, .. } in rates(row) {
            write!(table, " {:.1} % |", 100.0 * rate)?;
        }
        table.push('\n');
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_readers() {
        let rate = Rate { rate: 0.927, low: 0.9092, high: 0.9416 };
        assert_eq!(interval(rate), "92.7 % (90.9 .. 94.2)");
        let amounts = [0.66, 0.951, 4.24, 99.9, 410.1, 999.7, 2135.9, 19904.0, 1_234_567.0].map(amount);
        assert_eq!(amounts, ["0.66", "1.0", "4.2", "99.9", "410", "1,000", "2,136", "19,904", "1,234,567"]);
    }
}
