//! Puzzles of a file of rules as a task, and models that carry such a file.
//!
//! Tokens are candidates, as those of Sudoku are: one for each cell and symbol, with the features `open` and `given`.
//! A candidate that a given excludes has neither, and the net does not compute it: this elimination by the givens is
//! part of the encoding, and all that is worked out beforehand.

use crate::builders::GROUP_SCALE;
use crate::error::{Result, TaskError};
use crate::task::{CandidateTask, Encoded, Item, Score, Task};
use puzzles::rules::{self, CELL_KIND, Puzzle, Rule, Rules, Structure, TRIAD_KIND};
use std::sync::Arc;
use trm_core::{
    GroupRelation, Mixer, Model, NONE, Output, Relations, TrmConfig, TrmConfigBuilder, TrmEngine, TrmError,
};

/// The note of a model file that holds its file of rules.
pub const PUZZLE_NOTE: &str = "puzzle";
/// The kinds of weights of a Sudoku model, by its matrices.
const SUDOKU_KINDS: [&str; 4] = [CELL_KIND, "line", "box", TRIAD_KIND];
/// The tensor of the matrices: those of all kinds, one below the other.
const GROUPS: &str = "groups.weight";
/// Length of an embedding.
const DIM: usize = 19;
/// The rounds after which cells are counted; they are counted again at the end.
const ROUNDS: [usize; 6] = [1, 2, 4, 8, 16, 32];

/// Puzzles of one file of rules.
#[derive(Clone, Debug)]
pub struct RulesTask {
    rules: Arc<Rules>,
    template: Arc<Structure>,
}

impl RulesTask {
    /// The task of a file.
    #[must_use]
    pub fn new(rules: Arc<Rules>) -> Self {
        RulesTask { template: rules.template(), rules }
    }

    /// The file.
    #[must_use]
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// The relations of a puzzle, where they are not those of all.
    fn relations(&self, puzzle: &Puzzle) -> Option<Arc<Relations>> {
        self.rules.structure().is_none().then(|| Arc::new(relations(&puzzle.structure)))
    }

    /// A puzzle with its answer as a training sample.
    #[cfg(feature = "train")]
    #[must_use]
    pub fn sample(&self, row: &rules::Row) -> trm_train::Sample {
        trm_train::Sample {
            question: row.puzzle.encode(),
            width: 1,
            answer: trm_train::Answer::Marks(row.puzzle.structure.marks(&row.solution)),
            rating: row.rating,
            relations: self.relations(&row.puzzle),
            process: None,
        }
    }
}

impl Task for RulesTask {
    type Question = Puzzle;
    /// The symbols of the cells from 1, 0 for a blank.
    type Answer = Vec<u8>;
    const NAME: &'static str = "puzzle";
    const RATES: &'static [&'static str] = &["exact_accuracy", "solved_rate"];
    const BANDS: &'static [f32] = &[0.0, 1.0, 10.0, 30.0, 60.0];
    const EMBEDDING_DIM: usize = DIM;
    const SETTLED: f32 = 0.995;

    fn encode(&self, question: &Puzzle) -> Encoded {
        let answer = vec![0.0; question.structure.n_cells * question.structure.n_symbols];
        Encoded { question: question.encode(), answer, grid: None, relations: self.relations(question) }
    }

    /// The puzzle without the groups that came with it, of which its tensor knows nothing.
    fn decode_question(&self, encoded: &[f32], _: usize) -> Option<Puzzle> {
        let n = self.template.n_symbols;
        if encoded.len() != 2 * n * self.template.n_cells {
            return None;
        }
        let given = |cell: &[f32]| cell.chunks_exact(2).position(|candidate| candidate[1] != 0.0);
        let cells = encoded.chunks_exact(2 * n).map(|cell| given(cell).map_or(0, |symbol| symbol as u8 + 1));
        Some(Puzzle { structure: self.template.clone(), cells: cells.collect(), columns: Vec::new() })
    }

    /// Counts of blanks and open candidates, by themselves and after rounds of filling naked and hidden singles; groups
    /// that come with a puzzle do not count.
    fn embedding(&self, question: &Puzzle) -> Vec<u16> {
        let mut puzzle = Puzzle { structure: self.template.clone(), ..question.clone() };
        let count = |n: usize| n.min(usize::from(u16::MAX)) as u16;
        let n_blank = |puzzle: &Puzzle| puzzle.cells.len() - puzzle.n_givens();
        let n_open = |open: &[u64]| open.iter().map(|c| c.count_ones() as usize).sum::<usize>();
        let open = puzzle.open();
        let mut found = vec![count(puzzle.n_givens()), count(n_open(&open))];
        for n in 1..=8 {
            found.push(count(open.iter().filter(|open| open.count_ones() == n).count()));
        }
        let mut n_rounds = 0;
        for until in ROUNDS.into_iter().chain([puzzle.cells.len()]) {
            while n_rounds < until && fill_singles(&mut puzzle) {
                n_rounds += 1;
            }
            found.push(count(n_blank(&puzzle)));
        }
        found.extend([count(n_open(&puzzle.open())), count(n_rounds)]);
        found
    }

    fn decode(&self, question: &Puzzle, answer: &[f32]) -> Vec<u8> {
        question.structure.decode(answer)
    }

    fn text(&self, _: &Puzzle, answer: &Vec<u8>) -> String {
        self.rules.text(answer)
    }

    fn fault(&self, question: &Puzzle, answer: &Vec<u8>) -> Option<String> {
        self.rules.fault(question, answer).map(|fault| fault.to_string())
    }

    fn obeys_rules(&self, question: &Puzzle, answer: &Vec<u8>) -> bool {
        self.rules.fault(question, answer).is_none()
    }

    fn score(&self, question: &Puzzle, answer: &Vec<u8>, label: &Vec<u8>) -> Score {
        Score {
            marks: [answer == label, self.obeys_rules(question, answer), false, false],
            n_cells_right: answer.iter().zip(label).filter(|(a, b)| a == b).count(),
            n_cells: label.len(),
        }
    }
}

impl CandidateTask for RulesTask {
    fn n_symbols(&self) -> usize {
        self.template.n_symbols
    }

    fn cells<'a>(&self, question: &'a Puzzle) -> &'a [u8] {
        &question.cells
    }

    fn filled(&self, question: &Puzzle, cell: usize, symbol: u8) -> Puzzle {
        let mut filled = question.clone();
        filled.cells[cell] = symbol;
        filled
    }
}

impl From<rules::Row> for Item<RulesTask> {
    fn from(row: rules::Row) -> Self {
        Item { question: row.puzzle, label: row.solution, rating: row.rating, source: row.source }
    }
}

/// Fills all naked and hidden singles at once; returns whether there was one.
fn fill_singles(puzzle: &mut Puzzle) -> bool {
    let (open, structure) = (puzzle.open(), puzzle.structure.clone());
    let before = puzzle.n_givens();
    for (cell, open) in puzzle.cells.iter_mut().zip(&open) {
        if open.count_ones() == 1 {
            *cell = open.trailing_zeros() as u8 + 1;
        }
    }
    for group in &structure.groups {
        let needed = match group.rule {
            Rule::AllDifferent if group.cells.len() == structure.n_symbols => u64::MAX,
            Rule::ExactlyOne(symbol) => 1 << symbol,
            _ => continue,
        };
        let (mut one, mut two) = (0, 0);
        for cell in &group.cells {
            let open = open[*cell as usize];
            two |= one & open;
            one |= open;
        }
        for cell in &group.cells {
            let single = open[*cell as usize] & one & !two & needed;
            if single != 0 {
                puzzle.cells[*cell as usize] = single.trailing_zeros() as u8 + 1;
            }
        }
    }
    puzzle.n_givens() > before
}

/// The relations of a structure, for a model.
fn relations(structure: &Structure) -> Relations {
    let group = |group: &u32| if *group == rules::NO_GROUP { NONE } else { *group };
    let relation = |relation: &rules::Relation| GroupRelation {
        name: relation.name.clone(),
        matrix: relation.kind,
        group_of: relation.group_of.iter().map(group).collect(),
    };
    Relations::Groups { scale: GROUP_SCALE, relations: structure.relations.iter().map(relation).collect() }
}

/// The builder of a model for a file of rules; the caller sets widths and depths.
#[must_use]
pub fn rules_builder(rules: &Rules) -> TrmConfigBuilder {
    TrmConfig::builder()
        .embedding_dim(2)
        .answer_dim(1)
        .given_feature(Some(1))
        .output(Output::GroupSoftmax { relation: 0 })
        .mixer(Mixer::Relational(relations(&rules.template())))
}

/// The file of rules that a model carries, if it does.
///
/// # Errors
/// [`TaskError::Puzzle`] where it cannot be read.
pub fn rules_of(model: &Model) -> Result<Option<Rules>> {
    let text = model.note.get(PUZZLE_NOTE);
    Ok(text.map(|text| Rules::parse(text)).transpose().map_err(puzzles::PuzzleError::from)?)
}

/// The kinds of weights that a model has, by its matrices.
fn kinds_of(model: &Model) -> Result<Vec<String>> {
    if let Some(rules) = rules_of(model)? {
        return Ok(rules.template().kinds.clone());
    }
    let config = model.config();
    match &config.mixer {
        Mixer::Relational(Relations::Groups { relations, .. }) => {
            let names: Vec<_> = relations.iter().map(|r| (r.name.as_str(), r.matrix)).collect();
            let sudoku =
                [("cell", 0), ("row", 1), ("column", 1), ("box", 2), ("triad_row", 3), ("triad_column", 3)];
            if names == sudoku {
                return Ok(SUDOKU_KINDS.map(String::from).into());
            }
            Err(TaskError::NoPuzzle)
        }
        _ => Err(TaskError::NoPuzzle),
    }
}

/// An engine for other rules, with the weights of a model: each kind of groups keeps its matrix. Where a cell is in more
/// groups of a kind than any cell of the model's own puzzle, they take turns: [`TrmEngine::with_turns`].
///
/// # Errors
/// [`TaskError::NoPuzzle`] for a model that is none of candidates, [`TaskError::UnknownKinds`] where the rules name
/// kinds of weights that it does not have.
pub fn fit_rules(model: &Model, rules: &Rules) -> Result<TrmEngine> {
    let fitted = transfer(model, rules, false)?;
    let (known, own) = (kinds_of(model)?, most_groups(model));
    let most = |kind: &String| known.iter().position(|known| known == kind).map(|kind| own[kind].max(1));
    let most: Vec<u32> = rules.template().kinds.iter().filter_map(most).collect();
    let takes_turns = most_groups(&fitted).iter().zip(&most).any(|(found, most)| found > most);
    let engine = TrmEngine::from(fitted);
    Ok(if takes_turns { engine.with_turns(&most)? } else { engine })
}

fn most_groups(model: &Model) -> Vec<u32> {
    match &model.config().mixer {
        Mixer::Relational(relations) => relations.most_groups(),
        _ => Vec::new(),
    }
}

/// [`fit_rules`] for training to go on from: kinds that the model does not have begin with zeros, which change no
/// answer.
///
/// # Errors
/// [`TaskError::NoPuzzle`] for a model that is none of candidates.
pub fn init_rules(model: &Model, rules: &Rules) -> Result<Model> {
    transfer(model, rules, true)
}

fn transfer(model: &Model, rules: &Rules, may_be_new: bool) -> Result<Model> {
    let (known, template) = (kinds_of(model)?, rules.template());
    let position = |kind: &String| known.iter().position(|known| known == kind);
    let from: Vec<Option<usize>> = template.kinds.iter().map(position).collect();
    let unknown = || template.kinds.iter().zip(&from).filter(|(_, from)| from.is_none());
    if !may_be_new && unknown().next().is_some() {
        let kinds = unknown().map(|(kind, _)| kind.clone()).collect();
        return Err(TaskError::UnknownKinds { kinds, known });
    }
    let mut config = model.config().clone();
    config.mixer = Mixer::Relational(relations(&template));
    let mut fitted = Model::new(config)?;
    let layout = fitted.layout().clone();
    for entry in &layout.entries {
        let other = model.layout().get(&entry.name);
        let other = other.ok_or_else(|| TrmError::MissingTensor { name: entry.name.clone() })?;
        let (to, other) = (&mut fitted.params[entry.range.clone()], &model.params[other.range.clone()]);
        if !entry.name.ends_with(GROUPS) {
            to.copy_from_slice(other);
            continue;
        }
        let size = to.len() / from.len();
        for (to, from) in to.chunks_exact_mut(size).zip(&from) {
            match from {
                Some(from) => to.copy_from_slice(&other[from * size..(from + 1) * size]),
                None => to.fill(0.0),
            }
        }
    }
    fitted.note.clone_from(&model.note);
    fitted.note.insert(PUZZLE_NOTE.into(), rules.source().into());
    Ok(fitted)
}
