//! What a run is made on and of.

use super::record::{Run, instruction_set};
use crate::run::root;
use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// Describes this machine, these sources and this moment.
pub fn describe(quick: bool) -> Run {
    let cpu_features = cpu_features();
    let forced = std::env::var("TRM_KERNEL").ok().filter(|name| !name.is_empty());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    Run {
        commit: commit(),
        date: date(now),
        quick,
        machine: processor(),
        n_cores: std::thread::available_parallelism().map_or(1, usize::from),
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        rustc: line_of(rustc()),
        instruction_set: forced.unwrap_or_else(|| instruction_set(&cpu_features).into()),
        cpu_features,
        load: load(),
    }
}

/// The first line that a command prints, or nothing.
fn line_of(mut command: Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().trim().to_owned()
}

fn rustc() -> Command {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.arg("--version");
    rustc
}

/// Runs git in the workspace.
pub fn git(arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.current_dir(root()).args(arguments);
    git
}

fn commit() -> String {
    let commit = line_of(git(&["rev-parse", "--short", "HEAD"]));
    let changed = !line_of(git(&["status", "--porcelain", "--untracked-files=no"])).is_empty();
    match (commit.is_empty(), changed) {
        (true, _) => "unknown".into(),
        (false, true) => commit + "-dirty",
        (false, false) => commit,
    }
}

pub fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let linux = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    if let Some((_, name)) = linux {
        return name.trim().to_owned();
    }
    let mut sysctl = Command::new("sysctl");
    sysctl.args(["-n", "machdep.cpu.brand_string"]);
    let name = line_of(sysctl);
    if name.is_empty() { std::env::var("PROCESSOR_IDENTIFIER").unwrap_or_default() } else { name }
}

/// Mean number of processes that wanted a core in the last minute, on Linux.
fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn cpu_features() -> Vec<String> {
    let mut found: Vec<&str> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! look_for {
            ($($name:tt)*) => { $(if std::is_x86_feature_detected!($name) { found.push($name); })* };
        }
        look_for!("avx2" "fma" "avx512f" "avx512bw" "avx512vnni" "avx512bf16");
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("neon") {
        found.push("neon");
    }
    found.sort_unstable();
    found.into_iter().map(str::to_owned).collect()
}

/// Seconds since 1970 as `2026-11-22T18:04:05Z`; days to a date as in Howard Hinnant's `civil_from_days`.
fn date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day + 2) / 153;
    let (month, day) =
        (if shifted < 10 { shifted + 3 } else { shifted - 9 }, day - (153 * shifted + 2) / 5 + 1);
    let year = year + 400 * era + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn seconds_become_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }
}
