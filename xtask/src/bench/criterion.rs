//! What criterion leaves below its folder: `<group>/<case>/new/{benchmark,estimates,sample}.json`.

use super::record::Time;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
    throughput: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
    median_abs_dev: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

#[derive(Deserialize)]
struct Sample {
    times: Vec<f64>,
}

/// Every case below `home`, in the order of their names.
pub fn read(home: &Path) -> Result<Vec<(String, Time)>> {
    let (mut open, mut found) = (vec![home.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.join("benchmark.json").exists() && path.ends_with("new") {
                found.push(case(&path)?);
            } else if path.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn case(folder: &Path) -> Result<(String, Time)> {
    let benchmark: Benchmark = json(&folder.join("benchmark.json"))?;
    let estimates: Estimates = json(&folder.join("estimates.json"))?;
    let sample: Sample = json(&folder.join("sample.json"))?;
    // `{"Elements": 8}` or `{"Bytes": 8}`
    let per_call = benchmark.throughput.as_ref().and_then(|t| t.as_object()?.values().next()?.as_f64());
    let time = Time {
        median_ns: estimates.median.point_estimate,
        median_low_ns: estimates.median.confidence_interval.lower_bound,
        median_high_ns: estimates.median.confidence_interval.upper_bound,
        mad_ns: estimates.median_abs_dev.point_estimate,
        n: sample.times.len(),
        per_call,
    };
    Ok((benchmark.full_id, time))
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_read() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("Sudoku/K/5/new");
        fs::create_dir_all(&folder).expect("a folder");
        let estimate = |x: f64| {
            serde_json::json!({ "point_estimate": x, "standard_error": 0.1,
                "confidence_interval": { "confidence_level": 0.95, "lower_bound": x - 1.0, "upper_bound": x + 1.0 } })
        };
        let estimates = serde_json::json!({ "median": estimate(10.0), "median_abs_dev": estimate(2.0) });
        let benchmark = serde_json::json!({ "full_id": "Sudoku/K/5", "throughput": { "Elements": 16 } });
        let sample = serde_json::json!({ "iters": [1.0, 2.0], "times": [10.0, 21.0] });
        for (name, value) in [("estimates", &estimates), ("benchmark", &benchmark), ("sample", &sample)] {
            fs::write(folder.join(format!("{name}.json")), value.to_string()).expect("a file");
        }
        let found = read(home.path()).expect("one case");
        assert_eq!(found.len(), 1);
        let (case, time) = &found[0];
        assert_eq!((case.as_str(), time.median_ns, time.mad_ns), ("Sudoku/K/5", 10.0, 2.0));
        assert_eq!((time.median_low_ns, time.median_high_ns, time.n), (9.0, 11.0, 2));
        assert_eq!(time.per_call, Some(16.0));
        fs::write(folder.join("sample.json"), "{").expect("a file");
        assert!(read(home.path()).is_err_and(|e| format!("{e:#}").contains("sample.json")));
    }
}
