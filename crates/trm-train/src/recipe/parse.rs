//! From the text of a recipe to its phases, each fault with its place.

use super::options::{Options, Settings};
use super::phase::{Phase, Weights, Work};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// What is wrong, and where.
#[derive(Debug)]
pub struct Fault {
    at: Range<usize>,
    pub reason: String,
}

impl Fault {
    /// The line of `text`, from 1.
    pub fn line(&self, text: &str) -> usize {
        line(text, self.at.start)
    }
}

fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

type Result<T> = std::result::Result<T, Fault>;

fn fault<T>(at: &Range<usize>, reason: impl Into<String>) -> Result<T> {
    Err(Fault { at: at.clone(), reason: reason.into() })
}

/// The puzzle and the phases of a recipe.
pub fn parse(text: &str) -> Result<(String, Vec<Phase>)> {
    let whole = 0..0;
    let mut table = DeTable::parse(text).map_err(|error| read_fault(&error, &whole))?.into_inner();
    let Some(puzzle) = take::<Spanned<String>>(&mut table, "puzzle", &whole)? else {
        return fault(&whole, "puzzle is missing");
    };
    if !is_name(puzzle.get_ref()) {
        return fault(&puzzle.span(), format!("the puzzle {:?} is no name", puzzle.get_ref()));
    }
    let defaults = match table.remove("defaults") {
        Some(value) => {
            let span = value.span();
            let defaults = options(value)?;
            if defaults.init.is_some() || defaults.until.is_some() {
                return fault(&span, "`init` and `until` belong to single phases");
            }
            defaults
        }
        None => Options::default(),
    };
    let Some(entries) = table.remove("phase") else {
        return fault(&whole, "there is no [[phase]]");
    };
    if let Some((key, _)) = table.into_iter().next() {
        let known = "`puzzle`, `defaults` or `phase`";
        return fault(&key.span(), format!("unknown field `{}`, expected {known}", key.get_ref()));
    }
    let span = entries.span();
    let DeValue::Array(entries) = entries.into_inner() else {
        return fault(&span, "phases are written as [[phase]]");
    };
    let mut phases = Vec::new();
    for entry in entries {
        let phase = phase(entry, &defaults, &phases, text)?;
        phases.push(phase);
    }
    if phases.is_empty() { fault(&span, "there is no [[phase]]") } else { Ok((puzzle.into_inner(), phases)) }
}

fn read_fault(error: &toml::de::Error, within: &Range<usize>) -> Fault {
    Fault { at: error.span().unwrap_or_else(|| within.clone()), reason: error.message().into() }
}

/// Takes the value of a key out of a table.
fn take<'de, T: Deserialize<'de>>(
    table: &mut DeTable<'de>,
    key: &str,
    within: &Range<usize>,
) -> Result<Option<T>> {
    let Some(value) = table.remove(key) else { return Ok(None) };
    T::deserialize(ValueDeserializer::from(value)).map(Some).map_err(|error| read_fault(&error, within))
}

fn options(value: Spanned<DeValue>) -> Result<Options> {
    let span = value.span();
    let options = Options::deserialize(ValueDeserializer::from(value)).map_err(|e| read_fault(&e, &span))?;
    match options.not_finite() {
        Some(name) => fault(&span, format!("{name} is not a finite number")),
        None => Ok(options),
    }
}

/// Names become parts of paths.
fn is_name(name: &str) -> bool {
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    letters && (1..=64).contains(&name.len())
}

/// Reads the phase that follows `earlier` ones.
fn phase(entry: Spanned<DeValue>, defaults: &Options, earlier: &[Phase], text: &str) -> Result<Phase> {
    let span = entry.span();
    let DeValue::Table(mut table) = entry.into_inner() else {
        return fault(&span, "phases are written as [[phase]]");
    };
    let name = take::<Spanned<String>>(&mut table, "name", &span)?;
    let from = take::<Spanned<String>>(&mut table, "from", &span)?;
    let resume = take::<Spanned<String>>(&mut table, "resume", &span)?;
    let mean = take::<Spanned<Vec<Spanned<String>>>>(&mut table, "mean", &span)?;
    let set = take::<Spanned<Settings>>(&mut table, "set", &span)?;
    let own = options(Spanned::new(span.clone(), DeValue::Table(table)))?;
    let line = line(text, span.start);
    if let Some(run) = resume {
        let until_alone = Options { until: own.until, ..Options::default() };
        if name.is_some() || from.is_some() || mean.is_some() || set.is_some() || own != until_alone {
            return fault(&span, "a phase that resumes a run takes `until` and nothing else");
        }
        return resumed(&run, own.until, earlier, line);
    }
    let Some(name) = name else { return fault(&span, "a phase needs a `name`, or a run to `resume`") };
    if !is_name(name.get_ref()) {
        let reason = "a name is of 1 to 64 letters, digits, - and _";
        return fault(&name.span(), format!("{:?}: {reason}", name.get_ref()));
    }
    if earlier.iter().any(|phase| phase.name == *name.get_ref()) {
        return fault(&name.span(), format!("there is a phase {:?} already", name.get_ref()));
    }
    let name = name.into_inner();
    let from_last = || earlier.last().map(|phase| Weights { phase: phase.name.clone(), step: None });
    if let Some(set) = set {
        if mean.is_some() || own != Options::default() {
            return fault(&set.span(), "a phase that sets something takes `from` and nothing else");
        }
        let of = from.map_or_else(|| Ok(from_last()), |from| found(&from, earlier).map(Some))?;
        return Ok(Phase { name, line, work: settings(set, of)? });
    }
    let work = match (mean, from) {
        (Some(mean), from) => {
            if from.is_some() || own != Options::default() {
                return fault(&mean.span(), "a mean takes no options");
            }
            if mean.get_ref().len() < 2 {
                return fault(&mean.span(), "a mean takes two weights or more");
            }
            let of = mean.into_inner();
            Work::Mean(of.iter().map(|weights| found(weights, earlier)).collect::<Result<_>>()?)
        }
        (None, Some(from)) if own.init.is_some() => {
            return fault(&from.span(), "`from` and `init` both name weights to start from");
        }
        (None, from) => {
            let from = match from {
                Some(from) => Some(found(&from, earlier)?),
                None if own.init.is_some() => None,
                None => from_last(),
            };
            Work::Train { from, options: Box::new(own.or(defaults)) }
        }
    };
    Ok(Phase { name, line, work })
}

/// Writes settings into the file of these weights.
fn settings(set: Spanned<Settings>, of: Option<Weights>) -> Result<Work> {
    let span = set.span();
    let Some(of) = of else { return fault(&span, "there are no earlier weights") };
    let settings = set.into_inner();
    match settings.not_finite() {
        Some(name) => fault(&span, format!("{name} is not a finite number")),
        None if settings == Settings::default() => fault(&span, "nothing to set"),
        None => Ok(Work::Set(of, Box::new(settings))),
    }
}

/// Goes on with the run of an earlier phase.
fn resumed(run: &Spanned<String>, until: Option<u64>, earlier: &[Phase], line: usize) -> Result<Phase> {
    let (span, name) = (run.span(), run.get_ref());
    let of_that_name = earlier.iter().rev().find(|phase| phase.name == *name);
    let Some(Work::Train { from, options }) = of_that_name.map(|phase| &phase.work) else {
        return fault(&span, format!("no earlier phase trains {name:?}"));
    };
    let further = Options { until, ..(**options).clone() };
    if let (Some(before), Some(now)) = (stop(options), stop(&further))
        && now <= before
    {
        return fault(&span, format!("{name:?} has come to step {before} already"));
    }
    let work = Work::Train { from: from.clone(), options: Box::new(further) };
    Ok(Phase { name: name.clone(), line, work })
}

/// The step at which a run stops, where its options say.
fn stop(options: &Options) -> Option<u64> {
    match (options.until, options.steps) {
        (Some(until), Some(steps)) => Some(until.min(steps)),
        (until, steps) => until.or(steps),
    }
}

/// Weights of an earlier phase, which that phase does leave.
fn found(weights: &Spanned<String>, earlier: &[Phase]) -> Result<Weights> {
    let (span, text) = (weights.span(), weights.get_ref());
    let Ok(weights) = text.parse::<Weights>() else {
        return fault(&span, format!("{text:?} is not NAME or NAME@STEP"));
    };
    let named: Vec<&Phase> = earlier.iter().filter(|phase| phase.name == weights.phase).collect();
    if named.is_empty() {
        return fault(&span, format!("there is no earlier phase {:?}", weights.phase));
    }
    let Some(step) = weights.step else { return Ok(weights) };
    let leaves = |phase: &&Phase| match &phase.work {
        Work::Train { options, .. } => stop(options).is_none_or(|stop| stop == step),
        Work::Mean(_) | Work::Set(..) => false,
    };
    if named.iter().any(leaves) {
        Ok(weights)
    } else {
        fault(&span, format!("no earlier phase {:?} stops at step {step}", weights.phase))
    }
}
