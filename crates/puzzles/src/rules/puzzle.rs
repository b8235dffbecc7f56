//! One puzzle of a kind, as text and as cells.

use super::Rules;
use super::cells::Shape;
use super::error::{FileFault, RulesError};
use super::structure::Structure;
use std::sync::Arc;

/// A puzzle: some cells are given.
#[derive(Debug, Clone, PartialEq)]
pub struct Puzzle {
    /// Its groups.
    pub structure: Arc<Structure>,
    /// `[cells]`: the given symbols, counted from 1; 0 is a blank.
    pub cells: Vec<u8>,
    /// The texts of the groups that come with it, in the order of [`Rules::columns`].
    pub columns: Vec<String>,
}

impl Puzzle {
    /// Number of givens.
    #[must_use]
    pub fn n_givens(&self) -> usize {
        self.cells.iter().filter(|cell| **cell != 0).count()
    }
}

/// A puzzle with its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The collection that it was taken from.
    pub source: String,
    /// The puzzle.
    pub puzzle: Puzzle,
    /// `[cells]`: its answer.
    pub solution: Vec<u8>,
    /// How hard it is: the guesses of the generator's solver, or what a file says.
    pub rating: f32,
}

impl Rules {
    /// Reads a puzzle: a character for each cell, spaces and line ends between them or not, `.` or `_` for a blank, and
    /// `0` where it is no symbol. `columns` are the texts of the groups that come with it.
    ///
    /// # Errors
    /// What is wrong with the text or with a column, and where; givens that break a rule.
    pub fn puzzle(&self, text: &str, columns: &[&str]) -> Result<Puzzle, RulesError> {
        let mut cells = self.cells(text)?;
        for (cell, fixed) in cells.iter_mut().zip(&self.fixed) {
            if *cell == 0 {
                *cell = *fixed;
            }
        }
        let puzzle = Puzzle {
            structure: self.structure_of(columns)?,
            cells,
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        };
        match self.conflict(&puzzle.structure, &puzzle.cells) {
            Some(fault) => Err(RulesError::Conflict(fault)),
            None => Ok(puzzle),
        }
    }

    /// Reads a puzzle with its answer.
    ///
    /// # Errors
    /// Those of [`Rules::puzzle`]; [`RulesError::Answer`] where the answer breaks a rule or changes a given.
    pub fn row(
        &self,
        question: &str,
        answer: &str,
        columns: &[&str],
    ) -> Result<(Puzzle, Vec<u8>), RulesError> {
        let (puzzle, solution) = (self.puzzle(question, columns)?, self.cells(answer)?);
        match self.fault(&puzzle, &solution) {
            Some(fault) => Err(RulesError::Answer(fault)),
            None => Ok((puzzle, solution)),
        }
    }

    /// The cells of a text, 0 for a blank.
    fn cells(&self, text: &str) -> Result<Vec<u8>, RulesError> {
        let expected = self.shape.n_cells;
        let n_found = || text.chars().filter(|c| !c.is_whitespace()).count();
        let mut cells = Vec::with_capacity(expected);
        for found in text.chars().filter(|c| !c.is_whitespace()) {
            if cells.len() == expected {
                return Err(RulesError::Length { expected, found: n_found() });
            }
            let name = || self.shape.name(cells.len());
            let cell = match self.symbols.iter().position(|symbol| *symbol == found) {
                Some(symbol) if self.allowed[cells.len()] >> symbol & 1 == 0 => {
                    return Err(RulesError::Excluded { cell: name(), symbol: found });
                }
                Some(symbol) => symbol as u8 + 1,
                None if matches!(found, '.' | '_' | '0') => 0,
                None => return Err(RulesError::Character { cell: name(), found }),
            };
            cells.push(cell);
        }
        if cells.len() < expected {
            return Err(RulesError::Length { expected, found: cells.len() });
        }
        Ok(cells)
    }

    /// Cells as a text of a character each.
    #[must_use]
    pub fn text(&self, cells: &[u8]) -> String {
        cells.iter().map(|cell| self.symbol(*cell)).collect()
    }

    /// The character of a cell's content.
    #[must_use]
    pub fn symbol(&self, cell: u8) -> char {
        usize::from(cell).checked_sub(1).and_then(|symbol| self.symbols.get(symbol)).copied().unwrap_or('.')
    }

    /// The structure of a puzzle with these columns.
    fn structure_of(&self, columns: &[&str]) -> Result<Arc<Structure>, RulesError> {
        let mut lists = Vec::new();
        for set in &self.sets {
            let super::Source::Column { name, .. } = &set.source else { continue };
            let Some(text) = columns.get(lists.len()) else {
                return Err(RulesError::NoColumn { group: set.name.clone(), column: name.clone() });
            };
            let groups = groups(text, self.shape);
            lists.push(groups.map_err(|fault| RulesError::Column { column: name.clone(), fault })?);
        }
        self.structure_with(&lists)
    }

    /// Groups as the text of a column.
    pub(super) fn column_text(&self, groups: &[Vec<u32>]) -> String {
        let mut of_cell = vec!['.'; self.shape.n_cells];
        let is_partition = groups.iter().map(Vec::len).sum::<usize>() == of_cell.len() && groups.len() <= 26;
        if is_partition {
            for (letter, group) in ('A'..).zip(groups) {
                group.iter().for_each(|cell| of_cell[*cell as usize] = letter);
            }
            return of_cell.into_iter().collect();
        }
        let group =
            |group: &Vec<u32>| group.iter().map(|c| (c + 1).to_string()).collect::<Vec<_>>().join("-");
        groups.iter().map(group).collect::<Vec<_>>().join(" ")
    }
}

/// The groups of a column: a character for each cell that says its group, `.` for none, or lists of cells such as
/// `1-2 2-3-7`.
fn groups(text: &str, shape: Shape) -> Result<Vec<Vec<u32>>, FileFault> {
    if text.contains('-') {
        let list = |word: &str| {
            let cells = word.split('-').map(|name| shape.listed(name));
            shape.sorted(cells.collect::<Result<Vec<_>, _>>()?.concat())
        };
        return text.split_whitespace().map(list).collect();
    }
    let letters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).take(shape.n_cells + 1).collect();
    if letters.len() > shape.n_cells {
        return Err(FileFault::TooMany { what: "characters", found: letters.len(), max: shape.n_cells });
    }
    if letters.len() < shape.n_cells {
        return Err(FileFault::TooFew { what: "characters", found: letters.len(), min: shape.n_cells });
    }
    let mut groups: Vec<(char, Vec<u32>)> = Vec::new();
    for (cell, letter) in letters.into_iter().enumerate().filter(|(_, letter)| *letter != '.') {
        match groups.iter_mut().find(|(known, _)| *known == letter) {
            Some((_, cells)) => cells.push(cell as u32),
            None => groups.push((letter, vec![cell as u32])),
        }
    }
    Ok(groups.into_iter().map(|(_, cells)| cells).collect())
}
