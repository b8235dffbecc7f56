//! Arrays beside slices: the same numbers, and a wrong shape named with the right one.

use ndarray::{Array2, s};
use puzzles::PuzzleError;
use puzzles::maze::{self, MazeDecoder, MazeEncoder, MazeSpec, generate_maze};
use puzzles::sudoku::{self, Geometry, Grid, SudokuDecoder, SudokuEncoder};

const SOLVED: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

#[test]
fn sudoku_arrays_are_the_slices() {
    let solution = Grid::parse(SOLVED).unwrap();
    let puzzle = Grid::parse(&SOLVED.replace(['1', '5', '8'], ".")).unwrap();
    for layout in [sudoku::Layout::Candidates, sudoku::Layout::Cells] {
        let encoder = SudokuEncoder::with(Geometry::STANDARD, layout);
        let question = encoder.encode_puzzle_array(&puzzle);
        assert_eq!(question.dim(), (encoder.n_tokens(), encoder.embedding_dim()));
        assert_eq!(question.as_slice().unwrap(), encoder.encode_puzzle(&puzzle));
        let empty = encoder.encode_empty_solution_array();
        assert_eq!(empty.dim(), (encoder.n_tokens(), encoder.answer_dim()));
        assert_eq!(empty.as_slice().unwrap(), encoder.encode_empty_solution());
        let target = encoder.target_answer_array(&solution);
        assert_eq!(target.dim(), (81, 9));
        assert_eq!(target.as_slice().unwrap(), encoder.target_answer(&solution));

        let decoder = SudokuDecoder::with(Geometry::STANDARD, layout);
        let (n_tokens, dim) = empty.dim();
        let mut answer = empty;
        for (cell, digit) in solution.cells().iter().map(|digit| usize::from(*digit)).enumerate() {
            match layout {
                sudoku::Layout::Candidates => answer[(9 * cell + digit - 1, 0)] = 1.0,
                sudoku::Layout::Cells => answer[(cell, digit + 1)] = 1.0,
            }
        }
        assert_eq!(decoder.decode_array(answer.view()), Ok(solution.clone()));
        assert_eq!(decoder.decode(answer.as_slice().unwrap()), solution);
        // The strides do not matter.
        let columns = answer.t().as_standard_layout().into_owned();
        assert_eq!(decoder.decode_array(columns.t()), Ok(solution.clone()));
        let error = decoder.decode_array(answer.slice(s![1.., ..])).unwrap_err();
        let shapes = PuzzleError::Shape { expected: [n_tokens, dim], found: [n_tokens - 1, dim] };
        assert_eq!(error, shapes);
        let said = format!("an array of {n_tokens} x {dim} was expected, found {} x {dim}", n_tokens - 1);
        assert_eq!(error.to_string(), said);
        assert!(decoder.decode_array(answer.t()).is_err());
    }
}

#[test]
fn maze_arrays_are_the_slices() {
    let spec = MazeSpec { height: 7, ..MazeSpec::square(5, 6) };
    let row = generate_maze(&spec, 1, 0).unwrap();
    for layout in [maze::Layout::Marks, maze::Layout::Cells] {
        let encoder = MazeEncoder::with_layout(layout);
        let question = encoder.encode_maze_array(&row.maze);
        assert_eq!(question.dim(), (35, encoder.embedding_dim()));
        assert_eq!(question.as_slice().unwrap(), encoder.encode_maze(&row.maze));
        let start = encoder.encode_start_position_array(&row.maze);
        assert_eq!(start.dim(), (35, encoder.answer_dim()));
        assert_eq!(start.as_slice().unwrap(), encoder.encode_start_position(&row.maze));
        let target = encoder.target_answer_array(&row);
        assert_eq!(target.as_slice().unwrap(), encoder.target_answer(&row));

        let decoder = MazeDecoder::with(7, 5, layout);
        assert_eq!(decoder.decode_array(target.view()), Ok(row.answer.clone()));
        assert_eq!(decoder.decode(target.as_slice().unwrap()), row.answer);
        let error = decoder.decode_array(Array2::zeros((36, encoder.answer_dim())).view()).unwrap_err();
        let (expected, found) = ([35, encoder.answer_dim()], [36, encoder.answer_dim()]);
        assert_eq!(error, PuzzleError::Shape { expected, found });
        let any_square = if layout == maze::Layout::Marks { MazeDecoder::new() } else { continue };
        assert_eq!(any_square.decode_array(Array2::zeros((49, 1)).view()).map(|path| path.height()), Ok(7));
        assert!(any_square.decode_array(Array2::zeros((48, 1)).view()).is_err());
        assert!(any_square.decode_array(Array2::zeros((49, 2)).view()).is_err());
    }
}
