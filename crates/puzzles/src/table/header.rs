//! Which column of a table is which, by the names in its header.

use crate::PuzzleError;

/// Names of the column with the puzzles, the usual one first; case does not matter.
const QUESTIONS: [&str; 8] =
    ["question", "questions", "quiz", "quizzes", "puzzle", "puzzles", "sudoku", "maze"];
/// Names of the column with their answers.
const ANSWERS: [&str; 5] = ["answer", "answers", "solution", "solutions", "label"];

/// Separators of fields, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Characters of a header that an error shows.
const MAX_SHOWN: usize = 80;

/// A column that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// The collection that a puzzle was taken from.
    Source,
    /// The puzzle.
    Question,
    /// Its answer.
    Answer,
    /// How hard it is.
    Rating,
}

impl Column {
    fn names(self) -> &'static [&'static str] {
        match self {
            Column::Source => &["source"],
            Column::Question => &QUESTIONS,
            Column::Answer => &ANSWERS,
            Column::Rating => &["rating"],
        }
    }

    /// The usual name.
    pub(crate) fn name(self) -> &'static str {
        self.names()[0]
    }
}

/// The header of a table: how its records are divided, and what their fields are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) delimiter: u8,
    pub(super) n_fields: usize,
    /// Whether names have spaces around them: then so have fields.
    pub(super) is_spaced: bool,
    /// The names of all columns, in small letters.
    names: Vec<String>,
    /// Positions of source, question, answer and rating, where there are such columns.
    at: [Option<usize>; 4],
    /// Whether another column has the same name.
    twice: [bool; 4],
}

impl Header {
    /// Reads a header line; `declared` is a delimiter that a line before it named.
    pub(super) fn read(line: &[u8], declared: Option<u8>, needs_answers: bool) -> Result<Self, PuzzleError> {
        let text = String::from_utf8_lossy(line);
        // Some programs mark the header as a comment.
        let text = text.trim().trim_start_matches('#');
        let headers = DELIMITERS.into_iter().map(|delimiter| Self::with(text, delimiter));
        let header = match declared {
            Some(delimiter) => Self::with(text, delimiter),
            None => headers
                .reduce(|best, next| if next.n_known() > best.n_known() { next } else { best })
                .unwrap_or_else(|| Self::with(text, b',')),
        };
        let needed: &[Column] =
            if needs_answers { &[Column::Question, Column::Answer] } else { &[Column::Question] };
        for column in needed {
            if header.at(*column).is_none() {
                let dots = if text.chars().count() > MAX_SHOWN { ".." } else { "" };
                let header = text.chars().take(MAX_SHOWN).chain(dots.chars()).collect();
                let (name, others) = (column.name(), &column.names()[1..]);
                return Err(PuzzleError::MissingColumn { name, others, header });
            }
        }
        let twice = |column: &&Column| header.twice[**column as usize];
        match [Column::Question, Column::Answer].iter().find(twice) {
            Some(column) => Err(PuzzleError::RepeatedColumn { name: column.name() }),
            None => Ok(header),
        }
    }

    fn with(text: &str, delimiter: u8) -> Self {
        let plain =
            |name: &str| name.trim_matches(|c: char| c.is_whitespace() || c == '"').to_ascii_lowercase();
        let names: Vec<String> = text.split(char::from(delimiter)).map(plain).collect();
        let find = |column: Column| {
            column.names().iter().find_map(|name| names.iter().position(|found| found == name))
        };
        let columns = [Column::Source, Column::Question, Column::Answer, Column::Rating];
        let at = columns.map(find);
        let twice = at.map(|at| at.is_some_and(|i| names[i + 1..].contains(&names[i])));
        let is_spaced = text.split(char::from(delimiter)).any(|name| name.trim() != name);
        Header { delimiter, n_fields: names.len(), is_spaced, names, at, twice }
    }

    fn n_known(&self) -> usize {
        self.at.iter().flatten().count()
    }

    /// The position of a column of any name; case does not matter.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|found| found.eq_ignore_ascii_case(name))
    }

    pub(super) fn at(&self, column: Column) -> Option<usize> {
        self.at[column as usize]
    }
}

/// The delimiter that Excel writes into a line of its own: `sep=;`.
pub(super) fn declared_delimiter(line: &[u8]) -> Option<u8> {
    let line = line.trim_ascii().to_ascii_lowercase();
    match line.strip_prefix(b"sep=") {
        Some([delimiter]) if DELIMITERS.contains(delimiter) => Some(*delimiter),
        Some([]) => Some(b'\t'), // trimmed
        _ => None,
    }
}

/// Whether a text begins as a CSV file does: with a header that names a column of puzzles, and a row of
/// fields below it.
pub fn is_csv(text: &str) -> bool {
    let lines = text.trim_start_matches('\u{feff}').split(['\n', '\r']);
    let mut lines = lines.filter(|line| !line.trim().is_empty()).take(100).peekable();
    let declared = lines.peek().and_then(|line| declared_delimiter(line.as_bytes()));
    if declared.is_some() {
        lines.next();
    }
    let mut header = None;
    for line in lines {
        let Some(Header { delimiter, n_fields, .. }) = header else {
            header = Header::read(line.as_bytes(), declared, false).ok();
            if header.is_none() && !line.starts_with('#') {
                return false;
            }
            continue;
        };
        let is_row = match n_fields {
            1 => is_puzzle(line),
            // A quoted field may go on in the next line.
            _ => line.contains(char::from(delimiter)) || line.starts_with('"'),
        };
        if is_row || !line.starts_with('#') || is_wall(line) {
            return is_row;
        }
    }
    // A header and no row.
    header.is_some_and(|header| header.n_fields > 1)
}

/// Whether the only field of a row is a whole puzzle. The name of its column may also be the title of a board,
/// whose rows hold neither all cells of a square nor both ends of a path.
fn is_puzzle(row: &str) -> bool {
    let quoted = row.strip_prefix('"');
    let field = quoted.map_or(row, |rest| rest.trim_end_matches('"'));
    let n_cells = field.chars().count();
    let is_maze = field.contains('S') && field.contains(['G', 'E']) && field.contains(['#', ' ', '.']);
    let is_square = n_cells.isqrt().pow(2) == n_cells;
    // A quoted field may have the rows of a board in lines.
    let goes_on = quoted.is_some_and(|rest| !rest.contains('"'));
    goes_on || is_square && (is_maze || n_cells >= 16 && !is_wall(field))
}

/// Whether a line is a row of a maze, no puzzle by itself.
fn is_wall(line: &str) -> bool {
    line.len() > 1 && line.chars().all(|c| "# SGEo".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_all_makes() {
        for (line, at, delimiter) in [
            ("source,question,answer,rating", [Some(0), Some(1), Some(2), Some(3)], b','),
            ("quizzes,solutions", [None, Some(0), Some(1), None], b','),
            ("id,puzzle,solution,clues,difficulty", [None, Some(1), Some(2), None], b','),
            ("\"Rating\" ; Answer;QUESTION ;source", [Some(3), Some(2), Some(1), Some(0)], b';'),
            ("question\tanswer", [None, Some(0), Some(1), None], b'\t'),
            ("# question | answer", [None, Some(0), Some(1), None], b'|'),
            ("puzzle,answer,question", [None, Some(2), Some(1), None], b','),
        ] {
            let header = Header::read(line.as_bytes(), None, true).expect(line);
            assert_eq!((header.at, header.delimiter), (at, delimiter), "{line}");
            assert!(is_csv(&format!("\u{feff}{line}\n,;\t|\n")), "{line}");
        }
        assert_eq!(Header::read(b"question", None, false).expect("one column").n_fields, 1);
        assert_eq!(declared_delimiter(b"sep=;\r"), Some(b';'));
        for csv in [
            "sep=;\n\n# made by hand\nquestion;x\n..;1",
            "question,answer\n",
            "Puzzle\n1.....3..2.....4\n",
            "question\nSG# \n",
            "maze\n\"S## G#   \"\n",
            "maze\nS ##.#..G\n",
            "puzzle\n\"12\n34\"\n",
        ] {
            assert!(is_csv(csv), "{csv}");
        }
        for text in [
            "53..7....6..195\n....98..\n",
            "",
            "Puzzle\n53..7....\n",
            "Puzzle, easy\n53..7....\n",
            "x\nquestion,answer\n",
            "Maze\n################\n#S             #\n",
            "Maze\n#########\n#S#    G#\n",
        ] {
            assert!(!is_csv(text), "{text}");
        }
    }

    #[test]
    fn a_missing_column_shows_the_header() {
        let error = Header::read(b"source,question,rating", None, true).expect_err("no answers").to_string();
        for part in ["\"answer\"", "solutions", "source,question,rating"] {
            assert!(error.contains(part), "{error}");
        }
        let error = Header::read("9".repeat(200).as_bytes(), None, true).expect_err("no header").to_string();
        assert!(error.len() < 300 && error.contains("question"), "{error}");
    }
}
