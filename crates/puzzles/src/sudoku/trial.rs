//! How hard a puzzle is for one who tries candidates, but never two at a time.

use super::bitboard::Board;

/// What trying every candidate of the unsolved cells comes to: a trial takes a candidate for true, and
/// refutes it if singles and locked candidates end in a contradiction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Trials {
    /// Candidates of unsolved cells.
    pub(super) open: u32,
    /// Those of them that a trial refutes.
    pub(super) refuted: u32,
}

/// Tries the candidates until more are refuted than `most_refuted` allows for that many, or it allows
/// none; `None` then, and for a puzzle without a solution.
pub(super) fn trials(mut board: Board, most_refuted: impl Fn(u32) -> Option<u32>) -> Option<Trials> {
    if !board.propagate_locked() {
        return None;
    }
    let candidates: Vec<_> = board.open().collect();
    let mut trials = Trials { open: candidates.len() as u32, refuted: 0 };
    let most_refuted = most_refuted(trials.open)?;
    for i in 0..candidates.len() {
        // Far from each other, as neighbours are refuted together; 733 is prime and above 729, so all are
        // tried.
        let candidate = candidates[i * 733 % candidates.len()];
        trials.refuted += u32::from(board.refutes(candidate));
        if trials.refuted > most_refuted {
            return None;
        }
    }
    Some(trials)
}

impl Board {
    /// Candidates of unsolved cells, as cells and digits from 1.
    fn open(&self) -> impl Iterator<Item = (usize, u8)> {
        let unsolved = (0..81).filter(|cell| self.solved[cell / 27] >> (cell % 27) & 1 == 0);
        unsolved.flat_map(|cell| {
            let digits = self.digits(cell);
            (1..=9).filter(move |digit| digits >> (digit - 1) & 1 == 1).map(move |digit| (cell, digit))
        })
    }

    /// Whether a candidate ends in a contradiction.
    fn refutes(&self, (cell, digit): (usize, u8)) -> bool {
        let mut tried = self.clone();
        !tried.assign(cell, usize::from(digit) - 1) || !tried.propagate_locked()
    }
}

#[cfg(all(test, feature = "csv"))]
mod tests {
    use super::super::generate::is_resistant;
    use super::*;

    /// The committed set says of its rows how they were made.
    #[test]
    fn resistant_rows_resist_trials_and_easy_ones_do_not() {
        let text = include_str!("../../data/sudoku-extreme-gen.csv");
        let rows: Vec<_> = crate::read_sudoku_csv(text.as_bytes()).map(|row| row.expect("a row")).collect();
        let share = |source: &str| {
            let of_source: Vec<_> = rows.iter().filter(|row| row.source == source).collect();
            let resists = |row: &&&crate::SudokuRow| {
                let cells = row.puzzle.cells().try_into().expect("81 cells");
                is_resistant(trials(Board::new(&cells).expect("a puzzle"), Some).expect("a solution"))
            };
            (of_source.iter().filter(resists).count(), of_source.len())
        };
        assert_eq!(share("gen_resistant"), (750, 750));
        assert_eq!(share("gen_easy").0, 0);
    }
}
