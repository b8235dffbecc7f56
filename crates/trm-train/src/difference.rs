//! What differs between two configurations, by the names of their fields.

use serde_json::Value;

/// Longer values are said to differ, and not printed.
const MAX_VALUE_CHARS: usize = 80;
/// More differences are counted, and not printed.
const MAX_DIFFERENCES: usize = 8;

/// The fields that differ between two JSON texts, each with both values.
pub fn differences(old: &str, new: &str) -> String {
    let parse = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let mut found = Vec::new();
    compare(String::new(), &parse(old), &parse(new), &mut found);
    let n_more = found.len().saturating_sub(MAX_DIFFERENCES);
    found.truncate(MAX_DIFFERENCES);
    if n_more > 0 {
        found.push(format!("and {n_more} more"));
    }
    match found.is_empty() {
        true => "its configuration is written in another way".into(),
        false => found.join(", "),
    }
}

fn compare(name: String, old: &Value, new: &Value, found: &mut Vec<String>) {
    let below = |part: &str| match name.as_str() {
        "" => part.to_owned(),
        name => format!("{name}.{part}"),
    };
    match (old, new) {
        _ if old == new => {}
        (Value::Object(a), Value::Object(b)) => {
            let mut fields: Vec<&String> = a.keys().chain(b.keys()).collect();
            fields.sort();
            fields.dedup();
            for field in fields {
                let value = |of: &serde_json::Map<String, Value>| of.get(field).cloned().unwrap_or_default();
                compare(below(field), &value(a), &value(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() && name.is_empty() => {
            // Model, training and data: their fields have names of their own.
            a.iter().zip(b).for_each(|(a, b)| compare(String::new(), a, b, found));
        }
        _ => {
            let shown = |value: &Value| match value {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            let name = if name.is_empty() { "the data" } else { &name };
            let (old, new) = (shown(old), shown(new));
            if old.chars().count().max(new.chars().count()) > MAX_VALUE_CHARS {
                found.push(format!("{name} differs"));
            } else {
                found.push(format!("{name} was {old}, is {new}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::differences;

    #[test]
    fn fields_are_named_with_both_values() {
        let old = r#"[{"a":1,"m":{"x":[1,2]}},{"steps":5,"optimizer":{"ema":0.9}},"2 Sudoku"]"#;
        let new = r#"[{"a":1,"m":{"x":[1,3]}},{"steps":9,"optimizer":{"ema":0.8}},"3 Sudoku"]"#;
        assert_eq!(
            differences(old, new),
            "m.x was [1,2], is [1,3], optimizer.ema was 0.9, is 0.8, steps was 5, is 9, \
             the data was 2 Sudoku, is 3 Sudoku"
        );
        assert_eq!(differences(r#"{"a":1}"#, r#"{"b":1}"#), "a was 1, is null, b was null, is 1");
        let long = format!("\"{}\"", "x".repeat(100));
        assert_eq!(differences(&long, "\"y\""), "the data differs");
        assert_eq!(differences("1", "1.0"), "the data was 1, is 1.0");
        assert_eq!(differences("{} ", "{}"), "its configuration is written in another way");
    }
}
