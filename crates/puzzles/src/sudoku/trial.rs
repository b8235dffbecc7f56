//! How hard a puzzle is for one who tries candidates, but never two at a time.

use super::bitboard::Board;

/// How many candidates of unsolved cells no trial refutes: a trial takes a candidate for true, and
/// refutes it if singles and locked candidates end in a contradiction. `None` for a puzzle without
/// a solution, or with fewer survivors than `least`.
pub(super) fn survivors(mut board: Board, least: u32) -> Option<u32> {
    if !board.propagate_locked() {
        return None;
    }
    let open: Vec<_> = board.open().collect();
    let mut left = open.len() as u32;
    for candidate in open {
        if left < least {
            return None;
        }
        left -= u32::from(board.refutes(candidate));
    }
    (left >= least).then_some(left)
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
