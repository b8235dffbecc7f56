//! Which cells there are, how they are named, and the usual groups of them.

use super::error::FileFault;

/// The most cells of a puzzle.
pub const MAX_CELLS: usize = 4096;
/// The most groups of a puzzle.
pub(super) const MAX_GROUPS: usize = 1 << 14;
/// The most cells of all groups together.
pub(super) const MAX_MEMBERS: usize = 1 << 17;

/// The cells of a puzzle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Number of cells.
    pub n_cells: usize,
    /// Rows and columns, where the cells are a grid.
    pub grid: Option<(usize, usize)>,
}

impl Shape {
    /// The name of a cell: `r2c5`, or a number from 1.
    #[must_use]
    pub fn name(&self, cell: usize) -> String {
        match self.grid {
            Some((_, columns)) => format!("r{}c{}", cell / columns + 1, cell % columns + 1),
            None => (cell + 1).to_string(),
        }
    }

    fn unknown(&self, found: &str) -> FileFault {
        let known = match self.grid {
            Some((rows, columns)) => format!("they are r1c1 to r{rows}c{columns}"),
            None => format!("they are 1 to {}", self.n_cells),
        };
        FileFault::Cell { found: found.chars().take(40).collect(), known }
    }

    /// The cell of a number from 1.
    pub(super) fn numbered(&self, number: i64) -> Result<u32, FileFault> {
        let cell = usize::try_from(number).ok().filter(|n| (1..=self.n_cells).contains(n));
        cell.map(|n| n as u32 - 1).ok_or_else(|| self.unknown(&number.to_string()))
    }

    /// The cell of a name.
    fn named(&self, name: &str) -> Result<u32, FileFault> {
        if let Ok(number) = name.parse() {
            return self.numbered(number);
        }
        let read = || {
            let (rows, columns) = self.grid?;
            let (row, column) = name.strip_prefix('r')?.split_once('c')?;
            let (row, column): (usize, usize) = (row.parse().ok()?, column.parse().ok()?);
            let inside = (1..=rows).contains(&row) && (1..=columns).contains(&column);
            inside.then(|| ((row - 1) * columns + column - 1) as u32)
        };
        read().ok_or_else(|| self.unknown(name))
    }

    /// The cells of a text: names, and rectangles such as `r1c1:r3c3`, with spaces between them.
    pub(super) fn listed(&self, text: &str) -> Result<Vec<u32>, FileFault> {
        let mut cells = Vec::new();
        for word in text.split_whitespace() {
            match (word.split_once(':'), self.grid) {
                (Some((first, last)), Some((_, columns))) => {
                    let ends = [self.named(first)?, self.named(last)?].map(|cell| cell as usize);
                    let [rows, across] = [ends.map(|e| e / columns), ends.map(|e| e % columns)];
                    for row in rows[0].min(rows[1])..=rows[0].max(rows[1]) {
                        let row = row * columns;
                        let across = across[0].min(across[1])..=across[0].max(across[1]);
                        cells.extend(across.map(|column| (row + column) as u32));
                    }
                }
                (Some((first, last)), None) => cells.extend(self.named(first)?..=self.named(last)?),
                (None, _) => cells.push(self.named(word)?),
            }
            if cells.len() > MAX_CELLS {
                return Err(FileFault::TooMany {
                    what: "cells in a group",
                    found: cells.len(),
                    max: MAX_CELLS,
                });
            }
        }
        self.sorted(cells)
    }

    /// Cells in order, each once.
    pub(super) fn sorted(&self, mut cells: Vec<u32>) -> Result<Vec<u32>, FileFault> {
        cells.sort_unstable();
        match cells.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(FileFault::Twice { what: "cell", found: self.name(pair[0] as usize) }),
            None => Ok(cells),
        }
    }

    /// The groups of a word such as `rows` or `boxes 3x3`.
    pub(super) fn generated(&self, word: &str) -> Result<Vec<Vec<u32>>, FileFault> {
        let words: Vec<&str> = word.split_whitespace().collect();
        let unknown = || FileFault::Generator { found: word.chars().take(40).collect() };
        let by = |group: &dyn Fn(usize, usize) -> usize| self.grouped(word, group);
        match words[..] {
            ["rows"] => by(&|row, _| row),
            ["columns"] => by(&|_, column| column),
            ["boxes", size] => {
                let (height, width) = size.split_once('x').ok_or_else(unknown)?;
                let sizes = (height.parse::<usize>(), width.parse::<usize>());
                let (Ok(height), Ok(width)) = sizes else { return Err(unknown()) };
                let (rows, columns) = self.grid.ok_or_else(|| FileFault::NeedsGrid(word.into()))?;
                let divides = |n: usize, by: usize| by > 0 && n.is_multiple_of(by);
                if !divides(rows, height) || !divides(columns, width) {
                    return Err(FileFault::Boxes { height, width, rows, columns });
                }
                by(&|row, column| row / height * (columns / width) + column / width)
            }
            ["diagonals"] => self.diagonals(word, true),
            ["all", "diagonals"] => self.diagonals(word, false),
            ["knight", "moves"] => self.moves(word, &[(1, -2), (1, 2), (2, -1), (2, 1)]),
            ["king", "moves"] => self.moves(word, &[(0, 1), (1, -1), (1, 0), (1, 1)]),
            _ => Err(unknown()),
        }
    }

    /// The cells of a grid by the number of their group.
    fn grouped(&self, word: &str, group: &dyn Fn(usize, usize) -> usize) -> Result<Vec<Vec<u32>>, FileFault> {
        let (rows, columns) = self.grid.ok_or_else(|| FileFault::NeedsGrid(word.into()))?;
        let mut groups = vec![Vec::new(); rows * columns];
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            groups[group(row, column)].push((row * columns + column) as u32);
        }
        groups.retain(|group| !group.is_empty());
        Ok(groups)
    }

    /// The diagonals of two or more cells in both directions, or the longest two of a square.
    fn diagonals(&self, word: &str, longest: bool) -> Result<Vec<Vec<u32>>, FileFault> {
        let (_, columns) = self.grid.ok_or_else(|| FileFault::NeedsGrid(word.into()))?;
        let mut groups = self.grouped(word, &|row, column| row + columns - 1 - column)?;
        groups.extend(self.grouped(word, &|row, column| row + column)?);
        groups.retain(|group| if longest { group.len() == columns } else { group.len() > 1 });
        Ok(groups)
    }

    /// The pairs of cells that such moves connect.
    fn moves(&self, word: &str, moves: &[(usize, isize)]) -> Result<Vec<Vec<u32>>, FileFault> {
        let (rows, columns) = self.grid.ok_or_else(|| FileFault::NeedsGrid(word.into()))?;
        let mut pairs = Vec::new();
        for cell in 0..rows * columns {
            for (down, across) in moves {
                let (row, column) = (cell / columns + down, (cell % columns).checked_add_signed(*across));
                if let Some(column) = column.filter(|column| row < rows && *column < columns) {
                    pairs.push(vec![cell as u32, (row * columns + column) as u32]);
                }
            }
        }
        Ok(pairs)
    }
}

/// Refuses more groups or members than a puzzle may have.
pub(super) fn check_size<'a>(groups: impl Iterator<Item = &'a Vec<u32>>) -> Result<(), FileFault> {
    let (mut n_groups, mut n_members) = (0, 0);
    for group in groups {
        n_groups += 1;
        n_members += group.len();
    }
    if n_groups > MAX_GROUPS {
        return Err(FileFault::TooMany { what: "groups", found: n_groups, max: MAX_GROUPS });
    }
    if n_members > MAX_MEMBERS {
        return Err(FileFault::TooMany { what: "cells in all groups", found: n_members, max: MAX_MEMBERS });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUDOKU: Shape = Shape { n_cells: 81, grid: Some((9, 9)) };

    #[test]
    fn generators_make_the_usual_groups() {
        for (word, n_groups, size) in [
            ("rows", 9, 9),
            ("columns", 9, 9),
            ("boxes 3x3", 9, 9),
            ("boxes 1x3", 27, 3),
            ("diagonals", 2, 9),
            ("knight moves", 224, 2),
            ("king moves", 272, 2),
        ] {
            let groups = SUDOKU.generated(word).expect(word);
            assert_eq!(groups.len(), n_groups, "{word}");
            assert!(groups.iter().all(|group| group.len() == size), "{word}");
        }
        assert_eq!(SUDOKU.generated("all diagonals").expect("known").len(), 30);
        assert_eq!(SUDOKU.generated("diagonals").expect("known")[0], [0, 10, 20, 30, 40, 50, 60, 70, 80]);
    }

    #[test]
    fn cells_are_named() {
        assert_eq!(SUDOKU.listed("r1c1:r2c2 r9c9"), Ok(vec![0, 1, 9, 10, 80]));
        assert_eq!(SUDOKU.listed("1 81"), Ok(vec![0, 80]));
        let line = Shape { n_cells: 5, grid: None };
        assert_eq!(line.listed("2:4"), Ok(vec![1, 2, 3]));
        for wrong in ["r0c1", "r10c1", "0", "82", "x", "r1", "r1c1:", "-1", "r1c1 r1c1"] {
            assert!(SUDOKU.listed(wrong).is_err(), "{wrong}");
        }
        assert!(line.listed("r1c1").is_err() && line.listed("6").is_err());
    }
}
