//! Every kind of thing that the name of an output may be, for tests of what writes. `xtask` has this too.
//! All links and nodes are made here, in a folder of their own.

use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the place in a read-only folder where a child of a test must fail to write.
const CHILD: &str = "TRM_KINDS_CHILD";
/// The user that root becomes to meet a read-only folder.
const NOBODY: u32 = 65534;

/// Writes to a path, and returns the bytes that it should hold then.
pub type Write<'a> = &'a dyn Fn(&Path) -> Result<Vec<u8>, String>;

/// Checks a writer. `opens` says whether it writes to devices and FIFOs, or refuses them; `test` is the name of
/// the test, which runs again as another user.
pub fn check(test: &str, opens: bool, write: Write) {
    if let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) {
        let error = write(&path).expect_err("a read-only folder");
        assert!(error.contains("ermission denied") && !error.contains(".tmp"), "{error}");
        return;
    }
    // Its name must not be that of a temporary file.
    let folder = tempfile::Builder::new().prefix("kinds-").tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let refused = |name: &str, expected: &str| {
        let error = write(&at(name)).expect_err(name);
        assert!(error.contains(expected) && !error.contains(".tmp"), "{name}: {error}");
    };
    regular(write, &at);
    links(write, &at);
    std::fs::create_dir(at("folder")).expect("made");
    std::fs::write(at("folder/inside"), "kept").expect("written");
    symlink("folder", at("to-folder")).expect("made");
    symlink("circle", at("circle")).expect("made");
    for name in ["folder", "to-folder"] {
        refused(name, if opens { "is a folder" } else { "not a regular file" });
    }
    refused("circle", "a link to itself");
    refused("missing/file", "No such file");
    assert_eq!(std::fs::read(at("folder/inside")).expect("there"), b"kept");
    let _socket = UnixListener::bind(at("socket")).expect("made");
    refused("socket", if opens { "a socket" } else { "not a regular file" });
    fifo(write, &at, opens);
    devices(write, &at, opens);
    read_only(test, folder.path());
    let left = std::fs::read_dir(folder.path()).expect("a folder").flatten();
    let torn: Vec<_> = left.map(|file| file.file_name()).filter(|name| is_temporary(name)).collect();
    assert!(torn.is_empty(), "{torn:?}");
}

fn is_temporary(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().ends_with(".tmp")
}

fn regular(write: Write, at: &dyn Fn(&str) -> PathBuf) {
    assert_eq!(std::fs::read(at("new")).ok(), None);
    let bytes = write(&at("new")).expect("a new file");
    assert_eq!(std::fs::read(at("new")).expect("there"), bytes);
    std::fs::write(at("old"), "older").expect("written");
    let bytes = write(&at("old")).expect("an old file");
    assert_eq!(std::fs::read(at("old")).expect("there"), bytes);
}

/// Links stay links, and what they name is written.
fn links(write: Write, at: &dyn Fn(&str) -> PathBuf) {
    std::fs::create_dir(at("below")).expect("made");
    std::fs::write(at("below/real"), "older").expect("written");
    symlink("below/real", at("relative")).expect("made");
    symlink(at("below/real"), at("absolute")).expect("made");
    symlink("relative", at("chain")).expect("made");
    symlink("below/later", at("dangling")).expect("made");
    for (link, target) in [
        ("relative", "below/real"),
        ("absolute", "below/real"),
        ("chain", "below/real"),
        ("dangling", "below/later"),
    ] {
        let before = std::fs::read_link(at(link)).expect("a link");
        let bytes = write(&at(link)).unwrap_or_else(|error| panic!("{link}: {error}"));
        assert_eq!(std::fs::read_link(at(link)).expect("still a link"), before, "{link}");
        assert_eq!(std::fs::read(at(target)).expect("there"), bytes, "{link}");
        let target = std::fs::symlink_metadata(at(target)).expect("there");
        assert!(target.is_file(), "{link}");
    }
}

fn fifo(write: Write, at: &dyn Fn(&str) -> PathBuf, opens: bool) {
    let path = at("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().expect("a program").success());
    if opens {
        let from = path.clone();
        let reader = std::thread::spawn(move || std::fs::read(from).expect("a reader"));
        let bytes = write(&path).expect("a FIFO");
        assert_eq!(reader.join().expect("a reader"), bytes);
    } else {
        let error = write(&path).expect_err("a FIFO");
        assert!(error.contains("not a regular file"), "{error}");
    }
    assert!(std::fs::symlink_metadata(&path).expect("there").file_type().is_fifo());
}

fn devices(write: Write, at: &dyn Fn(&str) -> PathBuf, opens: bool) {
    for (name, numbers) in [("null", ["c", "1", "3"]), ("full", ["c", "1", "7"]), ("block", ["b", "1", "0"])]
    {
        let made = Command::new("mknod").arg(at(name)).args(numbers).output();
        let may = made.is_ok_and(|made| made.status.success());
        // A container may make nodes, and not open them.
        let may = may && (name == "block" || std::fs::OpenOptions::new().append(true).open(at(name)).is_ok());
        if !may {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "NOT TESTED: device {name}, which this process may not make");
            continue;
        }
        let number = std::fs::symlink_metadata(at(name)).expect("there").rdev();
        let result = write(&at(name)).err().unwrap_or_default();
        let expected = match (name, opens) {
            (_, false) => "not a regular file",
            ("null", true) => "",
            ("full", true) => "No space left",
            (_, true) => "a block device",
        };
        assert!(result.contains(expected) && result.is_empty() == expected.is_empty(), "{name}: {result}");
        assert_eq!(std::fs::symlink_metadata(at(name)).expect("there").rdev(), number, "{name}");
    }
}

/// A folder in which nothing may be made. Root may make files anywhere, and becomes another user for it.
fn read_only(test: &str, folder: &Path) {
    let closed = folder.join("closed");
    std::fs::create_dir(&closed).expect("made");
    std::fs::write(closed.join("file"), "kept").expect("written");
    for (path, mode) in [(folder, 0o755), (&closed.join("file"), 0o666), (&closed, 0o555)] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("changed");
    }
    for name in ["file", "new"] {
        let mut child = Command::new(std::env::current_exe().expect("a test"));
        child.args(["--exact", test]).env(CHILD, closed.join(name));
        if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            child.uid(NOBODY).gid(NOBODY);
        }
        let output = child.output().expect("the test runs again");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{test} is not its name");
    }
    assert_eq!(std::fs::read(closed.join("file")).expect("there"), b"kept");
    assert_eq!(std::fs::read_dir(&closed).expect("a folder").count(), 1);
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o755)).expect("changed");
}
