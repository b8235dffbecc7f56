//! Mazes.
