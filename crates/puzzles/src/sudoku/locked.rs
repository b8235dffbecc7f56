//! Locked candidates: where a digit's places in a box lie in one line, or those of a line in one box.

use std::sync::LazyLock;

use super::bitboard::Board;

/// A digit's places in a band as nine bits, box by box within row by row: those that some choice of
/// three bits, one in each row and one in each box, holds. The same for a stack, by columns.
static PLACES: LazyLock<[u16; 512]> = LazyLock::new(|| {
    let choices = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let choices = choices.map(|[a, b, c]| 1u16 << a | 1 << (3 + b) | 1 << (6 + c));
    std::array::from_fn(|places| {
        let held = choices.iter().filter(|&&choice| places as u16 & choice == choice);
        held.fold(0, |all, choice| all | choice)
    })
});

impl Board {
    /// Singles and locked candidates until nothing changes; `false` at a contradiction.
    pub(super) fn propagate_locked(&mut self) -> bool {
        loop {
            if !self.propagate() {
                return false;
            }
            match self.exclude_locked() {
                None => return false,
                Some(true) => {}
                Some(false) => return true,
            }
        }
    }

    /// `None`: a digit has no place; else whether any candidate was excluded.
    fn exclude_locked(&mut self) -> Option<bool> {
        let places = &*PLACES;
        let mut excluded = false;
        for digit in 0..9 {
            let mut bands: [u32; 3] = std::array::from_fn(|band| self.candidates[band][digit]);
            for cells in &mut bands {
                let found = (0..9).fold(0, |all, i| all | u16::from(*cells >> (3 * i) & 7 != 0) << i);
                let left = places[usize::from(found)];
                if left == 0 {
                    return None;
                }
                if left != found {
                    excluded = true;
                    let mask = (0..9).fold(0, |all, i| all | (u32::from(left >> i & 1) * 7) << (3 * i));
                    *cells &= mask;
                }
            }
            for stack in 0..3 {
                let column = |i: usize| (1u32 | 1 << 9 | 1 << 18) << (3 * stack + i / 3);
                let found = (0..9).fold(0, |all, i| all | u16::from(bands[i % 3] & column(i) != 0) << i);
                let left = places[usize::from(found)];
                if left == 0 {
                    return None;
                }
                for i in (0..9).filter(|i| (found & !left) >> i & 1 == 1) {
                    excluded = true;
                    bands[i % 3] &= !column(i);
                }
            }
            for (band, cells) in bands.into_iter().enumerate() {
                self.candidates[band][digit] = cells;
            }
        }
        Some(excluded)
    }
}
