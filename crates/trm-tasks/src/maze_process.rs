//! What a breadth-first search has found after each step: hints for training, which inference never sees.

use puzzles::maze::{MazeRow, UNREACHED, distances_from};
use trm_train::Process;

/// The numbers of a cell that [`maze_process`] hints at.
pub const MAZE_HINTS: usize = 8;
/// Of these, the first four: whether the way goes on to the cell below, left, right or above: the first of these, in the
/// order of the label, that is nearer to the goal.
const NEXT: usize = 0;
/// Whether the path has arrived, at the goal alone.
const ARRIVED: usize = 4;
/// Three: the distance from the goal modulo 3. With it a cell and its neighbours say which is nearer at any later time.
const CLASS: usize = 5;
/// Cells that the wave goes before what follows from it is due.
const LAG: u32 = 2;
const NEVER: u32 = Process::NEVER;

/// How a breadth-first search finds the labelled path of a maze, `speed` cells in a step.
///
/// A wave from the goal tells every cell that it reaches how far it is, modulo 3, and so which of its neighbours are nearer.
/// The first of these in the order down, left, right, up is next. Once the wave has reached the start, the path grows from
/// there, from every cell to the next, until it arrives. Each of these is a matter of a cell and its neighbours, so a net that
/// learns it does it in mazes of any size.
pub fn maze_process(row: &MazeRow, speed: u32) -> Process {
    let (maze, n, width) = (&row.maze, row.maze.n_cells(), row.maze.width());
    let distances = distances_from(maze, maze.goal());
    let step = |time: u32| time.div_ceil(speed).max(1) - 1;
    let mut process = Process { marks_from: vec![NEVER; n], hints_from: vec![NEVER; n * MAZE_HINTS] };
    for (cell, hints) in process.hints_from.chunks_exact_mut(MAZE_HINTS).enumerate() {
        let distance = distances[cell];
        if distance == UNREACHED {
            continue;
        }
        hints[CLASS + distance as usize % 3] = step(distance);
        // As the label goes on.
        if let Some(next) = maze.neighbours(cell).find(|next| distances[*next] < distance) {
            let side = [(cell + width), cell.wrapping_sub(1), cell + 1].iter().position(|side| *side == next);
            hints[NEXT + side.unwrap_or(3)] = step(distance + LAG);
        }
    }
    let turned = distances[maze.start()] + 2 * LAG;
    for (cell, from) in
        process.marks_from.iter_mut().enumerate().filter(|(cell, _)| row.answer.is_marked(*cell))
    {
        *from = step(turned + distances[maze.start()] - distances[cell]);
    }
    process.hints_from[maze.goal() * MAZE_HINTS + ARRIVED] = step(turned + distances[maze.start()]);
    process
}

#[cfg(test)]
mod tests {
    use super::*;
    use puzzles::maze::{Maze, label};

    /// Two ways from S to G, of which the label takes the one that goes down first.
    fn ring() -> MazeRow {
        let maze = Maze::parse("S   #   G").expect("a maze");
        let answer = label(&maze).expect("a path");
        MazeRow { source: String::new(), answer, rating: 5.0, maze }
    }

    #[test]
    fn a_wave_from_the_goal_and_then_the_path_from_the_start() {
        let process = maze_process(&ring(), 1);
        let hint = |cell: usize, hint: usize| process.hints_from[cell * MAZE_HINTS + hint];
        // The goal is there from the first step on, and the start, four cells away, after the fourth.
        assert_eq!((hint(8, CLASS), hint(7, CLASS + 1), hint(6, CLASS + 2)), (0, 0, 1));
        assert_eq!((hint(3, CLASS), hint(0, CLASS + 1)), (2, 3));
        assert_eq!((hint(0, CLASS), hint(4, CLASS)), (NEVER, NEVER));
        // From the start both the cell below and that to the right are nearer, of which the first is next.
        let next = |cell: usize| [0, 1, 2, 3].map(|side| hint(cell, NEXT + side));
        assert_eq!(next(0), [5, NEVER, NEVER, NEVER]);
        assert_eq!(next(3), [4, NEVER, NEVER, NEVER]);
        assert_eq!(next(6), [NEVER, NEVER, 3, NEVER]);
        // The path begins when that of the start has been seen, and takes a step a cell.
        assert_eq!([3, 6, 7].map(|cell| process.marks_from[cell]), [8, 9, 10]);
        assert!([0, 1, 2, 5, 8].iter().all(|cell| process.marks_from[*cell] == NEVER));
        assert_eq!((hint(8, ARRIVED), hint(0, ARRIVED), process.n_steps()), (11, NEVER, 12));
    }

    #[test]
    fn a_faster_search_is_due_sooner() {
        let (slow, fast) = (maze_process(&ring(), 1), maze_process(&ring(), 3));
        let pairs = |p: fn(&Process) -> &Vec<u32>| {
            p(&slow).iter().zip(p(&fast)).map(|(s, f)| (*s, *f)).collect::<Vec<_>>()
        };
        for (slow, fast) in pairs(|p| &p.marks_from).into_iter().chain(pairs(|p| &p.hints_from)) {
            assert_eq!(fast, if slow == NEVER { NEVER } else { slow / 3 });
        }
    }
}
