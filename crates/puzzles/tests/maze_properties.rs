//! Laws that hold for every maze.

use proptest::prelude::*;
use puzzles::maze::{
    Layout, Maze, MazeDecoder, MazeEncoder, MazePath, MazeRow, MazeSpec, UNREACHED, distances_from,
    generate_maze, is_connected, is_valid_path, label, read_maze_csv, shortest_path_len, verdict,
    verify_maze_solution, write_maze_csv,
};

/// Mazes of any shape, as text rows: start and goal anywhere, walls of any density up to `density`.
fn maze_of(max_side: usize, density: f64) -> impl Strategy<Value = Maze> {
    (1..=max_side, 2..=max_side, 0.0..density)
        .prop_flat_map(|(height, width, density)| {
            let n = height * width;
            let walls = prop::collection::vec(prop::bool::weighted(density), n);
            (Just((height, width)), walls, 0..n, 1..n)
        })
        .prop_map(|((height, width), walls, start, goal)| {
            let goal = (start + goal) % walls.len();
            let cells = walls.iter().enumerate().map(|(i, &wall)| match wall {
                _ if i == start => 'S',
                _ if i == goal => 'G',
                true => '#',
                false => ' ',
            });
            let text: String = cells.collect();
            Maze::parse_with(height, width, &text).expect("a maze")
        })
}

/// A maze with a label, of at least one cell between start and goal.
fn labelled(max_side: usize) -> impl Strategy<Value = (Maze, MazePath)> {
    maze_of(max_side, 0.5)
        .prop_filter_map("reachable", |maze| label(&maze).ok().map(|path| (maze, path)))
        .prop_filter("start and goal apart", |(_, path)| path.n_marked() > 0)
}

/// Bellman-Ford: relax every edge until nothing changes.
fn distances_by_relaxation(maze: &Maze, from: usize) -> Vec<u32> {
    let mut distances = vec![UNREACHED; maze.n_cells()];
    if !maze.is_wall(from) {
        distances[from] = 0;
    }
    let (height, width) = (maze.height() as isize, maze.width() as isize);
    loop {
        let mut changed = false;
        for i in (0..maze.n_cells()).filter(|&i| !maze.is_wall(i)) {
            let (row, column) = ((i as isize) / width, (i as isize) % width);
            for (down, right) in [(-1, 0), (0, -1), (0, 1), (1, 0)] {
                let (row, column) = (row + down, column + right);
                if row < 0 || column < 0 || row >= height || column >= width {
                    continue;
                }
                let nearer = distances[(row * width + column) as usize].saturating_add(1);
                if nearer < distances[i] {
                    distances[i] = nearer;
                    changed = true;
                }
            }
        }
        if !changed {
            return distances;
        }
    }
}

proptest! {
    #[test]
    fn printing_reads_back(maze in maze_of(20, 1.0)) {
        let (height, width) = (maze.height(), maze.width());
        prop_assert_eq!(&Maze::parse_with(height, width, &maze.to_string()).unwrap(), &maze);
        prop_assert_eq!(&Maze::parse_rows(&maze.draw(None)).unwrap(), &maze);
        if height == width {
            prop_assert_eq!(&Maze::parse(&maze.to_string()).unwrap(), &maze);
        }
    }

    #[test]
    fn breadth_first_agrees_with_relaxation(maze in maze_of(16, 0.7), from in any::<prop::sample::Index>()) {
        let from = from.index(maze.n_cells());
        prop_assert_eq!(distances_from(&maze, from), distances_by_relaxation(&maze, from));
    }

    #[test]
    fn labels_are_optimal((maze, path) in labelled(16)) {
        let all_good = verdict(&maze, &path, Some(&path));
        prop_assert_eq!(all_good.exact, Some(true));
        prop_assert!(all_good.optimal && all_good.valid && all_good.connected);
        prop_assert_eq!(shortest_path_len(&maze), Some(path.n_marked() + 1));
        let ordered = path.ordered(&maze).unwrap();
        prop_assert_eq!(ordered[0], maze.row_column(maze.start()));
        prop_assert_eq!(ordered[ordered.len() - 1], maze.row_column(maze.goal()));
        for pair in ordered.windows(2) {
            let steps = pair[0].0.abs_diff(pair[1].0) + pair[0].1.abs_diff(pair[1].1);
            prop_assert_eq!(steps, 1);
        }
    }

    #[test]
    fn one_wrong_mark_fails((maze, path) in labelled(12)) {
        for i in (0..maze.n_cells()).filter(|&i| i != maze.start() && i != maze.goal()) {
            let mut wrong = path.clone();
            if path.is_marked(i) { wrong.clear(i) } else { wrong.mark(i) }
            prop_assert!(!is_valid_path(&maze, &wrong), "{}", maze.draw(Some(&wrong)));
            prop_assert!(!verify_maze_solution(&maze, &wrong));
            prop_assert_eq!(verdict(&maze, &wrong, Some(&path)).exact, Some(false));
            // What is too much leaves the path in place; what is missing breaks a shortest path.
            prop_assert_eq!(is_connected(&maze, &wrong), !path.is_marked(i));
        }
    }

    #[test]
    fn any_marks_are_judged_alike(maze in maze_of(5, 0.4), marks in prop::collection::vec(any::<bool>(), 25)) {
        let n = maze.n_cells();
        let path = MazePath::from_marks(maze.height(), maze.width(), marks[..n].to_vec());
        prop_assert_eq!(is_valid_path(&maze, &path), is_one_simple_path(&maze, &path));
        let verdict = verdict(&maze, &path, None);
        prop_assert!(verdict.optimal <= verdict.valid && verdict.valid <= verdict.connected);
    }

    #[test]
    fn targets_decode_to_the_label((maze, answer) in labelled(16)) {
        let (height, width) = (maze.height(), maze.width());
        let row = MazeRow { source: String::new(), maze, answer, rating: 0.0 };
        for layout in [Layout::Marks, Layout::Cells] {
            let encoder = MazeEncoder::with_layout(layout);
            let target = encoder.target_answer(&row);
            prop_assert_eq!(target.len(), row.maze.n_cells() * encoder.answer_dim());
            let decoded = MazeDecoder::with(height, width, layout).decode(&target);
            prop_assert_eq!(&decoded, &row.answer);
            if height == width && layout == Layout::Marks {
                prop_assert_eq!(&MazeDecoder::new().decode(&target), &row.answer);
            }
        }
    }

    #[test]
    fn questions_hold_every_cell(maze in maze_of(16, 1.0)) {
        let question = MazeEncoder::new().encode_maze(&maze);
        for (i, features) in question.chunks_exact(3).enumerate() {
            let expected = match maze.cell(i).symbol() {
                '#' => [0.0, 0.0, 0.0],
                ' ' => [1.0, 0.0, 0.0],
                'S' => [0.0, 1.0, 0.0],
                _ => [0.0, 0.0, 1.0],
            };
            prop_assert_eq!(features, expected);
        }
        let tokens = MazeEncoder::with_layout(Layout::Cells).encode_maze(&maze);
        for (i, features) in tokens.chunks_exact(6).enumerate() {
            let token = 1 + "# SG".find(maze.cell(i).symbol()).unwrap();
            prop_assert!((0..6).all(|t| (features[t] == 1.0) == (t == token)));
        }
        let start = MazeEncoder::new().encode_start_position(&maze);
        prop_assert!((0..start.len()).all(|i| (start[i] == 1.0) == (i == maze.start())));
    }

    #[test]
    fn generated_mazes_keep_their_spec(
        side in 6usize..=20, slack in 0usize..20, seed in any::<u64>(), index in 0u64..1000,
    ) {
        let spec = MazeSpec { height: side + slack % 5, ..MazeSpec::square(side, slack) };
        let row = generate_maze(&spec, seed, index).unwrap();
        prop_assert_eq!((row.maze.height(), row.maze.width()), (spec.height, spec.width));
        let steps = shortest_path_len(&row.maze).unwrap();
        prop_assert!(steps >= spec.min_path);
        prop_assert_eq!(row.rating, (steps + 1) as f32);
        prop_assert_eq!(&label(&row.maze).unwrap(), &row.answer);
        prop_assert_eq!(generate_maze(&spec, seed, index).unwrap(), row);
    }

    #[test]
    fn files_read_back(sources in prop::collection::vec("[a-z,\" ]{0,8}", 1..4), seed in any::<u64>()) {
        let spec = MazeSpec::square(8, 6);
        let rows: Vec<MazeRow> = (0u64..)
            .zip(&sources)
            .map(|(i, source)| MazeRow { source: source.clone(), ..generate_maze(&spec, seed, i).unwrap() })
            .collect();
        let mut file = Vec::new();
        write_maze_csv(&mut file, &rows).unwrap();
        let read: Vec<MazeRow> = read_maze_csv(file.as_slice()).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn no_text_panics(text in "[#SGo \n\r,\"x0-9é]{0,60}") {
        let _ = Maze::parse(&text);
        let _ = Maze::parse_rows(&text);
        let file = format!("source,question,answer,rating\n{text}");
        prop_assert!(read_maze_csv(file.as_bytes()).count() <= text.len());
        let _ = read_maze_csv(text.as_bytes()).count();
    }
}

/// The definition, by counting: a search through all simple paths finds one, and it takes in every
/// mark.
fn is_one_simple_path(maze: &Maze, path: &MazePath) -> bool {
    fn walk(maze: &Maze, marks: &MazePath, visited: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
        let cell = visited[visited.len() - 1];
        if cell == maze.goal() {
            found.push(visited.clone());
            return;
        }
        for next in maze.neighbours(cell) {
            let allowed = marks.is_marked(next) || next == maze.goal();
            if allowed && !visited.contains(&next) {
                visited.push(next);
                walk(maze, marks, visited, found);
                visited.pop();
            }
        }
    }
    let mut found = Vec::new();
    walk(maze, path, &mut vec![maze.start()], &mut found);
    let [only] = found.as_slice() else {
        return false;
    };
    (0..maze.n_cells()).all(|i| !path.is_marked(i) || only.contains(&i))
}
