//! Sudoku and mazes: parse, encode, decode, verify, generate.
