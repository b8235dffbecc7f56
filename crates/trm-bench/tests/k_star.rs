//! Learned halting: questions read back, recorded runs, policies, and what is shipped.

use puzzles::maze::{Maze, MazeSpec, generate_maze};
use puzzles::sudoku::Grid;
use sona_learn::synthetic::{Kind as Synthetic, MAX_K, Synthetic as Source};
use sona_learn::{HaltingPolicy, Label, SonaEngine};
use trm_bench::{BenchError, KStar, Recorder, Run, Runs, VoteResult};
use trm_bench::{compare, learn, measure, model_id, tune_settled};
use trm_core::{Model, TrmEngine};
use trm_tasks::{Item, MazeTask, SudokuTask, Task, embedding};
use trm_tasks::{maze_builder, shaped};

fn mazes(n: u64) -> Vec<Maze> {
    let spec = MazeSpec { height: 5, width: 8, ..MazeSpec::square(8, 6) };
    (0..n).map(|i| generate_maze(&spec, 3, i).expect("an easy maze").maze).collect()
}

/// An engine that marks nothing.
fn blank_engine() -> TrmEngine {
    let config = shaped(maze_builder().max_k(6), 8, 8, 1).expect("a small model");
    Model::new(config).expect("a small model").into()
}

#[test]
fn k_star_is_where_the_answer_is_right_for_good() {
    let engine = blank_engine();
    let task = MazeTask::of(engine.model().config()).expect("a maze model");
    // An untrained model marks nothing, which is right where start and goal are neighbours.
    let items: Vec<Item<MazeTask>> = ["SG\n  ", "S G\n# #"]
        .map(|rows| Maze::parse_rows(rows).expect("a maze"))
        .map(|maze| Item {
            label: puzzles::maze::label(&maze).expect("a path"),
            question: maze,
            rating: 0.0,
            source: String::new(),
        })
        .into();
    let runs = measure(&engine, &task, &items, 4, |_| {}).expect("two mazes");
    assert_eq!([runs[0].label(), runs[1].label()], [Label::Solved(1), Label::Censored(4)]);
    assert_eq!([runs[0].verified_at, runs[1].verified_at], [Some(1), None]);
    assert_eq!([runs[0].vote.right, runs[1].vote.right], [true, false]);
    assert!(runs.iter().all(|run| run.signals.len() == 4 && run.embedding.len() == embedding::MAZE_DIM));
    let [recorder, other] = [4, 5].map(|max_k| Recorder::new(&engine, &task, max_k).expect("valid"));
    let bytes = recorder.to_bytes(&items).expect("two mazes");
    assert_eq!(recorder.runs_of(&bytes).expect("as written"), runs);
    let cut = (0..bytes.len()).map(|at| recorder.runs_of(&bytes[..at]));
    for refused in cut.chain([other.runs_of(&bytes), recorder.runs_of(&[&bytes[..], &[0]].concat())]) {
        assert!(matches!(refused, Err(BenchError::Part { .. })));
    }
    for max_k in [0, 1025] {
        let error = measure(&engine, &task, &items, max_k, |_| {}).expect_err("out of range");
        assert!(matches!(error, BenchError::OutOfRange { field: "max_k", .. }), "{error}");
    }
    assert!(matches!(measure(&engine, &task, &[], 4, |_| {}), Err(BenchError::NoPuzzles)));
}

const POLICY: HaltingPolicy = HaltingPolicy { settled: 0.98, hopeless: 0.0 };

/// Runs of questions whose K* is a function of the embedding plus noise; one in ten is never solved.
fn synthetic(n: usize) -> Runs {
    let mut source = Source::new(Synthetic::Curve, 16, 4);
    let run = |i: usize| {
        let query = source.query();
        let k = source.optimal_k(&query);
        let solved = i % 10 != 3;
        Run {
            embedding: query.iter().map(|x| (1000.0 + 200.0 * x) as u16).collect(),
            signals: source.run(if solved { k } else { MAX_K + 10 }, MAX_K),
            right: (1..=MAX_K).map(|t| solved && t >= k).collect(),
            verified_at: solved.then_some(k),
            vote: VoteResult { k: MAX_K, right: solved },
        }
    };
    let [puzzle, data, model] = ["maze", "synthetic", "00000000"].map(String::from);
    Runs { puzzle, data, model, threshold: 0.95, max_k: MAX_K, runs: (0..n).map(run).collect() }
}

#[test]
fn policies_are_told_apart() {
    let runs = synthetic(1000);
    let comparison = compare(&runs, &learn(&runs).expect("enough runs"), POLICY).expect("enough runs");
    assert_eq!((comparison.n_train, comparison.n_test), (500, 500));
    let row = |name: &str| comparison.policies.iter().find(|row| row.name.starts_with(name)).expect("a row");
    assert_eq!((row("vote").exact.n_true, row("vote").mean_k), (400, MAX_K as f64));
    let (oracle, verified, learned) = (row("oracle"), row("verified"), row("learned"));
    // One in ten of the synthetic questions is at odd places, so one in five of those judged.
    assert_eq!((oracle.exact.n_true, verified.exact.n_true), (400, 400));
    assert!(oracle.mean_k < verified.mean_k && learned.mean_k > verified.mean_k);
    assert_eq!(comparison.fixed[MAX_K - 1].exact.n_true, 400);
    assert!(comparison.predictors[0].mae < 1.0 && comparison.predictors[2].mae > 3.0, "{comparison}");
    assert!(comparison.targets[..2].iter().all(|target| target.passed), "{comparison}");
    // Negative control: labels shuffled against the questions are not predicted.
    let mut shuffled = runs.clone();
    (0..1000).for_each(|i| shuffled.runs[i].embedding.clone_from(&runs.runs[(i * 7 + 3) % 1000].embedding));
    let comparison = compare(&shuffled, &learn(&shuffled).expect("enough"), POLICY).expect("enough");
    assert!(comparison.predictors[0].mae > 3.0, "{comparison}");
    assert!(comparison.to_html().contains("<svg") && !comparison.to_html().contains("NaN"));
}

#[test]
fn another_seed_says_how_far_k_star_is_from_itself() {
    let runs = synthetic(400);
    let comparison = compare(&runs, &learn(&runs).expect("enough"), POLICY).expect("enough");
    let with = |other: &Runs| comparison.clone().with_another_seed(&runs, other).map(|c| c.another_seed);
    let same = with(&runs).expect("the same questions").expect("a row");
    assert_eq!((same.within_1, same.mae), (1.0, 0.0));
    // Every run is right three steps later, where it is right at all.
    let mut later = runs.clone();
    later.runs.iter_mut().filter(|run| run.right[MAX_K - 4]).for_each(|run| run.right.rotate_right(3));
    later.runs.iter_mut().for_each(|run| run.right[..3].fill(false));
    let row = with(&later).expect("the same questions").expect("a row");
    assert!(row.within_2 < 0.5 && row.mae > 1.0, "{row:?}");
    for (other, expected) in [(synthetic(398), "questions"), (Runs { max_k: 1, ..runs.clone() }, "steps")] {
        let error = with(&other).expect_err("other runs").to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn too_few_or_unsolved_runs_are_refused() {
    assert!(matches!(learn(&synthetic(100)), Err(BenchError::Runs { .. })));
    let mut unsolved = synthetic(200);
    unsolved.runs.iter_mut().for_each(|run| run.right.fill(false));
    let error = learn(&unsolved).and_then(|engine| compare(&unsolved, &engine, POLICY)).expect_err("no K*");
    assert!(matches!(error, BenchError::Runs { .. }), "{error}");
}

/// If this fails, a model or an embedding was changed: `cargo xtask data k-star` makes the files anew.
#[test]
fn what_is_shipped_is_about_the_shipped_models() {
    let states = [trm_models::sudoku_halting_bytes(), trm_models::maze_halting_bytes()];
    let engines = [trm_models::sudoku(), trm_models::maze()];
    for ((name, engine), state) in ["sudoku", "maze"].into_iter().zip(engines).zip(states) {
        let datasets = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
        let bytes = std::fs::read(format!("{datasets}/k-star-{name}.safetensors")).expect("committed");
        let runs = Runs::from_bytes(&bytes).expect("as committed");
        assert_eq!(runs.model, model_id(engine.model()).expect("a model"), "cargo xtask data k-star");
        let dim = if name == "sudoku" { embedding::SUDOKU_DIM } else { embedding::MAZE_DIM };
        assert!(runs.puzzle == name && runs.runs.iter().all(|run| run.embedding.len() == dim));
        let sona = SonaEngine::from_bytes(state).expect("as shipped");
        assert_eq!((sona.config().dim, sona.config().limit), (dim, runs.max_k));
        let again = learn(&runs).expect("enough runs");
        again.forget_examples();
        let level = if name == "sudoku" { SudokuTask::SETTLED } else { MazeTask::SETTLED };
        assert_eq!(tune_settled(&runs, &again).expect("enough runs"), level, "Task::SETTLED of {name}");
        let predict = |engine: &SonaEngine| {
            runs.runs.iter().map(|run| engine.predict(&run.query(), runs.max_k).steps).collect::<Vec<_>>()
        };
        assert_eq!(predict(&sona), predict(&again), "cargo xtask data k-star");
        assert!(KStar::of(&runs).n_solved > 0 && state.len() < 1 << 18);
    }
}

#[test]
fn embeddings_of_any_grid_are_of_one_length() {
    let task = SudokuTask::default();
    for text in [".".repeat(81), format!("5{}", ".".repeat(80))] {
        let grid = Grid::parse(&text).expect("a grid");
        assert_eq!(task.embedding(&grid).len(), embedding::SUDOKU_DIM);
    }
    for maze in mazes(5) {
        assert_eq!(embedding::maze(&maze).len(), embedding::MAZE_DIM);
    }
}
