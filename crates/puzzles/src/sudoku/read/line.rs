//! A text as lines: which are puzzles, which are comments, titles and rules.

/// Sections that hold no puzzle, where another does or not.
const OTHER_SECTIONS: [&str; 10] = [
    "state",
    "pencilmarks",
    "comment",
    "comments",
    "author",
    "description",
    "solution",
    "solutioncount",
    "note",
    "settings",
];

/// A line without its comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
    /// What stands behind `#`.
    pub(super) comment: &'a str,
}

impl Line<'_> {
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether the line holds rules and corners alone, with or without bars. Where dashes are blanks, a line
    /// of nothing but dashes and bars is a rule or not as `dashes_rule` says.
    pub(super) fn is_rule(&self, dashes_rule: bool) -> bool {
        let text = self.text.trim();
        let is_part = |c: char| is_decoration(c) || matches!(c, '-' | '*' | '.');
        if text.is_empty() || !text.chars().all(is_part) {
            return false;
        }
        let is_line =
            |c: char| matches!(c, '=' | '+') || ('\u{2500}'..='\u{257f}').contains(&c) && !is_bar(c);
        // Corners as HoDoKu and SadMan draw them: .---. '---' *---*
        let has_corner = text.contains("*-") || text.contains(".-") || text.contains("'-");
        text.chars().any(is_line) || text.contains('-') && (dashes_rule || has_corner && text.contains("---"))
    }
}

/// Bars between cells.
pub(super) fn is_bar(c: char) -> bool {
    matches!(c, '|' | '¦' | '│' | '┃' | '║' | '┆' | '┊' | '╎')
}

/// What may stand between cells and is none. Dashes are not among them: they may be blanks.
pub(super) fn is_decoration(c: char) -> bool {
    let is_box_drawing = ('\u{2500}'..='\u{257f}').contains(&c);
    let is_mark = matches!(c, '+' | '=' | ':' | ';' | ',' | '\'' | '"' | '[' | ']' | '(' | ')' | '{' | '}');
    is_mark || c.is_whitespace() || is_bar(c) || is_box_drawing
}

/// The lines of each puzzle section, else of what no section header names; comments are left out.
pub(super) fn sections(text: &str) -> Vec<Vec<Line<'_>>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut sections: Vec<(Option<String>, Vec<Line<'_>>)> = vec![(None, Vec::new())];
    for (i, full) in lines(text).enumerate() {
        if let Some(name) = section_name(full) {
            sections.push((Some(name), Vec::new()));
            continue;
        }
        let (text, comment) = full.split_once('#').unwrap_or((full, ""));
        // A comment of its own is no empty line: those may divide puzzles.
        let is_comment = text.len() < full.len() && text.trim().is_empty();
        if let (false, Some((_, lines))) = (is_comment, sections.last_mut()) {
            lines.push(Line { number: i + 1, text, comment });
        }
    }
    sections.retain(|(_, lines)| lines.iter().any(|line| !line.is_blank()));
    let is_puzzle = |name: &Option<String>| name.as_deref() == Some("puzzle");
    if sections.iter().any(|(name, _)| is_puzzle(name)) {
        sections.retain(|(name, _)| is_puzzle(name));
    } else if sections.len() > 1 {
        let is_other =
            |name: &Option<String>| name.as_deref().is_some_and(|name| OTHER_SECTIONS.contains(&name));
        sections.retain(|(name, _)| !is_other(name));
    }
    sections.into_iter().map(|(_, lines)| lines).collect()
}

/// Lines, however they end.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    // `\r\n` is one end.
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// `[Puzzle]` as `puzzle`.
fn section_name(line: &str) -> Option<String> {
    let name = line.trim().strip_prefix('[')?.strip_suffix(']')?;
    let is_name = name.len() > 2 && name.chars().all(|c| c.is_ascii_alphabetic() || c == ' ');
    is_name.then(|| name.trim().to_ascii_lowercase())
}
