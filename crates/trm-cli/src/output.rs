//! Standard output, standard error, and the files that commands write: no failed write goes unnoticed.

use crate::environment::wants_colours;
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use trm_core::file::{Destination, NewFile};

/// What a shell reports of a program that a closed pipe ended: 128 and the number of SIGPIPE.
const CLOSED_PIPE: u8 = 141;

/// Bad input, or a write that failed.
pub const BAD_INPUT: u8 = 2;

/// Writing to standard output failed.
#[derive(Debug, thiserror::Error)]
#[error("standard output")]
pub struct OutputError(#[from] io::Error);

/// Whether this process is a rank beside the first, which alone speaks and writes files.
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// Says nothing from here on, but why the process fails.
pub fn silence() {
    IS_SILENT.store(true, Ordering::Relaxed);
}

pub fn is_silent() -> bool {
    IS_SILENT.load(Ordering::Relaxed)
}

/// Where the text of a command goes. `write!` and `writeln!` take it.
pub struct Output {
    stream: Stream,
    /// The option whose result alone is written to standard output.
    owner: Option<&'static str>,
    verdict: Option<Verdict>,
}

#[derive(Clone, Copy, PartialEq)]
enum Stream {
    Stdout,
    Stderr,
    Nowhere,
}

impl Output {
    pub fn new() -> Self {
        let stream = if is_silent() { Stream::Nowhere } else { Stream::Stdout };
        Output { stream, owner: None, verdict: None }
    }

    /// Writes text.
    pub fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> Result<(), OutputError> {
        match self.stream {
            Stream::Stdout => Ok(io::stdout().write_fmt(text)?),
            Stream::Stderr => {
                let _ = io::stderr().write_fmt(text);
                Ok(())
            }
            Stream::Nowhere => Ok(()),
        }
    }

    /// Writes one JSON object on a line, with the version of the program and the seed of what was random.
    pub fn json(&mut self, content: &impl Serialize, seed: Option<u64>) -> Result<()> {
        #[derive(Serialize)]
        struct Stamped<'a, T> {
            #[serde(flatten)]
            content: &'a T,
            seed: Option<u64>,
            version: &'static str,
        }
        let object = Stamped { content, seed, version: env!("CARGO_PKG_VERSION") };
        Ok(writeln!(self, "{}", serde_json::to_string(&object)?)?)
    }

    /// Reserves standard output for one option.
    ///
    /// # Errors
    /// Where another option has it.
    pub fn reserve(&mut self, option: &'static str) -> Result<()> {
        if let Some(other) = self.owner.replace(option) {
            bail!("{other} and {option} both write to standard output");
        }
        Ok(())
    }

    /// The verdict, as soon as it is known: the exit code even if nobody reads what is printed.
    pub fn set_verdict(&mut self, verdict: Verdict) {
        self.verdict = Some(verdict);
    }

    /// Prints the help or the version that the parser of the arguments made.
    fn help(&mut self, text: &clap::Error) -> Result<()> {
        let text = text.render();
        if wants_colours(self.is_terminal()) {
            write!(self, "{}", text.ansi())?;
        } else {
            write!(self, "{text}")?;
        }
        Ok(())
    }

    pub fn is_terminal(&self) -> bool {
        match self.stream {
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
            Stream::Nowhere => false,
        }
    }

    /// The exit code of a command with this result; prints its error.
    pub fn exit_code(&mut self, result: Result<Verdict>) -> u8 {
        let result = result.or_else(|error| match error.downcast_ref::<clap::Error>() {
            // Help and version are output like any other; wrong arguments are messages.
            Some(text) if !text.use_stderr() => self.help(text).map(|()| Verdict::Yes),
            _ => Err(error),
        });
        let result = result.and_then(|verdict| {
            io::stdout().flush().map_err(OutputError)?;
            Ok(verdict)
        });
        match &result {
            Ok(verdict) => verdict.code(),
            Err(error) if is_closed_pipe(error) => self.verdict.map_or(CLOSED_PIPE, Verdict::code),
            Err(error) => {
                match error.downcast_ref::<clap::Error>() {
                    Some(text) if !is_silent() => drop(text.print()),
                    _ => write_message(format_args!("error: {}", text_of(error))),
                }
                BAD_INPUT
            }
        }
    }
}

/// Whether nobody reads standard output any more.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<OutputError>())
        .any(|OutputError(cause)| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// An error with its causes. A cause that its context repeats is left out, and so is a context that its
/// cause begins with.
pub fn text_of(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| {
        if text.is_empty() || cause.starts_with(&text) {
            cause
        } else if text.contains(&cause) {
            text
        } else {
            format!("{text}: {cause}")
        }
    })
}

/// Writes a line to standard error. A failure is passed over: there is no place left to report it, and the
/// exit code keeps its meaning.
pub fn write_message(text: fmt::Arguments<'_>) {
    if is_silent() {
        return;
    }
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// [`write_message`] with the arguments of `format!`.
macro_rules! message {
    ($($text:tt)*) => { $crate::output::write_message(format_args!($($text)*)) };
}
pub(crate) use message;

/// A file that a command writes.
pub enum OutputFile {
    /// Another process writes it.
    Nowhere,
    /// Standard output in its place.
    Stdout,
    File(NewFile),
}

impl OutputFile {
    /// Opens the file that `option` names, before the work. `-` and the names of the descriptor are standard
    /// output, which then carries nothing else: text goes to standard error.
    ///
    /// # Errors
    /// Where it cannot be written, or is one of the `inputs`.
    pub fn create(option: &'static str, path: &Path, inputs: &[&Path], out: &mut Output) -> Result<Self> {
        if is_silent() {
            return Ok(OutputFile::Nowhere);
        }
        if is_stdout(path) {
            return Self::stdout(option, out);
        }
        let name = || format!("{option} {}", path.display());
        match Destination::of(path).with_context(name)? {
            Destination::Open(path) if is_stdout(&path) => return Self::stdout(option, out),
            Destination::Replace(target) if inputs.iter().any(|input| is_same(input, &target)) => {
                bail!("{} is an input of this command, and would be overwritten", name());
            }
            _ => {}
        }
        Ok(OutputFile::File(NewFile::create(path).with_context(name)?))
    }

    fn stdout(option: &'static str, out: &mut Output) -> Result<Self> {
        out.reserve(option)?;
        out.stream = Stream::Stderr;
        Ok(OutputFile::Stdout)
    }

    /// Writes all of it, and puts it into its place.
    pub fn write(self, bytes: &[u8]) -> Result<()> {
        self.write_with(|to| Ok(to.write_all(bytes)?))
    }

    /// The same for content that is written in parts.
    pub fn write_with(self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        match self {
            OutputFile::Nowhere => Ok(()),
            OutputFile::Stdout => {
                let mut bytes = Vec::new();
                write(&mut bytes)?;
                Ok(io::stdout().write_all(&bytes).map_err(OutputError)?)
            }
            OutputFile::File(mut file) => {
                let name = file.path().display().to_string();
                let mut buffer = BufWriter::new(file.file());
                write(&mut buffer).and_then(|()| Ok(buffer.flush()?)).with_context(|| name.clone())?;
                drop(buffer);
                file.keep().context(name)
            }
        }
    }
}

/// Makes the folder of a run, where it is not there.
///
/// # Errors
/// Where `path` is no folder, and cannot become one.
pub fn create_folder(path: &Path) -> Result<()> {
    let name = || path.display().to_string();
    if is_stdout(path) {
        bail!("{}: a run writes a folder of files, and standard output is none", name());
    }
    // A link that leads nowhere is there, and does not exist.
    if std::fs::symlink_metadata(path).is_ok() && !path.is_dir() {
        bail!("{} is no folder", name());
    }
    std::fs::create_dir_all(path).with_context(name)
}

/// Whether a name is that of standard output.
fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

/// Whether `target`, which need not exist, is the file of `input`, perhaps by another name.
fn is_same(input: &Path, target: &Path) -> bool {
    #[cfg(unix)]
    if let (Ok(input), Ok(target)) = (std::fs::metadata(input), std::fs::metadata(target)) {
        use std::os::unix::fs::MetadataExt;
        return (input.dev(), input.ino()) == (target.dev(), target.ino());
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let target = folder.canonicalize().map(|folder| folder.join(target.file_name().unwrap_or_default()));
    input.canonicalize().is_ok_and(|input| target.is_ok_and(|target| target == input))
}
