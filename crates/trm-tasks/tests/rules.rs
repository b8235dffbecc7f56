//! Puzzles of files of rules: the built-in Sudoku gives the bits of Sudoku, and weights follow their kinds.

use puzzles::rules::{Recipe, Rules, generate};
use puzzles::sudoku::Grid;
use std::sync::Arc;
use trm_core::{Model, TrmEngine};
use trm_tasks::{
    Item, RulesTask, SudokuTask, Task, TaskError, fit_rules, init_rules, rules_builder, rules_of, shaped,
    sudoku_builder,
};

const EASY: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

/// Fresh weights with a head that is not zero.
fn sudoku() -> Model {
    let mut model = Model::new(shaped(sudoku_builder(), 16, 16, 2).expect("valid")).expect("valid");
    let head = model.layout().get("head.weight").expect("there").range.clone();
    model.params[head].iter_mut().enumerate().for_each(|(i, w)| *w = (i as f32 + 0.5).sin());
    model
}

fn variant(groups: &str) -> Rules {
    let text = format!(
        "name = \"x\"\ngrid = [9, 9]\nsymbols = \"123456789\"\ngroups = [
        {{ name = \"row\", cells = \"rows\", kind = \"line\" }},
        {{ name = \"column\", cells = \"columns\", kind = \"line\" }},
        {groups} ]"
    );
    Rules::parse(&text).expect("rules")
}

#[test]
fn the_file_of_sudoku_gives_the_bits_of_sudoku() {
    let (model, rules) = (sudoku(), Arc::new(Rules::sudoku()));
    let puzzle = rules.puzzle(EASY, &[]).expect("a puzzle");
    let grid = Grid::parse(EASY).expect("a grid");
    let task = RulesTask::new(rules.clone());
    let (ours, theirs) = (task.encode(&puzzle), SudokuTask::default().encode(&grid));
    assert_eq!((&ours.question, &ours.answer), (&theirs.question, &theirs.answer));
    assert_eq!(task.decode_question(&ours.question, 1), Some(puzzle.clone()));
    assert!(ours.relations.is_none());
    let fitted = fit_rules(&model, &rules).expect("the same kinds");
    assert_eq!(fitted.n_turns(), 1);
    let expected = TrmEngine::from(model).reason(&theirs.question, &theirs.answer, Some(4));
    assert_eq!(fitted.reason(&ours.question, &ours.answer, Some(4)), expected);
    assert_eq!(
        task.decode(&puzzle, &expected.answer),
        SudokuTask::default().decode(&grid, &expected.answer).cells()
    );
}

#[test]
fn a_model_carries_its_puzzle() {
    let rules = Rules::sudoku();
    let model = fit_rules(&sudoku(), &rules).expect("the same kinds");
    let again = Model::from_bytes(&model.model().to_bytes().expect("valid")).expect("as written");
    assert_eq!(rules_of(&again).expect("a file"), Some(rules));
    assert_eq!(rules_of(&sudoku()).expect("none"), None);
}

#[test]
fn weights_follow_their_kinds() {
    let model = sudoku();
    let latin = fit_rules(&model, &variant("")).expect("cells and lines").model().clone();
    let matrices = |model: &Model| {
        let range = model.layout().get("blocks.0.groups.weight").expect("there").range.clone();
        model.params[range].to_vec()
    };
    let all = matrices(&model);
    assert_eq!(matrices(&latin), all[..all.len() / 2], "cell and line");
    let knight = variant("{ name = \"knight\", cells = \"knight moves\" }");
    match fit_rules(&latin, &knight) {
        Err(TaskError::UnknownKinds { kinds, known }) => {
            assert_eq!((kinds, known), (vec!["knight".into()], vec!["cell".into(), "line".into()]));
        }
        other => panic!("{other:?}"),
    }
    let begun = init_rules(&latin, &knight).expect("zeros");
    let (old, new) = (matrices(&latin), matrices(&begun));
    assert_eq!(new[..old.len()], old);
    assert!(new[old.len()..].iter().all(|w| *w == 0.0) && new.len() == old.len() / 2 * 3);
    let maze = Model::new(shaped(trm_tasks::maze_builder(), 8, 8, 1).expect("valid")).expect("valid");
    assert!(matches!(fit_rules(&maze, &knight), Err(TaskError::NoPuzzle)));
}

#[test]
fn groups_that_the_weights_do_not_know_take_turns() {
    let model = sudoku();
    let two = "{ name = \"box\", cells = \"boxes 3x3\" }, { name = \"window\", cells = [\"r2c2:r4c4\"], kind = \"box\" }";
    let rules = Arc::new(variant(two));
    let engine = fit_rules(&model, &rules).expect("the kinds of Sudoku");
    assert_eq!(engine.n_turns(), 2);
    let task = RulesTask::new(rules.clone());
    let encoded = task.encode(&rules.puzzle(EASY, &[]).expect("a puzzle"));
    let sudoku = TrmEngine::from(model);
    let run = |engine: &TrmEngine, k| engine.reason(&encoded.question, &encoded.answer, Some(k)).answer;
    // At first each cell hears its row, column and box, as a Sudoku does; the window has the second step.
    assert_eq!(run(&engine, 1), run(&sudoku, 1));
    assert_ne!(run(&engine, 2), run(&sudoku, 2));
    assert_eq!(run(&engine.clone().with_threads(2), 2), run(&engine, 2));
    // Weights that were trained with such groups hear all of them at once.
    let own = fit_rules(engine.model(), &rules).expect("its own");
    assert_eq!(own.n_turns(), 1);
    assert_ne!(run(&own, 1), run(&sudoku, 1));
    assert!(own.with_turns(&[1, 0, 1, 1]).is_err() && engine.with_turns(&[1]).is_err());
}

#[test]
fn groups_of_a_row_are_relations_of_its_question() {
    let rules =
        Arc::new(variant("{ name = \"region\", column = \"regions\", make = \"regions\", kind = \"box\" }"));
    let task = RulesTask::new(rules.clone());
    let engine = fit_rules(&sudoku(), &rules).expect("the kinds of Sudoku");
    let rows = generate(&rules, 2, 1, &Recipe::default(), &mut |_| {}).expect("puzzles");
    for row in rows {
        let Item { question, label, .. } = Item::<RulesTask>::from(row);
        assert_eq!(task.embedding(&question).len(), RulesTask::EMBEDDING_DIM);
        assert!(task.obeys_rules(&question, &label));
        let encoded = task.encode(&question);
        let own = engine.clone().with_relations(encoded.relations.expect("of its own")).expect("they fit");
        let answer = own.reason(&encoded.question, &encoded.answer, Some(2));
        assert_ne!(answer, engine.reason(&encoded.question, &encoded.answer, Some(2)));
    }
    let other = Model::new(shaped(rules_builder(&variant("")), 8, 8, 1).expect("valid")).expect("valid");
    let relations =
        task.encode(&rules.puzzle(&".".repeat(81), &[&".".repeat(81)]).expect("a board")).relations;
    assert!(TrmEngine::from(other).with_relations(relations.expect("there")).is_err(), "fewer matrices");
}
