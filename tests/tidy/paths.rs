//! The paths a source file names, groups written out, each with the module that names it.

use crate::tokens::{Kind, Token, tokens};

/// Words that can stand before a path which begins with `::`, and are no part of it.
const KEYWORDS: [&str; 16] = [
    "as", "break", "const", "dyn", "else", "for", "if", "impl", "in", "let", "match", "mut",
    "return", "static", "use", "while",
];

/// One path such as `crate::azure::Client`, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its words; `*` for everything and `self` for the module before it.
    pub(crate) words: Vec<String>,
    /// The module the path stands in, from the root of the crate.
    pub(crate) module: Vec<String>,
    pub(crate) line: usize,
}

/// Where a path leads, from the root of the crate.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Another crate, or a name that is in scope.
    Elsewhere,
    /// A module or item of this crate.
    Here(Vec<String>),
    /// `super::` as far as the root of the crate.
    AboveTheFolder,
}

impl Named {
    /// Follows the path. `crate_name` is the crate's own name, which means the same as `crate`.
    pub(crate) fn target(&self, crate_name: &str) -> Target {
        let mut place = match self.words.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self" | "super") if self.words.as_slice() != ["self"] => self.module.clone(),
            Some(first) if first == crate_name => Vec::new(),
            _ => return Target::Elsewhere,
        };
        for (position, word) in self.words.iter().enumerate() {
            match word.as_str() {
                "super" => {
                    place.pop();
                    if place.is_empty() {
                        return Target::AboveTheFolder;
                    }
                }
                "self" => {}
                _ if position == 0 => {}
                _ => place.push(word.clone()),
            }
        }
        Target::Here(place)
    }
}

/// All paths of a source file that is the module `module`. A single name counts as a path.
pub(crate) fn paths(source: &str, module: &[String]) -> Vec<Named> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    let mut inline: Vec<(usize, String)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match &token.kind {
            Kind::Word(word) if word == "mod" && opens_module(&tokens, at) => {
                let name = tokens.get(at + 1).and_then(Token::word);
                inline.extend(name.map(|name| (depth, name.to_owned())));
                depth += 1;
                at += 3;
            }
            Kind::Word(word) if KEYWORDS.contains(&word.as_str()) => at += 1,
            Kind::Word(_) if is_visibility_or_extern(&tokens, at) => at += 1,
            Kind::Word(_) => {
                let mut written = Vec::new();
                let end = written_out(&tokens, at, &[], &mut written);
                let names = inline.iter().map(|(_, name)| name.clone());
                let module: Vec<_> = module.iter().cloned().chain(names).collect();
                found.extend(written.into_iter().map(|(line, words)| Named {
                    words,
                    module: module.clone(),
                    line,
                }));
                at = end;
            }
            Kind::Sign('{') => {
                depth += 1;
                at += 1;
            }
            Kind::Sign('}') => {
                depth = depth.saturating_sub(1);
                inline.pop_if(|(outer, _)| *outer == depth);
                at += 1;
            }
            _ => at += 1,
        }
    }
    found
}

fn opens_module(tokens: &[Token], at: usize) -> bool {
    tokens.get(at + 2).is_some_and(|token| token.is_sign('{'))
}

/// `pub(crate)`, `pub(super)`, `pub(in …)` and `extern crate` use nothing.
fn is_visibility_or_extern(tokens: &[Token], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    let in_visibility = before(1).is_some_and(|token| token.is_sign('('))
        && before(2).is_some_and(|token| token.is_word("pub"));
    in_visibility || before(1).is_some_and(|token| token.is_word("extern"))
}

/// Reads the path at `at`, after the words `prefix`, and returns the place behind it.
fn written_out(
    tokens: &[Token],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let mut words = prefix.to_vec();
    let line = tokens.get(at).map_or(0, |token| token.line);
    loop {
        match tokens.get(at).map(|token| &token.kind) {
            Some(Kind::Word(word)) => words.push(word.clone()),
            Some(Kind::Sign('*')) => words.push("*".to_owned()),
            Some(Kind::Sign('{')) => return group(tokens, at + 1, &words, found),
            _ => {
                found.push((line, words));
                return at;
            }
        }
        at += 1;
        if tokens
            .get(at)
            .is_none_or(|token| token.kind != Kind::Separator)
        {
            found.push((line, words));
            return at;
        }
        at += 1;
    }
}

/// Reads the members of a group from behind its brace to behind the closing one.
fn group(
    tokens: &[Token],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        at = match &token.kind {
            Kind::Sign('}') => return at + 1,
            Kind::Word(word) if word == "as" => at + 2,
            Kind::Word(_) | Kind::Sign('*' | '{') => written_out(tokens, at, prefix, found),
            _ => at + 1,
        };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths of two words and more, in the module `azure::client`.
    fn written(source: &str) -> Vec<String> {
        let module = ["azure".to_owned(), "client".to_owned()];
        let found = paths(source, &module).into_iter();
        found
            .filter(|named| named.words.len() > 1)
            .map(|named| named.words.join("::"))
            .collect()
    }

    fn targets(source: &str) -> Vec<Target> {
        let module = ["azure".to_owned(), "client".to_owned()];
        let found = paths(source, &module);
        let targets = found.iter().map(|named| named.target("secureaks"));
        targets
            .filter(|target| *target != Target::Elsewhere)
            .collect()
    }

    fn here(path: &str) -> Target {
        Target::Here(path.split("::").map(str::to_owned).collect())
    }

    #[test]
    fn groups_are_written_out() {
        let found = written("use crate::{a, b::{self, c as d, e::*}, f};");

        assert_eq!(
            found,
            [
                "crate::a",
                "crate::b::self",
                "crate::b::c",
                "crate::b::e::*",
                "crate::f"
            ]
        );
    }

    #[test]
    fn a_path_in_an_expression_and_in_generics_is_found() {
        let found =
            written("let x = <crate::a::T as crate::b::U>::f(crate::c::g::<crate::d::V>());");

        assert_eq!(
            found,
            ["crate::a::T", "crate::b::U", "crate::c::g", "crate::d::V"]
        );
    }

    #[test]
    fn super_is_counted_from_the_module_it_stands_in() {
        let found = targets(
            "use super::retry; mod tests { use super::{super::retry, x}; } use super::lro;",
        );

        let expected = [
            "azure::retry",
            "azure::retry",
            "azure::client::x",
            "azure::lro",
        ];
        assert_eq!(found, expected.map(here));
    }

    #[test]
    fn super_up_to_the_root_is_told_apart() {
        let found = targets(
            "use super::super::azure; mod tests { fn f() { super::super::super::value::g() } }",
        );

        assert_eq!(found, [Target::AboveTheFolder, Target::AboveTheFolder]);
    }

    #[test]
    fn the_own_name_of_the_crate_and_a_macro_root_mean_the_root() {
        let found =
            targets("::secureaks::value::V; $crate::framework::F; secureaks_derive::D; self::x;");

        assert_eq!(
            found,
            [
                here("value::V"),
                here("framework::F"),
                here("azure::client::x")
            ]
        );
    }

    #[test]
    fn visibility_and_receivers_use_nothing() {
        let found = targets(
            "pub(crate) fn f(&self) { self.x } pub(super) struct S; extern crate self as other;",
        );

        assert_eq!(found, []);
    }
}
