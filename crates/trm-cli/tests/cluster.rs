//! The files of `examples/cluster`: what a scheduler reads has the form that it takes, and `trm` takes its words.

mod common;

use common::trm;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/cluster")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).expect("a file of examples/cluster")
}

/// Fails where `trm` does not take its words; `--help` behind them is reached only past words that it takes.
fn is_taken(words: &[String]) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = trm(Path::new("."), "", &[&words[..], &["--help"]].concat());
    assert_eq!(output.code, Some(0), "trm {words:?}: {}", output.err);
    let (last, others) = words.split_last().expect("words");
    let wrong = trm(Path::new("."), "", &[others, &[last, "--no-such-option", "--help"]].concat());
    assert_eq!(wrong.code, Some(2), "this test takes anything");
}

/// Options of `sbatch` that a line of a script may hold: https://slurm.schedmd.com/sbatch.html
const SBATCH: [&str; 10] = [
    "job-name",
    "nodes",
    "ntasks-per-node",
    "cpus-per-task",
    "time",
    "output",
    "error",
    "signal",
    "requeue",
    "open-mode",
];
/// Options of `srun`: https://slurm.schedmd.com/srun.html
const SRUN: [&str; 3] = ["mpi", "cpu-bind", "kill-on-bad-exit"];

fn options_of<'a>(words: impl Iterator<Item = &'a str>, known: &[&str], place: &str) {
    for word in words {
        let name = word.strip_prefix("--").unwrap_or_else(|| panic!("{place}: {word} is no option"));
        let name = name.split('=').next().unwrap_or_default();
        assert!(known.contains(&name), "{place}: no option --{name}");
    }
}

#[test]
fn slurm_takes_its_scripts() {
    for name in ["train.slurm", "eval.slurm"] {
        let script = text(name);
        let parsed = Command::new("bash").arg("-n").arg(folder().join(name)).status();
        assert!(parsed.expect("bash").success(), "{name}");
        let lines: Vec<&str> = script.lines().filter_map(|line| line.strip_prefix("#SBATCH ")).collect();
        assert!(lines.len() > 5, "{name}");
        options_of(lines.into_iter(), &SBATCH, name);
        // Behind the first command sbatch reads no option any more.
        let commands = script.lines().position(|line| !line.starts_with('#')).expect("commands");
        assert!(script.lines().skip(commands).all(|line| !line.starts_with("#SBATCH")), "{name}");
        let joined = script.replace("\\\n", " ");
        let step = joined.lines().find_map(|line| line.strip_prefix("srun ")).expect("a step");
        let mut words = step.split_whitespace();
        options_of(words.by_ref().take_while(|word| *word != "trm"), &SRUN, name);
        is_taken(&words.map(str::to_owned).collect::<Vec<_>>());
    }
}

/// An MPIJob, as far as the manifest says more than defaults. Names, types and what is required are those of
/// https://github.com/kubeflow/mpi-operator/blob/caa3c47fc42eb762635f78045ec0fcd1a89eb038/manifests/base/kubeflow.org_mpijobs.yaml
/// (`spec.versions[name=v2beta1].schema.openAPIV3Schema`); a field that is not there is refused, which a cluster would
/// drop in silence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct MpiJob {
    api_version: String,
    kind: String,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Metadata {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct Spec {
    slots_per_worker: i32,
    ssh_auth_mount_path: String,
    run_policy: RunPolicy,
    mpi_replica_specs: BTreeMap<Replica, ReplicaSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct RunPolicy {
    clean_pod_policy: CleanPodPolicy,
    backoff_limit: i32,
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum CleanPodPolicy {
    None,
    Running,
    All,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
enum Replica {
    Launcher,
    Worker,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct ReplicaSpec {
    replicas: i32,
    restart_policy: Option<RestartPolicy>,
    template: Template,
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum RestartPolicy {
    Never,
    OnFailure,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    spec: Pod,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pod {
    containers: Vec<Container>,
    #[serde(default)]
    volumes: Vec<Volume>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct Container {
    name: String,
    image: String,
    security_context: SecurityContext,
    command: Vec<String>,
    args: Vec<String>,
    resources: Resources,
    #[serde(default)]
    volume_mounts: Vec<VolumeMount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct SecurityContext {
    run_as_user: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resources {
    limits: Limits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Limits {
    cpu: usize,
    memory: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct VolumeMount {
    name: String,
    mount_path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct Volume {
    name: String,
    persistent_volume_claim: Claim,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct Claim {
    claim_name: String,
}

#[test]
fn the_mpi_operator_takes_its_manifest() {
    let manifest = text("mpijob.yaml");
    let job: MpiJob = serde_saphyr::from_str(&manifest).expect("an MPIJob");
    assert_eq!((&*job.api_version, &*job.kind), ("kubeflow.org/v2beta1", "MPIJob"));
    let [launcher, worker] =
        [Replica::Launcher, Replica::Worker].map(|replica| &job.spec.mpi_replica_specs[&replica]);
    let [launched, working] = [launcher, worker].map(|spec| &spec.template.spec.containers[0]);
    assert_eq!((launcher.replicas, &launched.command[..]), (1, &["mpirun".to_owned()][..]));
    // As many ranks as slots, and as many threads as processors.
    let slots = job.spec.slots_per_worker as usize;
    let (of_mpirun, words) =
        launched.args.split_at(launched.args.iter().position(|word| word == "trm").expect("trm"));
    assert_eq!(of_mpirun[1], (slots * worker.replicas as usize).to_string());
    let threads = of_mpirun.iter().find_map(|word| word.strip_prefix("RAYON_NUM_THREADS=")).expect("threads");
    assert_eq!(slots * threads.parse::<usize>().expect("a number"), working.resources.limits.cpu);
    is_taken(&words[1..]);
    // Every rank finds the files, and the folders that are mounted are volumes.
    for mount in &working.volume_mounts {
        assert!(worker.template.spec.volumes.iter().any(|volume| volume.name == mount.name));
        assert!(
            words.iter().filter(|word| word.starts_with('/')).all(|path| path.starts_with(&mount.mount_path))
        );
    }
    // The check can fail.
    for (right, wrong) in [
        ("slotsPerWorker: 2", "slotsPerWorkers: 2"),
        ("slotsPerWorker: 2", "slotsPerWorker: two"),
        ("cleanPodPolicy: Running", "cleanPodPolicy: Always"),
        ("Launcher:", "Master:"),
        ("replicas: 4", "replica: 4"),
        ("claimName: trm-data", "name: trm-data"),
    ] {
        let wrong = manifest.replace(right, wrong);
        assert!(wrong != manifest && serde_saphyr::from_str::<MpiJob>(&wrong).is_err(), "{right}");
    }
}
