//! A puzzle of one's own from Rust: a file of rules, its puzzles, a model trained on them, and what it solves.
//!
//! `cargo run --release -p trm-tasks --features train --example latin_square [STEPS]`
//!
//! `trm train FILE.toml` does the same from a terminal.

use puzzles::rules::{Recipe, Rules, generate};
use std::sync::Arc;
use trm_core::{Model, TrmEngine};
use trm_tasks::{Item, RulesStream, RulesTask, Task, rules_builder, shaped};
use trm_train::{OptimizerConfig, TrainConfig, Trainer};

/// Each digit once in every row and column.
const LATIN_7: &str = r#"
name = "Latin square of 7"
grid = [7, 7]
symbols = "1234567"
groups = [
  { name = "row", cells = "rows", kind = "line" },
  { name = "column", cells = "columns", kind = "line" },
]
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(1500), |steps| steps.parse())?;
    let rules = Arc::new(Rules::parse(LATIN_7)?);
    let task = RulesTask::new(rules.clone());
    // Up to half of the blanks of the puzzles to learn from are given back; those to judge by have no given to spare.
    let easier = Recipe { extra: 0.5, ..Recipe::default() };
    let train = generate(&rules, 2000, 1, &easier, &mut |_| {})?;
    let unseen = generate(&rules, 200, 2, &Recipe::default(), &mut |_| {})?;

    let stream = RulesStream::new(task.clone(), train, 0)?;
    let model = Model::new(shaped(rules_builder(&rules).latent_iterations(3).max_k(32), 16, 32, 2)?)?;
    let optimizer = OptimizerConfig { learning_rate: 5e-3, ema: 0.99, ..OptimizerConfig::default() };
    let config = TrainConfig { steps, batch: 16, optimizer, ..TrainConfig::default() };
    let mut trainer = Trainer::new(model, config, &stream)?;
    for step in 1..=steps {
        trainer.step()?;
        if step % (steps / 10).max(1) == 0 {
            let now = trainer.progress();
            println!("step {step}: loss {:.3}, {:.0} s", now.loss, now.seconds);
        }
    }

    let engine = TrmEngine::from(trainer.averaged());
    let solves = |row| {
        let Item { question, .. } = Item::<RulesTask>::from(row);
        let encoded = task.encode(&question);
        let result = engine.reason(&encoded.question, &encoded.answer, None);
        // The rules judge, not the label.
        task.obeys_rules(&question, &task.decode(&question, &result.answer))
    };
    let n = unseen.len();
    let n_solved = unseen.into_iter().filter(|row| solves(row.clone())).count();
    println!("solved_rate {:.1} % of {n} unseen squares", 100.0 * n_solved as f64 / n as f64);
    Ok(())
}
