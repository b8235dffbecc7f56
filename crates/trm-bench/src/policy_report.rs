//! A policy comparison as text, and as an HTML page with a plot.

use crate::plot::{Curve, chart, escape, page};
use crate::policies::{Comparison, PolicyRow};
use std::fmt::{self, Display, Formatter};

impl Display for PolicyRow {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:<30} {}  mean K {:6.2}", self.name, self.exact, self.mean_k)
    }
}

impl Comparison {
    /// The rows of fixed K in the printed table: powers of two, the best and the last.
    fn table_rows(&self) -> impl Iterator<Item = &PolicyRow> {
        let last = self.fixed.len();
        let is_listed = move |k: usize| k.is_power_of_two() || k == self.best_fixed || k == last;
        self.fixed.iter().enumerate().filter(move |(i, _)| is_listed(i + 1)).map(|(_, row)| row)
    }

    /// One HTML file with inline SVG: accuracy against mean K for all policies, and the text table.
    pub fn to_html(&self) -> String {
        let title = format!("Halting policies: {}", self.puzzle);
        let line = |name: &str, rows: &[PolicyRow]| {
            Curve::new(name, rows.iter().map(|row| (row.mean_k, 100.0 * row.exact.rate)))
        };
        let mut curves = vec![
            line("fixed K", &self.fixed),
            line("confident", &self.confident),
            line("learned", &self.learned),
        ];
        curves.extend(self.policies.iter().map(|row| line(&row.name, std::slice::from_ref(row))));
        let mut body = String::new();
        chart(&mut body, "Exact accuracy in per cent", "against mean K", &curves, Some(100.0));
        page(&title, &format!("{body}<pre>{}</pre>\n", escape(&self.to_string())))
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Comparison { puzzle, data, model, n_train, n_test, n_test_solved, .. } = self;
        writeln!(f, "{puzzle}, {data}; model {model}")?;
        writeln!(f, "learned from {n_train} questions (even places), judged on {n_test} (odd places)\n")?;
        writeln!(f, "K* of the {n_test_solved} that have one:")?;
        writeln!(f, "  {:<22} {:>9} {:>9} {:>8}", "", "within 1", "within 2", "MAE")?;
        for row in self.predictors.iter().chain(&self.another_seed) {
            let (one, two) = (100.0 * row.within_1, 100.0 * row.within_2);
            writeln!(f, "  {:<22} {one:>7.1} % {two:>7.1} % {:>8.2}", row.name, row.mae)?;
        }
        writeln!(f, "  bound of 95 %: held {}\n", self.coverage)?;
        writeln!(f, "exact_accuracy (95 % interval) and supervision steps on average:")?;
        for row in self.table_rows() {
            let best = if row.name == format!("K = {}", self.best_fixed) { "  best fixed" } else { "" };
            writeln!(f, "  {row}{best}")?;
        }
        self.policies.iter().try_for_each(|row| writeln!(f, "  {row}"))?;
        writeln!(f, "\nlearned halting, by the chance of being settled that it waits for:")?;
        self.learned.iter().try_for_each(|row| writeln!(f, "  {row}"))?;
        writeln!(f)?;
        for target in &self.targets {
            writeln!(f, "{}: {}", if target.passed { "PASS" } else { "FAIL" }, target.text)?;
        }
        Ok(())
    }
}
