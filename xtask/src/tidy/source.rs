//! Rust read as text: its tokens, without comments, strings and tests.

/// An identifier, a lifetime, a number, `::` or any other single character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub text: &'a str,
    /// From 1.
    pub line: usize,
}

impl Token<'_> {
    pub fn is_word(&self) -> bool {
        self.text.starts_with(is_word)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The tokens of `text`. Comments are dropped, and so is what stands in quotes.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut found, mut rest, mut line) = (Vec::new(), text, 1);
    while let Some(c) = rest.chars().next() {
        let (length, kept) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (comment(rest), false)
        } else if let Some(length) = quoted(rest) {
            (length, false)
        } else if rest.starts_with("::") {
            (2, true)
        } else if is_word(c) || c == '\'' {
            // r#type, x_1, 0xff, 'a
            let raw = if rest.starts_with("r#") { 2 } else { c.len_utf8() };
            (raw + rest[raw..].find(|c| !is_word(c)).unwrap_or(rest.len() - raw), true)
        } else {
            (c.len_utf8(), !c.is_whitespace())
        };
        let (token, after) = rest.split_at(length);
        if kept {
            found.push(Token { text: token, line });
        }
        line += token.matches('\n').count();
        rest = after;
    }
    found
}

/// The length of the block comment that `text` starts with; block comments nest.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of the string or character that `text` starts with, if it is one.
fn quoted(text: &str) -> Option<usize> {
    let prefix = text.find(['"', '\'', '#']).filter(|n| *n <= 2)?;
    let (letters, rest) = text.split_at(prefix);
    if !["", "b", "c", "r", "br", "cr"].contains(&letters) {
        return None;
    }
    if letters.ends_with('r') {
        let n_marks = rest.len() - rest.trim_start_matches('#').len();
        let body = rest[n_marks..].strip_prefix('"')?;
        let end = format!("\"{}", &rest[..n_marks]);
        return Some(body.find(&end).map_or(text.len(), |n| prefix + n_marks + 1 + n + end.len()));
    }
    let quote = rest.chars().next().filter(|c| *c != '#')?;
    let mut characters = rest.char_indices().skip(1);
    let (_, first) = characters.next()?;
    // 'a' is a character, 'a and '_ are lifetimes.
    if quote == '\'' && first != '\\' && characters.clone().next().is_none_or(|(_, c)| c != '\'') {
        return None;
    }
    let mut escaped = first == '\\';
    if first == quote {
        return Some(prefix + 2);
    }
    for (at, c) in characters {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(prefix + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// The tokens that are built outside tests: without what `#[cfg(test)]` stands before.
pub fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        match attribute(&tokens[at..]) {
            Some(n) if is_for_tests(&tokens[at..at + n]) => {
                // An attribute of the whole file: #![cfg(test)]
                if tokens[at + 1].text == "!" {
                    return Vec::new();
                }
                at += n;
                at += item(&tokens[at..]);
            }
            _ => {
                kept.push(tokens[at]);
                at += 1;
            }
        }
    }
    kept
}

/// The number of tokens of the attribute that `tokens` starts with.
fn attribute(tokens: &[Token]) -> Option<usize> {
    let marks = tokens.iter().take_while(|t| ["#", "!"].contains(&t.text)).count();
    let is_one = tokens[0].text == "#" && tokens.get(marks).is_some_and(|t| t.text == "[");
    is_one.then(|| marks + bracketed(&tokens[marks..]))
}

/// The number of tokens up to the bracket that closes the first one.
fn bracketed(tokens: &[Token]) -> usize {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    tokens.len()
}

/// True for `cfg(test)` and `cfg(all(test, ..))`, not for `cfg(not(test))`.
fn is_for_tests(attribute: &[Token]) -> bool {
    let words: Vec<&str> = attribute.iter().filter(|t| t.is_word()).map(|t| t.text).collect();
    words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not")
}

/// The number of tokens of the item that `tokens` starts with, its further attributes included.
fn item(tokens: &[Token]) -> usize {
    let mut at = 0;
    while let Some(n) = tokens.get(at..).filter(|rest| !rest.is_empty()).and_then(attribute) {
        at += n;
    }
    let words = tokens[at..].iter().take_while(|t| t.is_word() || t.text == "(");
    // `use a::{b, c};` ends at its semicolon; other items at a semicolon or with their body.
    let ends_at_semicolon = words.into_iter().any(|t| ["use", "const", "static", "let"].contains(&t.text));
    while let Some(token) = tokens.get(at) {
        match token.text {
            ";" => return at + 1,
            "{" if !ends_at_semicolon || is_function(&tokens[..at]) => return at + bracketed(&tokens[at..]),
            "(" | "[" | "{" => at += bracketed(&tokens[at..]),
            _ => at += 1,
        }
    }
    tokens.len()
}

/// True where the tokens of an item name a function: `const fn f()` has a body.
fn is_function(tokens: &[Token]) -> bool {
    tokens.iter().any(|t| t.text == "fn")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn comments_and_strings_are_no_tokens() {
        assert_eq!(words("a // b\n/* c /* d */ e */ f"), ["a", "f"]);
        assert_eq!(words(r###"a "b \" c" d r#"e " f"# g b"h" br"\" i"###), ["a", "d", "g", "i"]);
        assert_eq!(words(r"'a' 'b '\'' '\u{1}' x::<'_>"), ["'b", "x", "::", "<", "'_", ">"]);
        assert_eq!(words("r#type rest b'c' crate::d"), ["r#type", "rest", "crate", "::", "d"]);
        let lines: Vec<usize> = tokens("a\n\"\n\"\n/*\n*/ b").iter().map(|t| t.line).collect();
        assert_eq!(lines, [1, 5]);
    }

    #[test]
    fn tests_are_left_out() {
        let kept = |text: &'static str| {
            without_tests(&tokens(text)).into_iter().map(|t| t.text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(kept("a; #[cfg(test)] mod tests { use b; fn c() {} } d;"), "a ; d ;");
        assert_eq!(kept("#[cfg(test)] mod tests; a"), "a");
        assert_eq!(kept("#[cfg(test)] use b::{c, d}; a"), "a");
        assert_eq!(kept("#[cfg(all(test, unix))] #[derive(X)] struct S(u8); a"), "a");
        assert_eq!(kept("#[cfg(test)] const X: [u8; 2] = [1; 2]; a"), "a");
        assert_eq!(kept("#[cfg(test)] pub const fn x() -> [u8; 2] { y; } a"), "a");
        assert_eq!(kept("#[cfg(test)] impl S { const X: u8 = 1; } a"), "a");
        assert_eq!(kept("#[cfg(not(test))] a"), "# [ cfg ( not ( test ) ) ] a");
        assert_eq!(kept("#![cfg(test)] a"), "");
    }
}
