//! Puzzles on a grid as drawn boards, with borders around their regions.

use super::Rules;
use super::structure::{NO_GROUP, Structure};
use std::borrow::Cow;

/// Part of a line between rows of cells, and of no row: after each symbol is a space.
const RULE: &str = "--";

impl Rules {
    /// `[cells]`: the region of each cell, where one of the sets of groups divides the grid into regions: every cell is
    /// in one, the cells of each are connected, and not all of them are rows or columns.
    #[must_use]
    pub fn regions(&self, structure: &Structure) -> Option<Vec<u32>> {
        let (_, columns) = self.shape.grid?;
        let place = |cell: u32| (cell / columns as u32, cell % columns as u32);
        let is_line = |cells: &[u32]| {
            let (row, column) = place(cells[0]);
            cells.iter().all(|cell| place(*cell).0 == row)
                || cells.iter().all(|cell| place(*cell).1 == column)
        };
        (0..self.sets.len()).find_map(|set| {
            let groups = || structure.groups.iter().filter(move |group| group.set == set);
            let n_members: usize = groups().map(|group| group.cells.len()).sum();
            if n_members != structure.n_cells || groups().all(|group| is_line(&group.cells)) {
                return None;
            }
            let mut region_of = vec![NO_GROUP; structure.n_cells];
            for (region, group) in (0..).zip(groups()) {
                group.cells.iter().for_each(|cell| region_of[*cell as usize] = region);
            }
            let covers = region_of.iter().all(|region| *region != NO_GROUP);
            (covers && n_connected(&region_of, columns) == groups().count()).then_some(region_of)
        })
    }

    /// The rows of a grid with borders around its regions, or cells in a line: a symbol for each cell.
    #[must_use]
    pub fn board(&self, structure: &Structure, symbol: impl Fn(usize) -> String) -> String {
        let (rows, columns) = self.shape.grid.unwrap_or((1, self.shape.n_cells));
        // Cells are counted from 1 here; around them is a frame of no region.
        let mut regions = vec![NO_GROUP; (rows + 2) * (columns + 2)];
        for (cell, region) in self.regions(structure).into_iter().flatten().enumerate() {
            regions[(cell / columns + 1) * (columns + 2) + cell % columns + 1] = region;
        }
        let at = |row: usize, column: usize| regions[row * (columns + 2) + column];
        let is_wide = |j: usize| (1..=rows).any(|i| at(i, j) != at(i, j + 1));
        let is_wide: Vec<bool> = (0..=columns).map(is_wide).collect();
        let mut board = String::new();
        let mut line = |parts: &dyn Fn(usize) -> [String; 2]| {
            let mut line = String::new();
            for (j, is_wide) in is_wide.iter().enumerate() {
                let [corner, cell] = parts(j);
                line += if *is_wide { &corner } else { "" };
                line += &cell;
            }
            board += line.trim_end();
            board.push('\n');
        };
        for i in 0..=rows {
            if (1..=columns).any(|j| at(i, j) != at(i + 1, j)) {
                line(&|j| {
                    let [a, b, c, d] = [at(i, j), at(i, j + 1), at(i + 1, j), at(i + 1, j + 1)];
                    let dash = if b == d { " " } else { "-" };
                    let corner = match (a != b || c != d, a != c || b != d) {
                        (true, true) => "+",
                        (true, false) => "|",
                        (false, true) => "-",
                        (false, false) => " ",
                    };
                    [format!("{corner}{dash}"), dash.repeat(2)]
                });
            }
            if i < rows {
                line(&|j| {
                    let border = if at(i + 1, j) == at(i + 1, j + 1) { "  " } else { "| " };
                    let cell = if j < columns { symbol(i * columns + j) + " " } else { String::new() };
                    [border.into(), cell]
                });
            }
        }
        board
    }
}

/// A text without the borders of a drawn board.
pub(super) fn without_borders(text: &str) -> Cow<'_, str> {
    if !text.contains('|') {
        return Cow::Borrowed(text);
    }
    let rows = text.lines().filter(|line| !line.contains(RULE));
    Cow::Owned(rows.flat_map(|line| line.chars().chain(['\n'])).filter(|c| *c != '|').collect())
}

/// Number of connected parts of one region each.
fn n_connected(region_of: &[u32], columns: usize) -> usize {
    let mut seen = vec![false; region_of.len()];
    let mut n = 0;
    for first in 0..region_of.len() {
        if std::mem::replace(&mut seen[first], true) {
            continue;
        }
        n += 1;
        let mut queue = vec![first];
        while let Some(cell) = queue.pop() {
            let column = cell % columns;
            let beside = [
                cell.checked_sub(columns),
                Some(cell + columns),
                (column > 0).then(|| cell - 1),
                (column + 1 < columns).then_some(cell + 1),
            ];
            for next in beside.into_iter().flatten() {
                if region_of.get(next) == Some(&region_of[cell]) && !std::mem::replace(&mut seen[next], true)
                {
                    queue.push(next);
                }
            }
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(shape: &str, groups: &str, columns: &[&str]) -> String {
        let rules = format!("name = \"x\"\n{shape}\nsymbols = \"1234\"\ngroups = [{groups}]");
        let rules = Rules::parse(&rules).expect("rules");
        let text = "12".to_owned() + &".".repeat(rules.shape.n_cells - 2);
        let puzzle = rules.puzzle(&text, columns).expect("a puzzle");
        let board = rules.board(&puzzle.structure, |cell| rules.symbol(puzzle.cells[cell]).into());
        assert_eq!(rules.puzzle(&board, columns), Ok(puzzle), "{board}");
        board
    }

    #[test]
    fn borders_are_those_of_regions() {
        let (row, four) = ("{ name = \"row\", cells = \"rows\" }", "grid = [4, 4]");
        let boxes = board(four, &format!("{row}, {{ name = \"box\", cells = \"boxes 2x2\" }}"), &[]);
        let [rule, half] = ["+-----+-----+\n", "| . . | . . |\n"];
        assert_eq!(boxes, [rule, &half.replacen(". .", "1 2", 1), half, rule, half, half, rule].concat());
        let region = "{ name = \"region\", column = \"regions\" }";
        let jigsaw = "\
+---------+---+
| 1   2 . | . |
|   +-----+   |
| . | . . | . |
+---+     |   |
| . | . . | . |
|   +-----+   |
| .   . . | . |
+---------+---+
";
        assert_eq!(board(four, region, &["AAABACCBDCCBDDDB"]), jigsaw);
        for plain in [
            row,
            "{ name = \"diagonal\", cells = \"diagonals\" }",
            "{ name = \"x\", cells = [\"r1c1 r3c3\"] }",
        ] {
            assert_eq!(board(four, plain, &[]), "1 2 . .\n".to_owned() + &". . . .\n".repeat(3));
        }
        // A partition, but of single cells that lie apart.
        let apart = "ABABCDCDABABCDCD";
        assert!(!board(four, region, &[apart]).contains('|'));
        assert_eq!(board("cells = 4", "{ name = \"pair\", cells = [[1, 2]] }", &[]), "1 2 . .\n");
    }
}
