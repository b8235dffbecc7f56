//! Deductions about one digit, for all digits at once: a lane is a digit, a word 27 cells.
//!
//! Lanes do not interact, so that the compiler turns the loops over lanes into vector code.

/// Digits 1 to 9, padded to whole vectors; what stands in the padding is never read.
pub(super) const LANES: usize = 12;
/// A word of 27 cells: one band, three rows of nine.
pub(super) const BAND: u32 = (1 << 27) - 1;
/// `[3 x LANES]`: per band and digit, the cells that may still hold it.
pub(super) type Candidates = [[u32; LANES]; 3];

const ROW: u32 = 0x1ff;
const BOX: u32 = 0o7 | 0o7 << 9 | 0o7 << 18;
/// All places that are the only one of their digit in a unit, or `None` where a digit has none.
pub(super) fn places_alone(candidates: &Candidates) -> Option<Candidates> {
    let mut alone = [[0; LANES]; 3];
    let mut without_place = [0; LANES];
    for lane in 0..LANES {
        let bands = [candidates[0][lane], candidates[1][lane], candidates[2][lane]];
        let (found, missing) = alone_in_units(bands);
        for band in 0..3 {
            alone[band][lane] = found[band];
        }
        without_place[lane] = missing;
    }
    let contradiction = without_place[..9].iter().fold(0, |all, missing| all | missing);
    (contradiction == 0).then_some(alone)
}

#[inline(always)]
fn alone_in_units(bands: [u32; 3]) -> ([u32; 3], u32) {
    let single = |unit: u32| {
        if unit & unit.wrapping_sub(1) == 0 { unit } else { 0 }
    };
    let (mut one, mut two, mut missing) = (0, 0, 0);
    let mut found = [0; 3];
    for band in 0..3 {
        let cells = bands[band];
        for i in 0..3 {
            let (row, in_box) = (cells & ROW << (9 * i), cells & BOX << (3 * i));
            missing |= u32::from(row == 0) | u32::from(in_box == 0);
            found[band] |= single(row) | single(in_box);
            let columns = cells >> (9 * i) & ROW;
            two |= one & columns;
            one |= columns;
        }
    }
    let columns = one & !two;
    for band in 0..3 {
        found[band] |= bands[band] & (columns | columns << 9 | columns << 18);
    }
    (found, missing | u32::from(one != ROW))
}
