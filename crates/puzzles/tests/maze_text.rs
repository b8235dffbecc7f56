//! Maze texts as people have them, and perfect mazes.

use puzzles::PuzzleError;
use puzzles::maze::{
    Cell, MAX_GENERATED_SIDE, Maze, MazePath, MazeSpec, PathError, generate, generate_maze, is_valid_path,
    read_maze, verify_maze_solution,
};

const ROWS: &str = "#########\n#S  #   #\n# # # # #\n# #   # #\n# ##### #\n#     #G#\n#########\n";

#[test]
fn one_maze_in_many_forms() {
    let maze = Maze::parse_rows(ROWS).unwrap();
    for (name, text) in [
        ("rows", ROWS.to_owned()),
        ("no line end", ROWS.trim_end().into()),
        ("carriage returns and line feeds", ROWS.replace('\n', "\r\n")),
        ("carriage returns", ROWS.replace('\n', "\r")),
        ("a byte order mark", format!("\u{feff}{ROWS}")),
        ("empty lines around", format!("\n\n{ROWS}\n\r\n\n")),
        ("lines of spaces around", format!("  \n\t\n{ROWS}   \n")),
        ("E for G", ROWS.replace('G', "E")),
        ("dots for spaces", ROWS.replace(' ', ".")),
        ("dots and E", ROWS.replace(' ', ".").replace('G', "E")),
        ("no-break spaces", ROWS.replace(' ', "\u{a0}")),
        ("blocks", ROWS.replace('#', "█")),
        ("squares", ROWS.replace('#', "⬛").replace(' ', "⬜")),
        ("wide characters", ROWS.replace('#', "＃").replace(' ', "\u{3000}")),
        ("a label", ROWS.replacen("S  ", "Soo", 1)),
        ("a label among dots", ROWS.replacen("S  ", "Soo", 1).replace(' ', ".")),
    ] {
        let read = read_maze(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read.maze, maze, "{name}");
        let n_marked = read.path.map_or(0, |path| path.n_marked());
        assert_eq!(n_marked, if name.starts_with("a label") { 2 } else { 0 }, "{name}");
    }
}

#[test]
fn one_line_is_a_square_or_a_row() {
    let sizes = |text: &str| read_maze(text).map(|read| (read.maze.height(), read.maze.width()));
    assert_eq!(sizes("S  # G\n"), Ok((1, 6)));
    assert_eq!(sizes("SG"), Ok((1, 2)));
    assert_eq!(sizes("S....E"), Ok((1, 6)));
    assert_eq!(sizes("S # #  G "), Ok((3, 3)));
    assert_eq!(sizes("S\n \nG\n"), Ok((3, 1)));
    // A row may begin and end with spaces, as may those of a maze.
    assert_eq!(sizes("  S G \n"), Ok((1, 6)));
    assert_eq!(sizes("   \nS#G\n   \n"), Ok((3, 3)));
    assert_eq!(sizes(&format!("S{}G", " ".repeat(500))), Ok((1, 502)));
    // A long line with walls was a square whose outer spaces someone trimmed.
    let trimmed = format!("S#{}G", " ".repeat(96));
    assert_eq!(sizes(&trimmed), Err(PuzzleError::MazeNotSquare { n_cells: 99 }));
}

#[test]
fn answers_are_read_with_their_maze() {
    let read = read_maze("S #\noo#\n#oG\n").unwrap();
    assert!(verify_maze_solution(&read.maze, &read.path.unwrap()));
    let wrong = read_maze("So #o###G").unwrap();
    let fault = wrong.path.unwrap().ordered(&wrong.maze);
    assert_eq!(fault, Err(PathError::DeadEnd { row: 1, column: 1 }));
}

#[test]
fn what_is_no_maze_is_named_with_its_place() {
    let wide = format!("{}\n", "#".repeat(1025)).repeat(5);
    for (name, text, said) in [
        ("nothing", "", "the maze has no cells"),
        ("empty lines", "\n\n \n", "the maze has no cells"),
        ("a zero", "#####\n#S0G#\n#####", "row 2, column 3: '0' is none of"),
        ("blocks beside walls", "#####\n#S█G#\n#####", "row 2, column 3: '█' is none of"),
        ("a small letter", "#s G#\n#####", "row 1, column 2: 's' is none of"),
        ("a plus", "+---+\n|S G|\n+---+", "row 1, column 1: '+' is none of"),
        ("dots beside spaces", "S .\n  G", "row 1, column 3: '.' is none of"),
        ("E beside G", "S E\n  G", "row 1, column 3: 'E' is none of"),
        ("two goals", "S E\n  E", "'G' stands twice"),
        ("no start", "  G\n   ", "the maze has no 'S'"),
        ("no goal", "S  \n   ", "the maze has no 'G'"),
        ("a trimmed row", "S  \n#\n  G", "row 2 has 1 cells, the first row 3"),
        ("an empty row", "S  \n\n  G", "row 2 has 0 cells"),
        ("a long row", "\n\nS  \n    \n  G", "row 2 has 4 cells"),
        ("wide", wide.as_str(), "a maze of 5 x 1025 cells; each side must be 1 to 1024"),
        ("tall", &"SG\n".repeat(1030), "a maze of 1030 x 2 cells"),
        ("a line with a bar", "S G|So G", "row 1, column 4: '|' is none of"),
    ] {
        let error = read_maze(text).expect_err(name).to_string();
        assert!(error.contains(said), "{name}: {error}");
    }
    let max = puzzles::text::MAX_TEXT_BYTES;
    for text in
        [" ".repeat(max), "\n".repeat(max), " \n".repeat(max / 2), "#".repeat(max + 1), "S\r".repeat(max / 2)]
    {
        assert!(read_maze(&text).is_err(), "{:?}", &text[..4]);
    }
}

/// Free cells that can be reached from the start, and steps between free neighbours.
fn reached(maze: &Maze) -> (usize, usize) {
    let mut open = vec![maze.start()];
    let mut seen = vec![false; maze.n_cells()];
    seen[maze.start()] = true;
    let (mut n_cells, mut n_steps) = (0, 0);
    while let Some(cell) = open.pop() {
        n_cells += 1;
        for next in maze.neighbours(cell) {
            n_steps += 1;
            if !seen[next] {
                seen[next] = true;
                open.push(next);
            }
        }
    }
    (n_cells, n_steps / 2)
}

#[test]
fn perfect_mazes_have_one_path_between_any_cells() {
    for (height, width) in [(3, 5), (5, 3), (9, 9), (10, 13), (31, 31), (64, 65), (127, 128)] {
        let spec = MazeSpec { height, width, ..MazeSpec::perfect(9, 2) };
        for row in generate(&spec, 5, 3, |_| {}).unwrap() {
            let maze = &row.maze;
            let n_free = (0..maze.n_cells()).filter(|i| !maze.is_wall(*i)).count();
            let n_rooms = ((height - 1) / 2) * ((width - 1) / 2);
            // A tree with all free cells: as many steps as cells but one.
            assert_eq!(reached(maze), (n_free, n_free - 1), "{height}x{width}\n{}", maze.draw(None));
            assert_eq!(n_free, 2 * n_rooms - 1);
            assert!(verify_maze_solution(maze, &row.answer));
            assert_eq!(row.rating as usize, row.answer.n_marked() + 2);
            for i in [maze.start(), maze.goal()] {
                let (r, c) = maze.row_column(i);
                assert!(r % 2 == 1 && c % 2 == 1, "start and goal are rooms");
            }
            for i in 0..height {
                assert!(maze.get(i, 0) == Cell::Wall && maze.get(i, width - 1) == Cell::Wall);
            }
        }
    }
}

#[test]
fn the_path_of_a_perfect_maze_is_the_only_one() {
    let row = generate_maze(&MazeSpec::perfect(11, 8), 1, 0).unwrap();
    let path = row.answer.ordered(&row.maze).unwrap();
    assert!(path.len() > 8);
    // Without any one of its cells there is no way left.
    for &(r, c) in &path[1..path.len() - 1] {
        let mut text: Vec<char> = row.maze.to_string().chars().collect();
        text[r * 11 + c] = '#';
        let blocked = Maze::parse(&text.iter().collect::<String>()).unwrap();
        assert_eq!(puzzles::maze::shortest_path_len(&blocked), None, "({r}, {c})");
    }
    assert!(!is_valid_path(&row.maze, &MazePath::empty(11, 11)));
}

#[test]
fn perfect_mazes_are_the_same_for_any_number_of_threads() {
    let spec = MazeSpec::perfect(21, 30);
    let make = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        pool.install(|| generate(&spec, 20, 7, |_| {}).unwrap())
    };
    let rows = make(1);
    assert_eq!(rows, make(4));
    assert_eq!(rows[3], generate_maze(&spec, 7, 3).unwrap());
    assert_ne!(rows[0].maze, rows[1].maze);
    assert_ne!(rows[0].maze, generate_maze(&spec, 8, 0).unwrap().maze);
    assert!(rows.iter().all(|row| row.answer.n_marked() + 1 >= 30));
    // The drawing of one seed, for ever.
    let maze = generate_maze(&MazeSpec::perfect(7, 4), 1, 0).unwrap().maze;
    assert_eq!(maze.draw(None), "#######\n#G# # #\n# # # #\n# #   #\n# ### #\n#  S  #\n#######\n");
}

#[test]
fn perfect_specs_are_checked() {
    let side = |height, width| PuzzleError::MazeSide { height, width, least: 3, max: MAX_GENERATED_SIDE };
    let check = |height, width, min_path| {
        let spec = MazeSpec { height, width, max_trials: 10, ..MazeSpec::perfect(3, min_path) };
        generate_maze(&spec, 0, 0).map(|row| row.rating)
    };
    assert_eq!(check(2, 9, 1), Err(side(2, 9)));
    assert_eq!(check(9, 129, 1), Err(side(9, 129)));
    assert_eq!(check(3, 4, 0), Err(PuzzleError::MazeMinPath { min_path: 0, max: 0 }));
    assert_eq!(check(5, 5, 7), Err(PuzzleError::MazeMinPath { min_path: 7, max: 6 }));
    assert_eq!(check(5, 5, 6), Ok(7.0));
    // The whole of a large maze in one corridor is never found.
    let max = 2 * (63 * 63 - 1);
    assert_eq!(check(128, 128, max), Err(PuzzleError::MazeNotFound { n_trials: 10, min_path: max }));
}
