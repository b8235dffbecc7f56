//! Errors of the crates below, as exceptions of Python.

use puzzles::PuzzleError;
use pyo3::{PyErr, import_exception};
use sona_learn::SonaError;
use std::io;
use std::path::{Path, PathBuf};
use trm_core::TrmError;
use trm_solve::SolveError;
use trm_tasks::TaskError;
use trm_train::TrainError;

/// The classes, which Python defines: each is a `TrmError` and the exception that users of NumPy expect.
mod classes {
    use super::import_exception;

    import_exception!(trm.errors, ConfigError);
    import_exception!(trm.errors, DivergedError);
    import_exception!(trm.errors, FileFormatError);
    import_exception!(trm.errors, InternalError);
    import_exception!(trm.errors, FileError);
    import_exception!(trm.errors, FileMissingError);
    import_exception!(trm.errors, MismatchError);
    import_exception!(trm.errors, NotFiniteError);
    import_exception!(trm.errors, PuzzleError);
    import_exception!(trm.errors, ShapeError);
    import_exception!(trm.errors, StateError);
}

/// What a call from Python can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Core(#[from] TrmError),
    #[error(transparent)]
    Puzzle(#[from] PuzzleError),
    #[error(transparent)]
    Task(#[from] TaskError),
    #[error(transparent)]
    Solve(#[from] SolveError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Sona(#[from] SonaError),
    /// An error with the place that it is about: a file, a row.
    #[error("{0}: {1}")]
    At(String, #[source] Box<Error>),
    /// An argument that has no error type of its own.
    #[error("{0}")]
    Config(String),
    #[error("{0}")]
    Shape(String),
    /// An object is not in the state that a call needs.
    #[error("{0}")]
    State(String),
    /// What Python raised in a call from here, a signal among them.
    #[error(transparent)]
    Python(#[from] PyErr),
    /// The caller has given up; nobody reads this.
    #[error("cancelled")]
    Cancelled,
    /// A panic: a bug of this program.
    #[error("a bug in trm: {0}")]
    Bug(String),
}

/// A result of a call from Python.
pub type Result<T> = std::result::Result<T, Error>;

/// Names the place of an error.
pub trait InPlace<T> {
    /// The same result, whose error begins with `place`.
    fn at(self, place: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Error>> InPlace<T> for std::result::Result<T, E> {
    fn at(self, place: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error::At(place(), Box::new(error.into())))
    }
}

impl Error {
    /// An error of the operating system.
    pub fn io(path: &Path, source: io::Error) -> Self {
        TrmError::Io { path: path.to_path_buf(), source }.into()
    }
}

/// Which class an error is raised as.
enum Class {
    Config,
    Diverged,
    Format,
    Mismatch,
    NotFinite,
    Puzzle,
    Shape,
    State,
    Bug,
    Io(PathBuf, io::Error),
    Python(PyErr),
}

fn class_of(error: Error) -> Class {
    match error {
        Error::Core(error) => match error {
            TrmError::Config { .. } => Class::Config,
            TrmError::Shape { .. } | TrmError::ArrayShape { .. } => Class::Shape,
            TrmError::NotFinite { .. } => Class::NotFinite,
            TrmError::Io { path, source } => Class::Io(path, source),
            _ => Class::Format,
        },
        Error::Puzzle(_) => Class::Puzzle,
        Error::Task(TaskError::Puzzle(error)) | Error::Solve(SolveError::Task(TaskError::Puzzle(error))) => {
            class_of(error.into())
        }
        Error::Task(TaskError::Engine(error))
        | Error::Solve(SolveError::Task(TaskError::Engine(error)) | SolveError::Engine(error)) => {
            class_of(error.into())
        }
        Error::Solve(SolveError::Halting { .. }) => Class::Config,
        Error::Task(_) | Error::Solve(_) => Class::Mismatch,
        Error::Train(error) => match error {
            TrainError::Io { path, source } => Class::Io(path, source),
            TrainError::Checkpoint { .. } | TrainError::Recipe { .. } => Class::Format,
            TrainError::OtherRun { .. } => Class::Mismatch,
            TrainError::Diverged { .. } => Class::Diverged,
            _ => Class::Config,
        },
        Error::Sona(error) => match error {
            SonaError::Dimension { .. } => Class::Shape,
            SonaError::Embedding { .. } | SonaError::Signal { .. } => Class::NotFinite,
            SonaError::Config { .. } | SonaError::Quality(_) | SonaError::Steps { .. } => Class::Config,
            SonaError::TooFewExamples { .. } | SonaError::Degenerate { .. } => Class::State,
            SonaError::Io(source) => Class::Io(PathBuf::new(), source),
            _ => Class::Format,
        },
        Error::At(place, error) => match class_of(*error) {
            Class::Io(path, source) if path.as_os_str().is_empty() => Class::Io(place.into(), source),
            class => class,
        },
        Error::Config(_) => Class::Config,
        Error::Shape(_) => Class::Shape,
        Error::State(_) => Class::State,
        Error::Python(error) => Class::Python(error),
        Error::Cancelled | Error::Bug(_) => Class::Bug,
    }
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match class_of(error) {
            Class::Config => classes::ConfigError::new_err(message),
            Class::Diverged => classes::DivergedError::new_err(message),
            Class::Format => classes::FileFormatError::new_err(message),
            Class::Mismatch => classes::MismatchError::new_err(message),
            Class::NotFinite => classes::NotFiniteError::new_err(message),
            Class::Puzzle => classes::PuzzleError::new_err(message),
            Class::Shape => classes::ShapeError::new_err(message),
            Class::State => classes::StateError::new_err(message),
            Class::Bug => classes::InternalError::new_err(message),
            Class::Io(path, source) => io_error(&path, &source),
            Class::Python(error) => error,
        }
    }
}

/// The exception has the number, the words and the file that an `OSError` has.
fn io_error(path: &Path, source: &io::Error) -> PyErr {
    let words = source.to_string();
    let words = words.split(" (os error ").next().unwrap_or_default().to_owned();
    let arguments = (source.raw_os_error(), words, path.display().to_string());
    match source.kind() {
        io::ErrorKind::NotFound => classes::FileMissingError::new_err(arguments),
        _ => classes::FileError::new_err(arguments),
    }
}
