//! Imports run one way: no circle of files inside a crate.

use super::modules::{Edge, Modules};
use super::workspace::Workspace;
use std::collections::{HashSet, VecDeque};

/// One message per knot of files that all reach each other, with a shortest circle in it.
pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for member in &workspace.members {
        let source = format!("{}src/", member.folder);
        let is_root = |path: &str| {
            path.strip_prefix(&source).is_some_and(|rest| {
                ["lib.rs", "main.rs"].contains(&rest)
                    || rest.strip_prefix("bin/").is_some_and(|rest| !rest.contains('/'))
            })
        };
        for (root, _) in workspace.ending_in(".rs").filter(|(path, _)| is_root(path)) {
            let modules = Modules::of(workspace, root);
            let edges = modules.edges();
            for (circle, n_knotted) in circles(modules.files.len(), &edges) {
                let places = circle.iter().map(|edge| format!("{}:{}", modules.files[edge.from], edge.line));
                let places: Vec<_> = places.chain([modules.files[circle[0].from].to_owned()]).collect();
                let knot = if n_knotted > circle.len() {
                    format!(" (of {n_knotted} files that all reach each other)")
                } else {
                    String::new()
                };
                faults.push(format!(
                    "a circle of files{knot}, open it by moving what both need to where both look down on it: \
                     {}",
                    places.join(" -> ")
                ));
            }
        }
    }
    faults
}

/// A shortest circle of every knot, and the number of files in the knot.
fn circles(n_files: usize, edges: &[Edge]) -> Vec<(Vec<&Edge>, usize)> {
    let reach: Vec<HashSet<usize>> = (0..n_files).map(|file| reached(file, edges)).collect();
    let (mut found, mut done) = (Vec::new(), HashSet::<usize>::new());
    for file in 0..n_files {
        if done.contains(&file) || !reach[file].contains(&file) {
            continue;
        }
        let knot: Vec<usize> =
            (0..n_files).filter(|&f| reach[file].contains(&f) && reach[f].contains(&file)).collect();
        done.extend(&knot);
        let shortest = knot.iter().filter_map(|&f| circle(f, edges)).min_by_key(Vec::len);
        found.extend(shortest.map(|circle| (circle, knot.len())));
    }
    found
}

/// The files that `file` reaches in one step or more.
fn reached(file: usize, edges: &[Edge]) -> HashSet<usize> {
    let (mut open, mut found) = (vec![file], HashSet::new());
    while let Some(from) = open.pop() {
        for edge in edges.iter().filter(|edge| edge.from == from) {
            if found.insert(edge.to) {
                open.push(edge.to);
            }
        }
    }
    found
}

/// A shortest way from `file` back to it.
fn circle(file: usize, edges: &[Edge]) -> Option<Vec<&Edge>> {
    let (mut open, mut seen) = (VecDeque::from([Vec::new()]), HashSet::new());
    while let Some(way) = open.pop_front() {
        let end = way.last().map_or(file, |edge: &&Edge| edge.to);
        if !way.is_empty() && end == file {
            return Some(way);
        }
        for edge in edges.iter().filter(|edge| edge.from == end) {
            if seen.insert(edge.to) {
                open.push_back([&way[..], &[edge]].concat());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::workspace::tests::workspace;
    use super::check;

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let mut all = vec![("c/Cargo.toml", "[package]\nname = \"c\"")];
        all.extend(files);
        check(&workspace(&all))
    }

    #[test]
    fn a_circle_is_named_with_its_files_in_order() {
        let faults = faults(&[
            ("c/src/lib.rs", "mod a; mod b; mod d; mod e;"),
            ("c/src/a.rs", "\nuse crate::b::X;"),
            ("c/src/b.rs", "use crate::d::X;"),
            ("c/src/d.rs", "// why\nuse super::a::X;"),
            ("c/src/e.rs", "use crate::a::X;"),
        ]);
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        let circle = "c/src/a.rs:2 -> c/src/b.rs:1 -> c/src/d.rs:2 -> c/src/a.rs";
        let turns = [
            circle,
            "c/src/b.rs:1 -> c/src/d.rs:2 -> c/src/a.rs:2 -> c/src/b.rs",
            "c/src/d.rs:2 -> c/src/a.rs:2 -> c/src/b.rs:1 -> c/src/d.rs",
        ];
        assert!(turns.iter().any(|turn| fault.ends_with(turn)), "{fault}");
    }

    #[test]
    fn a_shortest_circle_stands_for_its_knot() {
        let faults = faults(&[
            ("c/src/lib.rs", "mod a; mod b; mod d;"),
            ("c/src/a.rs", "use crate::b::X;"),
            ("c/src/b.rs", "use crate::{a::X, d::Y};"),
            ("c/src/d.rs", "use crate::a::X;"),
        ]);
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        assert!(fault.contains("(of 3 files that all reach each other)"), "{fault}");
        assert_eq!(fault.matches(" -> ").count(), 2, "{fault}");
    }

    #[test]
    fn imports_that_run_one_way_are_no_circle() {
        assert!(
            faults(&[
                ("c/src/lib.rs", "mod a; mod b; pub use a::X;"),
                ("c/src/a.rs", "use crate::b::Y;\n#[cfg(test)]\nmod tests { use super::X; }"),
                ("c/src/b.rs", "/// As `crate::a::X`.\npub struct Y;"),
            ])
            .is_empty()
        );
        // Two binaries of one folder are two crates.
        assert!(
            faults(&[("c/src/bin/x.rs", "use crate::a;"), ("c/src/bin/y.rs", "use crate::a;")]).is_empty()
        );
    }
}
