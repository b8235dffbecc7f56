//! How hard a puzzle is for one who tries candidates, but never two at a time.

use super::bitboard::Board;

/// Published hard puzzles have more candidates left when singles and locked candidates end.
const MIN_OPEN: usize = 125;
/// About the most that any trial leaves, as a share.
const MOST_LEFT: f32 = 0.93;

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
        trials.refuted += u32::from(board.tried(candidate).is_none());
        if trials.refuted > most_refuted {
            return None;
        }
    }
    Some(trials)
}

/// How little trials come to: the mean share of candidates that one leaves, where a refuted candidate counts as
/// `-refuted_cost`. `None` below `least`, and where fewer than `MIN_OPEN` candidates are open before any trial.
pub(super) fn idleness(mut board: Board, refuted_cost: f32, least: f32) -> Option<f32> {
    if !board.propagate_locked() {
        return None;
    }
    let candidates: Vec<_> = board.open().collect();
    let n_open = candidates.len();
    if n_open < MIN_OPEN {
        return None;
    }
    let (mut sum, needed) = (0.0, least * n_open as f32);
    for i in 0..n_open {
        sum += match board.tried(candidates[i * 733 % n_open]) {
            Some(tried) => tried.n_open() as f32 / n_open as f32,
            None => -refuted_cost,
        };
        // Given up when the trials to come cannot make up for it.
        if sum + MOST_LEFT * (n_open - 1 - i) as f32 <= needed {
            return None;
        }
    }
    let mean = sum / n_open as f32;
    (mean > least).then_some(mean)
}

/// Whether trials, repeated with what they refute excluded until none refutes anything, leave the puzzle as good as
/// unsolved: beyond trial-and-error of depth 1.
pub(super) fn outlasts_trials(mut board: Board) -> bool {
    if !board.propagate_locked() {
        return false;
    }
    loop {
        let before: Vec<_> = board.open().collect();
        if before.len() < MIN_OPEN {
            return false;
        }
        for &(cell, digit) in &before {
            let is_open = board.digits(cell) >> (digit - 1) & 1 == 1 && board.digits(cell).count_ones() > 1;
            if is_open && board.tried((cell, digit)).is_none() {
                board.exclude(cell, digit);
                if !board.propagate_locked() {
                    return false;
                }
            }
        }
        if board.n_open() == before.len() {
            return true;
        }
    }
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

    /// How many [`Board::open`] gives.
    fn n_open(&self) -> usize {
        let bands = self.candidates.iter().zip(self.solved);
        bands
            .flat_map(|(lanes, solved)| {
                lanes[..9].iter().map(move |cells| (cells & !solved).count_ones() as usize)
            })
            .sum()
    }

    /// What follows from a candidate; `None` for a contradiction.
    fn tried(&self, (cell, digit): (usize, u8)) -> Option<Board> {
        let mut tried = self.clone();
        (tried.assign(cell, usize::from(digit) - 1) && tried.propagate_locked()).then_some(tried)
    }
}

#[cfg(all(test, feature = "csv"))]
mod tests {
    use super::super::generate::is_resistant;
    use super::*;

    /// The committed set says of its rows how they were made.
    #[test]
    fn rows_resist_trials_as_their_source_says() {
        let text = include_str!("../../data/sudoku-extreme-gen.csv");
        let rows: Vec<_> = crate::read_sudoku_csv(text.as_bytes()).map(|row| row.expect("a row")).collect();
        let count = |source: &str, is_counted: &dyn Fn(Board) -> bool| {
            let of_source = rows.iter().filter(|row| row.source == source);
            let board = |row: &crate::SudokuRow| {
                let cells = row.puzzle.cells().try_into().expect("81 cells");
                Board::new(&cells).expect("a puzzle")
            };
            of_source.filter(|row| is_counted(board(row))).count()
        };
        let resists = |board| is_resistant(trials(board, Some).expect("a solution"));
        assert_eq!((count("gen_resistant", &resists), count("gen_easy", &resists)), (375, 0));
        assert_eq!((count("gen_vicinity", &outlasts_trials), count("gen_easy", &outlasts_trials)), (375, 0));
        // Over and over, trials solve most of them.
        assert!(count("gen_resistant", &outlasts_trials) < 100);
    }
}
