//! Kills at random moments, full disks and limits on files, for tests of what writes. `xtask` has this too.
// Each test uses its part of this.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Names the file that a child of a test writes over and over.
const CHILD: &str = "TRM_CRASH_CHILD";
/// Tells such a child more.
const MORE: &str = "TRM_CRASH_MORE";

/// Kills of each test: `TRM_KILLS`, or a few.
pub fn n_kills() -> u64 {
    std::env::var("TRM_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

/// The next of a fixed row of moments, below `below` milliseconds.
pub fn moment(i: u64, below: u64) -> Duration {
    let bits = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Duration::from_micros((bits ^ bits >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) % (1000 * below))
}

/// A process that dies with the test.
pub struct Running(Child);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Running(command.stdin(Stdio::null()).spawn().expect("the command starts"))
    }

    /// Kills it; one that has ended by itself is a fault.
    pub fn kill(mut self) {
        assert!(self.0.try_wait().expect("a child").is_none(), "it ended by itself");
    }

    /// Kills it unless it has ended, and says whether it had.
    pub fn stop(mut self) -> bool {
        self.0.try_wait().expect("a child").is_some_and(|status| status.success())
    }

    /// Waits for its end, and says whether it was a good one.
    pub fn wait(mut self) -> bool {
        self.0.wait().expect("a child").success()
    }

    fn take_stdout(&mut self) -> ChildStdout {
        self.0.stdout.take().expect("piped")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This test again, as a child that writes to `path`.
pub fn child(test: &str, path: &Path, more: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test"));
    command.args(["--exact", test, "--nocapture"]).env(CHILD, path).env(MORE, more);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// The path of a child, which has no other work than to write there.
pub fn child_path() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// What else the child was told.
pub fn child_more() -> String {
    std::env::var(MORE).expect("set")
}

/// What a child says after each write: the number that its file holds now.
pub fn wrote(n: u64) {
    println!("\nwrote {n}");
}

/// Kills children of `test`, each while it counts on in the file at `path` and says so with [`wrote`].
/// `read` gives the number in the file, which must be whole; nothing that was said to be written is lost.
pub fn kill_while_counting(test: &str, path: &Path, read: impl Fn() -> u64) {
    let mut before = 0;
    for i in 0..n_kills() {
        let mut running = Running::start(&mut child(test, path, ""));
        let mut lines = BufReader::new(running.take_stdout()).lines();
        // The first write of each child is waited for; the kill falls into a later one.
        let mut told = || {
            lines.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("wrote ")?.parse().ok())
        };
        let mut seen: u64 = told().expect("a write");
        std::thread::sleep(moment(i, 20));
        running.kill();
        while let Some(later) = told() {
            seen = later;
        }
        let now = read();
        assert!(seen > before && (seen..=seen + 1).contains(&now), "kill {i}: {before}, {seen}, {now}");
        before = now;
    }
    let n_torn = n_torn(path.parent().expect("a folder"));
    println!("{} kills, {n_torn} within a write, {before} writes", n_kills());
}

/// Files that a kill left half-written beside the whole one.
pub fn n_torn(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).expect("a folder").flatten();
    files.filter(|file| file.path().extension().is_some_and(|e| e == "tmp")).count()
}

/// The same command where no file may grow beyond a few kilobytes: what it writes then fails with
/// "File too large", on any machine.
pub fn limited(command: &Command) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\""]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        limited.current_dir(folder);
    }
    limited
}

/// A disk of this many kilobytes, if this process may mount one.
pub struct TinyDisk(tempfile::TempDir);

impl TinyDisk {
    pub fn new(kilobytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let options = format!("size={kilobytes}k");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(TinyDisk(folder));
        }
        // Past the test harness, which shows nothing of a test that passes.
        let said = "NOT TESTED: a full disk, since this process may not mount a tmpfs. What is tested in its \
                    place is that writes fail beyond a limit on the size of files.";
        let _ = writeln!(std::io::stderr(), "{said}");
        None
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes the room that is left.
    pub fn fill(&self) {
        std::fs::write(self.path().join("rest"), vec![0; 1 << 20]).expect_err("a full disk");
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}
