//! `cargo xtask wasm`: the bundle for the browser and for npm, its size, and its tests.

use crate::run::{cargo, output, passes, printed, root};
use crate::server::serve_in_background;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const HELP: &str = "\
cargo xtask wasm [--test]

Builds crates/trm-wasm for the browser and node, with both models inside: the npm package in
crates/trm-wasm/pkg, and the page in target/web, which any web server can serve. Fails where the program is
larger than 1 MB, or 400 kB after gzip. --test then runs it in node and in headless Chromium.

Installs what is missing: the compiler's target (scripts/wasm-toolchain.sh), npm packages, and on Debian as
root also node and chromium.
";

/// The most bytes of the program, as it is and after `gzip -9`.
const LIMITS: [(&str, usize); 2] = [("raw", 1_000_000), ("gzip", 400_000)];
const TARGET: &str = "wasm32-unknown-unknown";
/// The script's exit code where this machine can have no toolchain.
const NOT_TO_BE_HAD: i32 = 3;
/// Steps of a puzzle can be walked through with `for .. of`.
const ITERABLE: &str = "\nSteps.prototype[Symbol.iterator] = function () { return this; };\n";

pub fn run(arguments: &[String]) -> Result<()> {
    let test = match arguments {
        [] => false,
        [flag] if flag == "--test" => true,
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        _ => bail!("wasm does not know {arguments:?}\n\n{HELP}"),
    };
    if let Some(missing) = missing()? {
        bail!("{missing}");
    }
    build()?;
    if test { self::test() } else { Ok(()) }
}

/// The step of `cargo xtask ci`: says so where this machine cannot have the tools.
pub fn ci() -> Result<()> {
    if let Some(missing) = missing()? {
        println!("skipped: {missing}");
        return Ok(());
    }
    build()?;
    test()
}

/// Installs the tools; what this machine cannot have, if anything.
fn missing() -> Result<Option<String>> {
    if !cfg!(unix) || !on_path("bash") {
        return Ok(Some("the bundle is built by a bash script".into()));
    }
    if !on_path("npm") && !apt_install(&["nodejs", "npm"])? {
        return Ok(Some("node and npm are not installed".into()));
    }
    let script = Command::new("bash").arg(root().join("scripts/wasm-toolchain.sh")).status()?;
    match script.code() {
        Some(0) => Ok(None),
        Some(NOT_TO_BE_HAD) => Ok(Some(format!("no compiler for {TARGET} is to be had"))),
        _ => bail!("scripts/wasm-toolchain.sh failed ({script})"),
    }
}

/// Builds the bundle, the package and the page.
pub fn build() -> Result<()> {
    npm_packages()?;
    let build = ["build", "--locked", "--profile", "wasm", "--package", "trm-wasm", "--target", TARGET];
    passes(in_toolchain("cargo").args(build).args(["--target-dir", "target/wasm"]))?;
    let built = format!("target/wasm/{TARGET}/wasm/trm_wasm.wasm");
    let package = package();
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    passes(in_toolchain("wasm-bindgen").args(["--target", "web", "--out-dir"]).arg(&package).arg(built))?;
    let program = package.join("trm_wasm_bg.wasm");
    let wasm_opt = home().join("test/node_modules/.bin/wasm-opt");
    passes(Command::new(wasm_opt).args(["-O3", "--enable-simd"]).arg(&program).arg("-o").arg(&program))?;
    let script = package.join("trm_wasm.js");
    fs::write(&script, fs::read_to_string(&script)? + ITERABLE)?;
    lay_out(&package)?;
    let page = page();
    if page.exists() {
        fs::remove_dir_all(&page)?;
    }
    copy_files(&home().join("www"), &page)?;
    for name in ["trm_wasm.js", "trm_wasm_bg.wasm"] {
        fs::copy(package.join(name), page.join(name))?;
    }
    println!("page:    {}", page.display());
    measure(&program)
}

/// Makes a package for npm of what wasm-bindgen wrote.
fn lay_out(package: &Path) -> Result<()> {
    copy_files(&home().join("npm"), package)?;
    let manifest = package.join("package.json");
    let text = fs::read_to_string(&manifest)?;
    fs::write(&manifest, text.replace("\"0.0.0\"", &format!("\"{}\"", env!("CARGO_PKG_VERSION"))))?;
    fs::copy(home().join("README.md"), package.join("README.md"))?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(root().join(licence), package.join(licence))?;
    }
    println!("package: {}", package.display());
    Ok(())
}

/// Fails where the program is too large.
fn measure(program: &Path) -> Result<()> {
    let raw = fs::metadata(program)?.len() as usize;
    let zipped = output(Command::new("gzip").args(["-9", "-n", "-c"]).arg(program))?.stdout.len();
    for ((what, limit), size) in LIMITS.into_iter().zip([raw, zipped]) {
        println!("{what:<4} {size:>8} bytes, at most {limit}");
        ensure!(size > 0 && size <= limit, "the program has {size} bytes ({what}), at most {limit}");
    }
    Ok(())
}

/// Kernels against their twins, the package in node, and the page in Chromium.
fn test() -> Result<()> {
    // Not in the profile of the bundle: the test harness cannot take part in its link-time optimisation.
    let kernels = ["test", "--locked", "--package", "trm-core", "--test", "reference", "--target", TARGET];
    let mut cargo_test = in_toolchain("cargo");
    cargo_test.args(kernels).args(["--target-dir", "target/wasm"]);
    // The plain loops run fast enough as they are.
    passes(cargo_test.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    let trace = ["run", "--quiet", "--locked", "--package", "trm-wasm", "--example", "native_trace"];
    let trace = printed(&mut cargo(&trace))?;
    let native = root().join("target/wasm/native_trace.json");
    fs::write(&native, trace)?;
    passes(node_test("package.test.mjs").env("TRM_NATIVE_TRACE", &native))?;
    let Some(chromium) = chromium()? else {
        println!("skipped: no Chromium was found to test the page in");
        return Ok(());
    };
    let address = serve_in_background(&page())?;
    passes(node_test("page.test.mjs").env("TRM_PAGE", address).env("CHROMIUM", chromium))
}

fn node_test(file: &str) -> Command {
    let mut node = Command::new("node");
    node.arg("--test").arg(home().join("test").join(file)).current_dir(root());
    node
}

/// A Chromium: what `CHROMIUM` names, one on the path, or Debian's.
fn chromium() -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(Some(named.into()));
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let found = || names.iter().find_map(|name| which(name));
    if found().is_none() {
        apt_install(&["chromium"])?;
    }
    Ok(found())
}

/// wasm-opt and the driver of the browser, as the lock file says.
fn npm_packages() -> Result<()> {
    let folder = home().join("test");
    let installed = folder.join("node_modules/.package-lock.json");
    let changed = |path: &Path| fs::metadata(path).and_then(|file| file.modified());
    let lock = changed(&folder.join("package-lock.json")).context("package-lock.json")?;
    if changed(&installed).is_ok_and(|installed| installed >= lock) {
        return Ok(());
    }
    passes(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}

/// Installs Debian packages where that is possible.
fn apt_install(packages: &[&str]) -> Result<bool> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !root || !on_path("apt-get") {
        return Ok(false);
    }
    passes(Command::new("apt-get").args(["update", "-qq"]))?;
    let install = ["install", "-qq", "-y", "--no-install-recommends"];
    passes(Command::new("apt-get").args(install).args(packages).env("DEBIAN_FRONTEND", "noninteractive"))?;
    Ok(true)
}

fn on_path(program: &str) -> bool {
    which(program).is_some()
}

fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A program in the environment that `scripts/wasm-toolchain.sh` wrote, and in no other: its compiler
/// would build native code anew.
fn in_toolchain(program: &str) -> Command {
    let home = std::env::var_os("WASM_HOME").map(PathBuf::from);
    let cache = || std::env::home_dir().unwrap_or_default().join(".cache/wasm-toolchain");
    let mut command = Command::new("bash");
    command.args(["-c", ". \"$0\" && exec \"$@\""]).arg(home.unwrap_or_else(cache).join("env.sh"));
    command.arg(program).current_dir(root());
    command
}

fn home() -> PathBuf {
    root().join("crates/trm-wasm")
}

fn package() -> PathBuf {
    home().join("pkg")
}

/// Where the page is put together.
pub fn page() -> PathBuf {
    root().join("target/web")
}

/// Copies the files of a folder; there are no folders in it.
fn copy_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let path = entry?.path();
        fs::copy(&path, to.join(path.file_name().unwrap_or_default()))?;
    }
    Ok(())
}
