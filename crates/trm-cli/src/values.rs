//! Values of options: each is checked where it is read.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use puzzles::sudoku::{Geometry, Notation};
use std::fmt::{self, Display, Formatter};
use std::ops::RangeInclusive;
use trm_core::HaltingRule;

/// A parser of finite numbers of a range.
pub fn number(range: RangeInclusive<f64>) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync {
    move |text| {
        let (low, high) = (range.start(), range.end());
        let wanted = match high.is_finite() {
            true => format!("must be a number from {low} to {high}"),
            false => format!("must be a number, {low} or more"),
        };
        let number: f64 = text.trim().parse().map_err(|_| wanted.clone())?;
        if number.is_finite() && range.contains(&number) { Ok(number) } else { Err(wanted) }
    }
}

/// The same for numbers that are stored with single precision.
pub fn number32(range: RangeInclusive<f64>) -> impl Fn(&str) -> Result<f32, String> + Clone + Send + Sync {
    let number = number(range);
    move |text| Ok(number(text)? as f32)
}

/// At least as many steps as the longest shortest path in a maze of this side has: no two cells that are not
/// neighbours on it may touch, which leaves two of three cells to it.
pub fn longest_path(side: usize) -> usize {
    side.saturating_add(1).saturating_pow(2).div_ceil(3).saturating_mul(2)
}

/// When a leaked episode of training ends.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum LeakUntil {
    /// Once it was right for as long as other questions stay
    Right,
    /// After as many steps as it was begun for
    End,
}

/// How training moves the weights.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum MoveBy {
    /// The matrices of the net by momentum made orthogonal, the rest by AdamW: learns several times as fast
    Muon,
    /// All by AdamW
    #[value(name = "adamw")]
    AdamW,
}

impl From<MoveBy> for trm_train::Method {
    fn from(by: MoveBy) -> Self {
        match by {
            MoveBy::Muon => trm_train::Method::Muon,
            MoveBy::AdamW => trm_train::Method::AdamW,
        }
    }
}

/// The rule by which runs of a model halt.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum HaltBy {
    /// Enough steps agree
    Vote,
    /// One step is confident
    Confidence,
}

impl Display for HaltBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HaltBy::Vote => "vote",
            HaltBy::Confidence => "confidence",
        })
    }
}

impl From<HaltBy> for HaltingRule {
    fn from(rule: HaltBy) -> Self {
        match rule {
            HaltBy::Vote => HaltingRule::Vote,
            HaltBy::Confidence => HaltingRule::Confidence,
        }
    }
}

/// The shape of Sudoku boxes: rows x columns.
pub fn boxes(text: &str) -> Result<Geometry, String> {
    let parse = || {
        let (rows, columns) = text.split_once(['x', 'X'])?;
        Geometry::new(rows.trim().parse().ok()?, columns.trim().parse().ok()?).ok()
    };
    parse().ok_or_else(|| "must be rows x columns of a box, each from 2 to 5, such as 3x2".into())
}

/// How the digits of a Sudoku are written: the names of the library, and what people call them in 16x16 and
/// 25x25.
pub fn notation() -> impl TypedValueParser<Value = Notation> {
    let values = Notation::ALL.map(|notation| {
        let (aliases, help): (&[&str], _) = match notation {
            Notation::OneBased => (&["1-G"], "1 to 9, then letters from A; 1-G in 16x16"),
            Notation::ZeroBased => (&["0-F", "hex"], "0 to 9, then letters from A; 0-F in 16x16"),
            Notation::Letters => (&["A-P", "A-Y"], "letters from A; A-P in 16x16"),
            Notation::Numbers => (&[], "decimal numbers from 1, with spaces or commas between"),
            Notation::NumbersFromZero => (&[], "the same from 0"),
        };
        PossibleValue::new(notation.name()).aliases(aliases.iter().copied()).help(help)
    });
    let named = PossibleValuesParser::new(values.clone());
    named.try_map(move |word| {
        let value = values.iter().find(|value| value.matches(&word, false));
        value.map_or(word.as_str(), PossibleValue::get_name).parse::<Notation>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_finite_and_in_range() {
        let share = number(0.0..=1.0);
        assert_eq!((share("0"), share(" 0.5 "), share("1")), (Ok(0.0), Ok(0.5), Ok(1.0)));
        for text in ["nan", "NaN", "inf", "-inf", "1e400", "-0.1", "1.1", "", "x", "0,5"] {
            assert_eq!(share(text), Err("must be a number from 0 to 1".into()), "{text:?}");
        }
        assert_eq!(number(0.0..=f64::INFINITY)("inf"), Err("must be a number, 0 or more".into()));
    }

    #[test]
    fn notations_have_names_and_short_forms() {
        let read = |word: &str| {
            let command = clap::Command::new("x");
            notation().parse_ref(&command, None, word.as_ref()).map_err(|error| error.to_string())
        };
        for expected in Notation::ALL {
            assert_eq!(read(expected.name()), Ok(expected));
        }
        for (word, expected) in
            [("0-F", Notation::ZeroBased), ("1-G", Notation::OneBased), ("A-Y", Notation::Letters)]
        {
            assert_eq!(read(word), Ok(expected));
        }
        for word in ["", "2-H", "base64"] {
            assert!(read(word).is_err_and(|error| error.contains("zero-based")), "{word}");
        }
    }

    #[test]
    fn boxes_are_rows_and_columns() {
        let read = |text| boxes(text).map(|g| (g.box_rows(), g.box_cols()));
        assert_eq!((read("3x2"), read("2X3")), (Ok((3, 2)), Ok((2, 3))));
        for text in ["", "3", "3x", "x2", "1x6", "6x6", "3x2x1", "-3x2"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
