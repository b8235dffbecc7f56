//! How a model came to be: a note for each command that made it.

use trm_core::Model;
use trm_tasks::PUZZLE_NOTE;

/// Notes what was done to the model, as its next phase. The puzzle file that it may carry is none.
pub fn note(model: &mut Model, command: String) {
    let n_before = model.note.keys().filter(|key| *key != PUZZLE_NOTE).count();
    model.note.insert(format!("phase {}", n_before + 1), command);
}
