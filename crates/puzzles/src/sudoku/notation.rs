//! How digits are written: 1-9 and letters, 0-F, letters alone, numbers.

use std::str::FromStr;

use super::{Geometry, Grid};
use crate::PuzzleError;

/// How the digits of a grid are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Notation {
    /// `1` to `9`, then letters from `A` for 10; `0` is a blank.
    #[default]
    OneBased,
    /// `0` for 1 to `9` for 10, then letters from `A` for 11: the hexadecimal digits in 16x16.
    ZeroBased,
    /// Letters from `A` for 1; `0` is a blank.
    Letters,
    /// Decimal numbers from 1, with spaces or commas between; 0 is a blank.
    Numbers,
    /// Decimal numbers from 0 for 1, with spaces or commas between.
    NumbersFromZero,
}

impl Notation {
    /// All notations.
    pub const ALL: [Self; 5] =
        [Self::OneBased, Self::ZeroBased, Self::Letters, Self::Numbers, Self::NumbersFromZero];

    /// The name that [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneBased => "one-based",
            Self::ZeroBased => "zero-based",
            Self::Letters => "letters",
            Self::Numbers => "numbers",
            Self::NumbersFromZero => "numbers-from-zero",
        }
    }

    /// How a digit is written; `.` for 0, a blank.
    pub fn symbol(self, digit: u8) -> String {
        let letter = |first: u8, i: u8| char::from(first + i).to_string();
        match (self, digit) {
            (_, 0) => ".".into(),
            (Self::OneBased, 1..=9) | (Self::Numbers, _) => digit.to_string(),
            (Self::OneBased, _) => letter(b'A', digit - 10),
            (Self::ZeroBased, 1..=10) | (Self::NumbersFromZero, _) => (digit - 1).to_string(),
            (Self::ZeroBased, _) => letter(b'A', digit - 11),
            (Self::Letters, _) => letter(b'A', digit - 1),
        }
    }

    /// The grid in one line: `side^2` characters, or numbers with spaces between.
    pub fn line(self, grid: &Grid) -> String {
        let symbols: Vec<String> = grid.cells().iter().map(|digit| self.symbol(*digit)).collect();
        symbols.join(if self.is_numbers() { " " } else { "" })
    }

    /// The grid as a board with lines between the boxes, one row per line.
    pub fn board(self, grid: &Grid) -> String {
        let geometry = grid.geometry();
        let (side, height, width) = (geometry.side(), geometry.box_rows(), geometry.box_cols());
        let cell = self.symbol(side as u8).len();
        let rule = format!("{}+\n", format!("+{}", "-".repeat((cell + 1) * width + 1)).repeat(height));
        let mut board = String::new();
        for row in 0..side {
            if row % height == 0 {
                board += &rule;
            }
            for col in 0..side {
                board += if col % width == 0 { "| " } else { "" };
                board += &format!("{:>cell$} ", self.symbol(grid.get(row, col)));
            }
            board += "|\n";
        }
        board + &rule
    }

    /// Whether a cell may take more than one character.
    pub(super) fn is_numbers(self) -> bool {
        matches!(self, Self::Numbers | Self::NumbersFromZero)
    }

    /// The first and the last digit of a grid of this side.
    pub(super) fn range(self, side: usize) -> String {
        format!("{}-{}", self.symbol(1), self.symbol(side as u8))
    }

    /// The notation in words and by its name, for a grid of this side.
    pub(super) fn describe(self, side: usize) -> String {
        let what = if self.is_numbers() { "numbers" } else { "digits" };
        let zero = match self {
            Self::OneBased | Self::Numbers if side > 9 => " and 0 for a blank",
            _ => "",
        };
        format!("{what} {}{zero} ({})", self.range(side), self.name())
    }

    /// The digit that a symbol stands for, 0 for a blank; `None` where it stands for nothing.
    pub(super) fn digit(self, symbol: Symbol, side: usize) -> Option<u8> {
        let up_to_side = |n: u32| (n as usize <= side).then_some(n as u8);
        let below_side = |n: u32| ((n as usize) < side).then_some(n as u8 + 1);
        match (self, symbol) {
            (_, Symbol::Blank) => Some(0),
            (Self::Letters, Symbol::Character('0')) => Some(0),
            (Self::Letters, Symbol::Character(c)) => {
                let letter = c.to_digit(36).filter(|n| *n >= 10).map(|n| n - 9);
                letter.and_then(up_to_side).or(cross(c))
            }
            (Self::OneBased, Symbol::Character(c)) => c.to_digit(36).and_then(up_to_side).or(cross(c)),
            (Self::ZeroBased, Symbol::Character(c)) => c.to_digit(36).and_then(below_side).or(cross(c)),
            (Self::Numbers, Symbol::Character(c)) => c.to_digit(10).and_then(up_to_side).or(cross(c)),
            (Self::NumbersFromZero, Symbol::Character(c)) => c.to_digit(10).and_then(below_side).or(cross(c)),
            // Zeros in front tell a number from pencil marks.
            (Self::OneBased, Symbol::Number(n)) if side <= 9 => up_to_side(n).or(pencil_marks(n, side)),
            (Self::Numbers, Symbol::Number(n)) => up_to_side(n),
            (Self::NumbersFromZero, Symbol::Number(n)) => below_side(n),
            (_, Symbol::Number(_)) => None,
        }
    }
}

impl FromStr for Notation {
    type Err = PuzzleError;

    fn from_str(name: &str) -> Result<Self, PuzzleError> {
        let unknown = || PuzzleError::NotationName { found: name.chars().take(40).collect() };
        Self::ALL.into_iter().find(|notation| notation.name() == name).ok_or_else(unknown)
    }
}

impl Grid {
    /// The grid as a board with lines between the boxes, one row per line, in the usual notation.
    pub fn pretty(&self) -> String {
        Notation::OneBased.board(self)
    }
}

/// What stands in a cell of a text, before it is known what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    /// A character that is never a digit.
    Blank,
    /// A digit or a letter.
    Character(char),
    /// A number of several digits.
    Number(u32),
}

impl Symbol {
    /// The symbol of a character, if it is one of a cell.
    pub(super) fn of(character: char) -> Option<Self> {
        match character {
            '.' | '_' | '*' | '?' | '·' | '•' | '□' => Some(Symbol::Blank),
            c if c.is_ascii_alphanumeric() => Some(Symbol::Character(c)),
            _ => None,
        }
    }
}

/// An `x` where it is no digit.
fn cross(character: char) -> Option<u8> {
    matches!(character, 'x' | 'X').then_some(0)
}

/// The candidates that someone pencilled into a cell: rising digits, which leave it blank.
fn pencil_marks(number: u32, side: usize) -> Option<u8> {
    let text = number.to_string();
    let digits = text.as_bytes();
    let rises = digits.windows(2).all(|pair| pair[0] < pair[1]);
    let fits = digits.iter().all(|digit| (1..=side).contains(&usize::from(digit - b'0')));
    (rises && fits).then_some(0)
}

/// The notations that the symbols of a whole grid allow: the likelier first, and one only where the
/// symbols decide.
pub(super) fn notations(symbols: &[Symbol], side: usize) -> Vec<Notation> {
    let characters = || {
        symbols.iter().filter_map(|symbol| match symbol {
            Symbol::Character(c) => Some(*c),
            _ => None,
        })
    };
    let numbers =
        || symbols.iter().filter_map(|s| if let Symbol::Number(n) = s { Some(*n as usize) } else { None });
    let is_cross = |c: char| cross(c).is_some() && c.to_digit(36).is_some_and(|n| n as usize - 9 > side);
    let has_numbers = side > 9 && numbers().next().is_some();
    let has_digits = characters().any(|c| ('1'..='9').contains(&c)) || numbers().next().is_some();
    if !has_digits && characters().any(|c| c.is_ascii_alphabetic() && !is_cross(c)) {
        return vec![Notation::Letters];
    }
    let has_blanks = symbols.iter().any(|s| matches!(s, Symbol::Blank)) || characters().any(is_cross);
    let has_zeros = characters().any(|c| c == '0') || numbers().any(|n| n == 0);
    let has_largest =
        characters().any(|c| c.to_digit(36) == Some(side as u32)) || numbers().any(|n| n == side);
    let (from_one, from_zero) = match has_numbers {
        true => (Notation::Numbers, Notation::NumbersFromZero),
        false => (Notation::OneBased, Notation::ZeroBased),
    };
    // Nobody writes hexadecimal numbers as decimal ones, and other sizes from 0 only with a 0.
    let is_open = has_zeros || side == 16 && has_digits && !has_numbers;
    match () {
        () if side <= 9 || has_largest || !is_open => vec![from_one],
        () if has_zeros && has_blanks => vec![from_zero],
        () => vec![from_one, from_zero],
    }
}

/// The grid that symbols stand for, or the place of the first that stands for nothing.
pub(super) fn grid_of(symbols: &[Symbol], geometry: Geometry, notation: Notation) -> Result<Grid, usize> {
    let side = geometry.side();
    let digits = symbols.iter().enumerate().map(|(i, symbol)| notation.digit(*symbol, side).ok_or(i));
    let cells = digits.collect::<Result<Vec<u8>, usize>>()?;
    Grid::from_cells(geometry, &cells).map_err(|_| symbols.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(text: &str) -> Vec<Symbol> {
        text.chars().map(|c| Symbol::of(c).expect("a cell")).collect()
    }

    #[test]
    fn the_characters_decide_between_zero_and_one() {
        use Notation::{Letters, OneBased, ZeroBased};
        for (text, side, expected) in [
            ("1G.", 16, vec![OneBased]),
            ("10G", 16, vec![OneBased]),
            ("1g0.", 16, vec![OneBased]),
            ("1F0.", 16, vec![ZeroBased]),
            ("1F0x", 16, vec![ZeroBased]),
            ("1F0", 16, vec![OneBased, ZeroBased]),
            ("1F.", 16, vec![OneBased, ZeroBased]),
            ("...", 16, vec![OneBased]),
            ("000", 16, vec![OneBased, ZeroBased]),
            ("AP.", 16, vec![Letters]),
            ("AX0", 25, vec![Letters]),
            ("A1x", 25, vec![OneBased]),
            ("90.", 10, vec![ZeroBased]),
            ("9A0.", 10, vec![OneBased]),
            ("9..", 10, vec![OneBased]),
            ("80.", 9, vec![OneBased]),
            ("AI.", 9, vec![Letters]),
            ("xX.", 9, vec![OneBased]),
        ] {
            assert_eq!(notations(&symbols(text), side), expected, "{text} in {side}x{side}");
        }
    }

    #[test]
    fn every_notation_reads_what_it_writes() {
        for side in [(2, 2), (2, 3), (3, 3), (2, 5), (4, 4), (5, 5)] {
            let geometry = Geometry::new(side.0, side.1).expect("a size");
            let side = geometry.side();
            let cells: Vec<u8> = (0..geometry.n_cells()).map(|i| (i % (side + 1)) as u8).collect();
            let grid = Grid::from_cells(geometry, &cells).expect("digits");
            use Notation::{Letters, Numbers, NumbersFromZero, OneBased, ZeroBased};
            for notation in [OneBased, ZeroBased, Letters, Numbers, NumbersFromZero] {
                if side <= 9 && notation != OneBased && notation != Letters {
                    continue;
                }
                let line = notation.line(&grid);
                let token = |token: &str| match token.parse() {
                    Ok(number) => Symbol::Number(number),
                    Err(_) => Symbol::Blank,
                };
                let read = match notation.is_numbers() {
                    true => line.split(' ').map(token).collect(),
                    false => symbols(&line),
                };
                assert_eq!(grid_of(&read, geometry, notation), Ok(grid.clone()), "{notation:?} {line}");
            }
        }
    }

    #[test]
    fn pencil_marks_are_blanks() {
        assert_eq!(pencil_marks(256, 9), Some(0));
        assert_eq!(pencil_marks(265, 9), None);
        assert_eq!(pencil_marks(256, 4), None);
        assert_eq!(Notation::OneBased.digit(Symbol::Number(4), 9), Some(4));
    }
}
