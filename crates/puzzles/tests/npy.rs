//! Folders of NumPy arrays as the reference's builders write them.

use std::path::{Path, PathBuf};

use ndarray::{Array2, ShapeBuilder};
use ndarray_npy::{WritableElement, WriteNpyExt};
use puzzles::maze::{MazeSpec, generate, open_maze, read_maze_npy};
use puzzles::sudoku::read_sudoku_npy;
use puzzles::{PuzzleError, SudokuRow, check_rows, load_sudoku_extreme_dataset, open_sudoku};

fn npy<T: WritableElement>(array: &Array2<T>) -> Vec<u8> {
    let mut bytes = Vec::new();
    array.write_npy(&mut bytes).unwrap();
    bytes
}

fn array<T: TryFrom<i64>>(rows: &[Vec<i64>]) -> Array2<T> {
    let numbers = rows.iter().flatten().map(|n| T::try_from(*n).ok().expect("a small number"));
    Array2::from_shape_vec((rows.len(), rows[0].len()), numbers.collect()).unwrap()
}

fn tokens(grid: &puzzles::sudoku::Grid) -> Vec<i64> {
    grid.cells().iter().map(|digit| i64::from(*digit) + 1).collect()
}

fn rows() -> Vec<SudokuRow> {
    let rows = load_sudoku_extreme_dataset().unwrap().rows;
    rows.into_iter().take(7).map(|row| SudokuRow { source: String::new(), rating: 0.0, ..row }).collect()
}

fn sudoku<T: WritableElement + TryFrom<i64>>() -> (Vec<u8>, Vec<u8>) {
    let (inputs, labels): (Vec<_>, Vec<_>) =
        rows().iter().map(|row| (tokens(&row.puzzle), tokens(&row.solution))).unzip();
    (npy(&array::<T>(&inputs)), npy(&array::<T>(&labels)))
}

fn read(inputs: &[u8], labels: &[u8]) -> Result<Vec<SudokuRow>, PuzzleError> {
    read_sudoku_npy(inputs, labels, None)?.collect()
}

#[test]
fn sudoku_of_all_integers() {
    let forms = [
        sudoku::<u8>(),
        sudoku::<i8>(),
        sudoku::<i16>(),
        sudoku::<u16>(),
        sudoku::<i32>(),
        sudoku::<u32>(),
        sudoku::<i64>(),
        sudoku::<u64>(),
    ];
    for (inputs, labels) in &forms {
        assert_eq!(read(inputs, labels), Ok(rows()));
    }
    // One may be of another type than the other.
    assert_eq!(read(&forms[0].0, &forms[6].1), Ok(rows()));
}

#[test]
fn mazes() {
    let rows = generate(&MazeSpec::square(9, 12), 5, 1, |_| {}).unwrap();
    let tokens = |text: String| -> Vec<i64> {
        text.chars().map(|c| "# SGo".find(c).expect("a cell") as i64 + 1).collect()
    };
    let inputs: Vec<_> = rows.iter().map(|row| tokens(row.maze.to_string())).collect();
    let labels: Vec<_> = rows.iter().map(|row| tokens(row.maze.answer_line(&row.answer))).collect();
    let (inputs, labels) = (npy(&array::<u8>(&inputs)), npy(&array::<u8>(&labels)));
    let read: Result<Vec<_>, _> = read_maze_npy(inputs.as_slice(), labels.as_slice()).unwrap().collect();
    for (read, row) in read.unwrap().iter().zip(&rows) {
        assert_eq!((&read.maze, &read.answer, read.rating), (&row.maze, &row.answer, row.rating));
    }
    let labels: Vec<_> = rows.iter().map(|row| tokens(row.maze.to_string())).collect();
    let wrong = npy(&array::<u8>(&labels));
    let first = read_maze_npy(inputs.as_slice(), wrong.as_slice()).unwrap().next().unwrap();
    assert!(first.unwrap_err().to_string().starts_with("row 1: the answer is not a path"));
}

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
        let folder = std::env::temp_dir().join(format!("puzzles-npy-{name}-{}", std::process::id()));
        for (name, bytes) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn metadata(seq_len: usize, vocab_size: usize) -> Vec<u8> {
    format!(
        "{{\"pad_id\": 0, \"ignore_label_id\": 0, \"blank_identifier_id\": 0, \"vocab_size\": {vocab_size}, \
         \"seq_len\": {seq_len}, \"num_puzzle_identifiers\": 1, \"total_groups\": 7, \"mean_puzzle_examples\": 1.0, \
         \"total_puzzles\": 7, \"sets\": [\"all\"]}}"
    )
    .into_bytes()
}

#[test]
fn folders() {
    let (inputs, labels) = sudoku::<u8>();
    let files = |metadata: &[u8]| {
        Folder::new(
            &format!("folders-{}", metadata.len()),
            &[
                ("test/all__inputs.npy", &inputs),
                ("test/all__labels.npy", &labels),
                ("test/dataset.json", metadata),
            ],
        )
    };
    let open = |path: &Path| open_sudoku(path, None)?.collect::<Result<Vec<_>, _>>();
    let folder = files(&metadata(81, 11));
    for path in ["test", "test/all__inputs.npy", "test/all__labels.npy", "test/dataset.json"] {
        assert_eq!(open(&folder.0.join(path)), Ok(rows()), "{path}");
    }
    std::fs::remove_file(folder.0.join("test/dataset.json")).unwrap();
    assert_eq!(check_rows(open_sudoku(&folder.0.join("test"), None).unwrap(), usize::MAX), Ok(7));
    let said = open(&folder.0).unwrap_err().to_string();
    assert!(said.ends_with("a folder without all__inputs.npy; give its folder \"test\""), "{said}");
    std::fs::remove_file(folder.0.join("test/all__labels.npy")).unwrap();
    let said = open(&folder.0.join("test")).unwrap_err().to_string();
    assert!(said.contains("all__labels.npy: "), "{said}");

    let wrong = files(&metadata(900, 6));
    let said = open(&wrong.0.join("test")).unwrap_err().to_string();
    assert_eq!(said, "dataset.json: seq_len is 900, but all__inputs.npy has 81 tokens in a row");
    let wrong = files(&metadata(81, 6));
    let said = open(&wrong.0.join("test")).unwrap_err().to_string();
    assert_eq!(said, "dataset.json: vocab_size is 6, this puzzle has 11");
    let error = open_maze(&files(&metadata(81, 11)).0.join("test")).map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, "dataset.json: vocab_size is 11, this puzzle has 6");
    let said = open(&files(b"{}").0.join("test")).unwrap_err().to_string();
    assert!(said.starts_with("dataset.json: missing field"), "{said}");
}

#[test]
fn wrong_rows_are_named_and_passed_over() {
    let (mut inputs, mut labels): (Vec<_>, Vec<_>) =
        rows().iter().map(|row| (tokens(&row.puzzle), tokens(&row.solution))).unzip();
    inputs[1][10] = 11;
    labels[3][0] = 1;
    labels[4][80] = -1;
    let (inputs, labels) = (npy(&array::<i32>(&inputs)), npy(&array::<i32>(&labels)));
    let read: Vec<_> = read_sudoku_npy(inputs.as_slice(), labels.as_slice(), None).unwrap().collect();
    let said = |i: usize| read[i].as_ref().unwrap_err().to_string();
    assert_eq!(said(1), "row 2: row 2, column 2: 11 is no token, they are 1 to 10");
    assert!(said(3).starts_with("row 4: the answer does not solve the question"), "{}", said(3));
    assert_eq!(said(4), "row 5: row 9, column 9: -1 is no token, they are 1 to 10");
    assert_eq!((read.len(), read.iter().filter(|row| row.is_ok()).count()), (7, 4));
}

/// An array with any header.
fn with_header(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((header.len() as u16).to_le_bytes()),
        _ => bytes.extend((header.len() as u32).to_le_bytes()),
    }
    [bytes, header.as_bytes().to_vec(), data.to_vec()].concat()
}

#[test]
fn what_is_no_array_of_puzzles_is_refused_before_memory_is_taken() {
    let (good, labels) = sudoku::<u8>();
    let header = |descr: &str, shape: &str| {
        format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
    };
    let huge = u32::MAX.to_le_bytes();
    let deep = "(".repeat(1000);
    let columns = Array2::<u8>::zeros((7, 81).f());
    for (name, inputs, said) in [
        ("nothing", vec![], "all__inputs.npy: no NumPy array"),
        ("text", b"question,answer\n".to_vec(), "no NumPy array"),
        ("a long header", [b"\x93NUMPY\x02\0".as_slice(), &huge].concat(), "a header of 4294967295 bytes"),
        ("a torn header", good[..40].to_vec(), "all__inputs.npy: ends in its header"),
        ("a later version", with_header(9, "", b""), "version 9 of the format, 1 to 3 are read"),
        ("a pointer", b"version https://git-lfs.github.com/spec/v1\n".to_vec(), "this is a Git LFS pointer"),
        ("an archive", b"PK\x03\x04\x14\0\0\0\0\0\0".to_vec(), "this is a ZIP archive"),
        ("nested brackets", with_header(1, &deep, b""), "all__inputs.npy: "),
        ("floats", npy(&Array2::<f32>::zeros((7, 81))), "numbers of type '<f4', integers are needed"),
        ("objects", with_header(1, &header("'|O'", "(7, 81)"), b""), "numbers of type '|O'"),
        ("records", with_header(1, &header("[('a', '<i4')]", "(7, 81)"), b""), "integers are needed"),
        ("a vector", with_header(1, &header("'|u1'", "(567,)"), b""), "567 numbers, puzzles x tokens"),
        ("a number", with_header(1, &header("'|u1'", "()"), b""), "puzzles x tokens"),
        ("wide", with_header(1, &header("'<i8'", "(1, 99999999999)"), b""), "too many in a row"),
        (
            "a product beyond words",
            with_header(1, &header("'<i8'", "(7, 9999999999, 9999999999, 81)"), b""),
            "too many in a row",
        ),
        ("no tokens", with_header(1, &header("'|u1'", "(7, 0)"), b""), "too many in a row"),
        (
            "many rows",
            with_header(1, &header("'|u1'", "(9999999999999, 81)"), &good[128..]),
            "but all__inputs.npy has 9999999999999 x 81",
        ),
        ("no Sudoku", npy(&Array2::<u8>::ones((7, 80))), "all__labels.npy: 7 x 81 tokens"),
        ("columns", npy(&columns), "Fortran order"),
        ("a torn row", good[..good.len() - 1].to_vec(), "all__inputs.npy: ends in row 7 of 7"),
    ] {
        let error = read(&inputs, &labels).expect_err(name).to_string();
        assert!(error.contains(said), "{name}: {error}");
    }
    let error = read(&npy(&Array2::<u8>::ones((7, 80))), &npy(&Array2::<u8>::ones((7, 80)))).unwrap_err();
    assert_eq!(error.to_string(), "all__inputs.npy: 80 tokens in a row, and no Sudoku has as many");
    // Boards instead of lines, in the second version of the format.
    let boards = with_header(2, &header("'|u1'", "(7, 9, 9)"), &good[128..]);
    assert_eq!(read(&boards, &labels), Ok(rows()));
    let empty = with_header(1, &header("'|u1'", "(0, 81)"), b"");
    assert_eq!(read(&empty, &empty), Ok(vec![]));
}
