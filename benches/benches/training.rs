//! Question-steps per second of the trainer: gradients, optimiser and fresh questions together, for one thread and two.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use puzzles::sudoku::Layout;
use trm_core::{Model, Precision};
use trm_tasks::{MazeStream, SudokuStream};
use trm_train::{Data, TrainConfig, Trainer};

const BATCH: usize = 32;
const THREADS: [usize; 2] = [1, 2];

fn config(precision: Precision) -> TrainConfig {
    let mut config = TrainConfig {
        batch: BATCH,
        precision,
        steps: 1 << 40,
        max_supervision_steps: 16,
        seed: 5,
        ..TrainConfig::default()
    };
    // The weights hardly move, so that the questions stay as hard as they are however long this runs.
    config.optimizer.learning_rate = 1e-9;
    config
}

fn pool(n_threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("threads")
}

fn case(c: &mut Criterion, name: &str, precision: Precision, model: &Model, data: &dyn Data) {
    let weights_of = |n_threads| {
        pool(n_threads).install(|| {
            let mut trainer = Trainer::new(model.clone(), config(precision), data).expect("a configuration");
            for _ in 0..2 {
                trainer.step().expect("a finite loss");
            }
            trainer.checkpoint().params
        })
    };
    let weights = weights_of(1);
    assert!(weights != *model.params && weights == weights_of(2), "the threads give other bits");
    let mut group = c.benchmark_group("Training");
    group.throughput(Throughput::Elements(BATCH as u64));
    for n_threads in THREADS {
        let pool = pool(n_threads);
        let mut trainer = Trainer::new(model.clone(), config(precision), data).expect("a configuration");
        let mut step = || pool.install(|| trainer.step().expect("a finite loss"));
        // The questions of a run are of all ages.
        (0..16).for_each(|_| step());
        group.bench_function(format!("{name}, {n_threads} threads"), |b| b.iter(&mut step));
    }
}

fn training(c: &mut Criterion) {
    let rows = puzzles::load_sudoku_extreme_dataset().expect("the committed set").rows;
    let sudoku = SudokuStream::new(vec![(rows, 1.0)], Layout::Candidates, 3).expect("rows");
    case(c, "Sudoku", Precision::F32, trm_models::sudoku().model(), &sudoku);
    case(c, "Sudoku in bf16", Precision::Bf16, trm_models::sudoku().model(), &sudoku);
    let maze = MazeStream {
        sides: (18, 30),
        min_path_per_side: 3.7,
        open_share: 0.25,
        goals_per_start: 64,
        perfect_share: 0.0,
        speed: 0,
        seed: 4,
    };
    case(c, "Maze", Precision::F32, trm_models::maze().model(), &maze);
    case(c, "Maze in bf16", Precision::Bf16, trm_models::maze().model(), &maze);
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = training
}
criterion_main!(benches);
