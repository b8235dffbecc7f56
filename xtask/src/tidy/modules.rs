//! The modules of a crate, and the paths by which one file reaches another.

use super::source::{Token, tokens, without_tests};
use super::workspace::Workspace;
use std::collections::HashMap;

/// One use of another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Indices into [`Modules::files`].
    pub from: usize,
    pub to: usize,
    /// Where the path stands in `from`.
    pub line: usize,
}

/// Tokens, each with the path of the module that it stands in.
type Code<'a> = Vec<(Token<'a>, Vec<&'a str>)>;

/// The files that a crate is built of, tests aside.
#[derive(Debug)]
pub struct Modules<'a> {
    pub files: Vec<&'a str>,
    /// The modules by their paths, those inside a file included, and the file of each.
    file_of: HashMap<Vec<&'a str>, usize>,
    /// That of each file.
    code: Vec<Code<'a>>,
}

impl<'a> Modules<'a> {
    /// Follows the `mod` lines from the file at `root`, the `lib.rs` or `main.rs` of a crate.
    pub fn of(workspace: &'a Workspace, root: &'a str) -> Self {
        let mut modules = Modules { files: Vec::new(), file_of: HashMap::new(), code: Vec::new() };
        let mut open = vec![(root, Vec::new())];
        while let Some((path, module)) = open.pop() {
            let Some(text) = workspace.text(path) else { continue };
            let file = modules.files.len();
            modules.files.push(path);
            modules.file_of.insert(module.clone(), file);
            let (code, children) = modules.walk(&without_tests(&tokens(text)), &module, file);
            modules.code.push(code);
            let folder = match path.rsplit_once('/') {
                Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder,
                _ => path.trim_end_matches(".rs"),
            };
            for child in children {
                let inside = child[module.len()..].join("/");
                let places = [format!("{folder}/{inside}.rs"), format!("{folder}/{inside}/mod.rs")];
                let found = workspace.files().find(|(path, _)| places.iter().any(|place| place == path));
                open.extend(found.map(|(path, _)| (path, child)));
            }
        }
        modules
    }

    /// The tokens of a file, each with its module, and the modules that have files of their own.
    fn walk(
        &mut self,
        tokens: &[Token<'a>],
        module: &[&'a str],
        file: usize,
    ) -> (Code<'a>, Vec<Vec<&'a str>>) {
        let (mut code, mut children) = (Vec::new(), Vec::new());
        let (mut here, mut depth, mut depths) = (module.to_vec(), 0, Vec::new());
        for (i, token) in tokens.iter().enumerate() {
            let follows_mod = i >= 2 && tokens[i - 2].text == "mod" && tokens[i - 1].is_word();
            match token.text {
                ";" if follows_mod => children.push([&here[..], &[tokens[i - 1].text]].concat()),
                "{" => {
                    depth += 1;
                    if follows_mod {
                        here.push(tokens[i - 1].text);
                        self.file_of.insert(here.clone(), file);
                        depths.push(depth);
                    }
                }
                "}" => {
                    if depths.last() == Some(&depth) {
                        depths.pop();
                        here.pop();
                    }
                    depth -= 1;
                }
                _ => {}
            }
            code.push((*token, here.clone()));
        }
        (code, children)
    }

    /// Every use of one file by another through a path that starts with `crate`, `self` or `super`. What a
    /// module gives on of the modules below it (`pub use`) is none.
    pub fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (from, code) in self.code.iter().enumerate() {
            let mut gives_on = false;
            for (i, (token, module)) in code.iter().enumerate() {
                match token.text {
                    "use" => gives_on = i > 0 && ["pub", ")"].contains(&code[i - 1].0.text),
                    ";" => gives_on = false,
                    _ => {}
                }
                let next_is_path = code.get(i + 1).is_some_and(|(next, _)| next.text == "::");
                let within_path = i > 0 && code[i - 1].0.text == "::";
                // pub(in crate::a) uses nothing.
                let is_visibility = i > 1 && code[i - 1].0.text == "in" && code[i - 2].0.text == "(";
                if !next_is_path || within_path || is_visibility {
                    continue;
                }
                let mut targets = Vec::new();
                match token.text {
                    "crate" => self.targets(&code[i + 2..], &mut Vec::new(), &mut targets),
                    "self" => self.targets(&code[i + 2..], &mut module.clone(), &mut targets),
                    "super" => self.targets(&code[i..], &mut module.clone(), &mut targets),
                    _ => continue,
                };
                for target in targets {
                    let below = target.starts_with(module) && target.len() > module.len();
                    let Some(&to) = self.file_of.get(&target) else { continue };
                    if to != from && !(gives_on && below) {
                        edges.push(Edge { from, to, line: token.line });
                    }
                }
            }
        }
        edges
    }

    /// The deepest modules that the path named by `rest`, read from `module` on, goes through: one, or
    /// one for each branch of `{..}`. Returns the number of tokens read.
    fn targets(
        &self,
        rest: &[(Token<'a>, Vec<&'a str>)],
        module: &mut Vec<&'a str>,
        found: &mut Vec<Vec<&'a str>>,
    ) -> usize {
        let text = |i: usize| rest.get(i).map_or("", |(token, _)| token.text);
        let mut at = 0;
        loop {
            match text(at) {
                "super" => {
                    module.pop();
                }
                "{" => return at + self.branches(&rest[at..], module, found),
                word => {
                    let deeper = [&module[..], &[word]].concat();
                    if !self.file_of.contains_key(&deeper) {
                        break;
                    }
                    *module = deeper;
                }
            }
            at += 1;
            if text(at) != "::" {
                break;
            }
            at += 1;
        }
        found.push(module.clone());
        at
    }

    /// As [`Modules::targets`], for each branch of the group that `rest` starts with.
    fn branches(
        &self,
        rest: &[(Token<'a>, Vec<&'a str>)],
        module: &[&'a str],
        found: &mut Vec<Vec<&'a str>>,
    ) -> usize {
        let mut at = 1;
        while let Some((token, _)) = rest.get(at) {
            match token.text {
                "}" => return at + 1,
                "," => at += 1,
                _ => {
                    at += self.targets(&rest[at..], &mut module.to_vec(), found);
                    at += tail(&rest[at..]);
                }
            }
        }
        at
    }
}

/// The number of tokens up to the end of this branch of a group.
fn tail(rest: &[(Token, Vec<&str>)]) -> usize {
    let mut depth = 0;
    for (i, (token, _)) in rest.iter().enumerate() {
        match token.text {
            "{" => depth += 1,
            "," | "}" if depth == 0 => return i,
            "}" => depth -= 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::super::workspace::tests::workspace;
    use super::Modules;

    /// The edges of a crate, as `from -> to`.
    fn edges(files: &[(&str, &str)]) -> Vec<String> {
        let workspace = workspace(files);
        let modules = Modules::of(&workspace, "src/lib.rs");
        let name = |file: usize| modules.files[file].trim_start_matches("src/").trim_end_matches(".rs");
        let mut edges: Vec<_> =
            modules.edges().iter().map(|e| format!("{} -> {}", name(e.from), name(e.to))).collect();
        edges.sort();
        edges.dedup();
        edges
    }

    const ROOT: (&str, &str) = ("src/lib.rs", "mod a; mod b; pub use a::c::C; pub mod inner { mod d; }");
    const C: (&str, &str) = ("src/a/c.rs", "");
    const D: (&str, &str) = ("src/inner/d.rs", "");

    #[test]
    fn a_path_leads_to_the_deepest_module_it_names() {
        let b = |text| edges(&[ROOT, ("src/a/mod.rs", "mod c;"), C, D, ("src/b.rs", text)]);
        assert_eq!(b("use crate::a::c::C;"), ["b -> a/c"]);
        assert_eq!(b("use crate::a::X;"), ["b -> a/mod"]);
        assert_eq!(b("fn f() { super::a::g(); }"), ["b -> a/mod"]);
        assert_eq!(
            b("use crate::{C, a::{X, c::{self, Y}}, inner::d::Z};"),
            ["b -> a/c", "b -> a/mod", "b -> inner/d", "b -> lib"]
        );
        assert_eq!(b("use crate::inner::X;"), ["b -> lib"]);
        assert_eq!(b("use crate::a::c::*;"), ["b -> a/c"]);
        assert_eq!(b("mod own { use super::super::a::X; use super::Y; }"), ["b -> a/mod"]);
        assert!(b("pub(in crate::a) fn f() {}").is_empty());
    }

    #[test]
    fn comments_tests_and_what_a_parent_gives_on_are_no_edges() {
        let a = |text| edges(&[ROOT, ("src/a/mod.rs", text), C, D, ("src/b.rs", "")]);
        assert!(a("mod c; pub use self::c::C; pub(crate) use crate::a::c::D;").is_empty());
        assert!(a("mod c; // use crate::b::X;\n#[cfg(test)] mod tests { use crate::b::X; }").is_empty());
        assert_eq!(a("mod c; use self::c::C;"), ["a/mod -> a/c"]);
        assert_eq!(a("mod c; pub use crate::b::X;"), ["a/mod -> b"]);
    }
}
