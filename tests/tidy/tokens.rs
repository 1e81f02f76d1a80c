//! Rust source as words and signs, without comments and without what is inside of text literals.

/// One word or sign of a source file, and the line it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier, a keyword or a number.
    Word(String),
    /// `::`, which joins the words of a path.
    Separator,
    /// Any other character.
    Sign(char),
    /// What a text literal says.
    Text(String),
}

impl Token {
    pub(crate) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// The tokens of a source file. Paths in the texts of attributes, as in `#[serde(with = "a::b")]`,
/// are code and come out as such; texts of `#[doc]` do not.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut opened = Vec::new();
    let mut attribute = Attribute::default();
    for token in Lexer::new(source).tokens() {
        attribute.step(&token);
        match &token.kind {
            Kind::Text(text) if attribute.holds_code() => {
                let inner = Lexer::new(text).tokens().into_iter();
                opened.extend(inner.map(|inner| Token {
                    line: token.line,
                    ..inner
                }));
            }
            _ => opened.push(token),
        }
    }
    opened
}

/// Where the reader is in relation to an attribute.
#[derive(Default)]
struct Attribute {
    /// The signs and words since `#`, up to the name of the attribute.
    head: Vec<Token>,
    depth: usize,
}

impl Attribute {
    fn step(&mut self, token: &Token) {
        if token.is_sign('#') && self.depth == 0 {
            self.head = vec![token.clone()];
        } else if token.is_sign('[') && (self.depth > 0 || self.is_opening()) {
            self.depth += 1;
        } else if token.is_sign(']') && self.depth > 0 {
            self.depth -= 1;
        } else if self.depth > 0 || (token.is_sign('!') && self.is_opening()) {
            self.head.push(token.clone());
        } else {
            self.head.clear();
        }
    }

    fn is_opening(&self) -> bool {
        self.head
            .iter()
            .all(|token| token.is_sign('#') || token.is_sign('!'))
            && !self.head.is_empty()
    }

    fn holds_code(&self) -> bool {
        let name = self.head.iter().find_map(Token::word);
        self.depth > 0 && name.is_some_and(|name| name != "doc")
    }
}

struct Lexer<'source> {
    rest: &'source str,
    line: usize,
}

impl<'source> Lexer<'source> {
    fn new(source: &'source str) -> Self {
        Self {
            rest: source,
            line: 1,
        }
    }

    fn tokens(mut self) -> Vec<Token> {
        let mut found = Vec::new();
        while let Some(first) = self.rest.chars().next() {
            let line = self.line;
            if let Some(kind) = self.next(first) {
                found.push(Token { kind, line });
            }
        }
        found
    }

    /// Takes one token, or something that is none.
    fn next(&mut self, first: char) -> Option<Kind> {
        if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.take(end);
            return None;
        }
        if self.rest.starts_with("/*") {
            self.take_block_comment();
            return None;
        }
        if let Some(text) = self.take_text_literal() {
            return Some(Kind::Text(text));
        }
        if first == '\'' {
            self.take_character_or_lifetime();
            return None;
        }
        if is_part_of_word(first) {
            let raw = self.rest.strip_prefix("r#").map_or(0, |_| 2);
            self.take(raw);
            let word = self.take_while(is_part_of_word);
            return Some(Kind::Word(word.to_owned()));
        }
        if self.rest.starts_with("::") {
            self.take(2);
            return Some(Kind::Separator);
        }
        self.take(first.len_utf8());
        (!first.is_whitespace()).then_some(Kind::Sign(first))
    }

    /// Takes `"…"` and `r#"…"#`, with the prefixes for bytes and C strings.
    fn take_text_literal(&mut self) -> Option<String> {
        let prefix = self.rest.find(|c| !matches!(c, 'b' | 'c' | 'r'))?;
        let raw = self.rest.get(..prefix)?.ends_with('r');
        let opening = self.rest.get(prefix..)?.chars();
        let hashes = if raw {
            opening.take_while(|c| *c == '#').count()
        } else {
            0
        };
        if prefix > 2 || !self.rest.get(prefix + hashes..)?.starts_with('"') {
            return None;
        }
        self.take(prefix + hashes + 1);

        let end = format!("\"{}", "#".repeat(hashes));
        let mut length = 0;
        while let Some(next) = self.rest.get(length..).and_then(|rest| rest.chars().next()) {
            if self
                .rest
                .get(length..)
                .is_some_and(|rest| rest.starts_with(&end))
            {
                break;
            }
            let escapes = usize::from(next == '\\' && !raw);
            let skipped = self.rest.get(length..)?.chars().take(1 + escapes);
            length += skipped.map(char::len_utf8).sum::<usize>();
        }
        let text = self.take(length).to_owned();
        self.take(end.len());
        Some(text)
    }

    /// Takes `'x'`, `'\n'` and `'\u{1F600}'` whole, of `'a` the quote alone.
    fn take_character_or_lifetime(&mut self) {
        let mut characters = self.rest.char_indices().skip(1);
        let end = match (characters.next(), characters.next()) {
            (Some((_, '\\')), Some((escaped, _))) => {
                let from = escaped + 1;
                let close = self.rest.get(from..).and_then(|rest| rest.find('\''));
                close.map_or(from, |close| from + close + 1)
            }
            (Some(_), Some((close, '\''))) => close + 1,
            _ => 1,
        };
        let lifetime = end == 1;
        self.take(end);
        if lifetime {
            self.take_while(is_part_of_word);
        }
    }

    /// Block comments nest in Rust.
    fn take_block_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(next) = self.rest.chars().next() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.take(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.take(2);
            } else {
                self.take(next.len_utf8());
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn take_while(&mut self, wanted: fn(char) -> bool) -> &'source str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn take(&mut self, length: usize) -> &'source str {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }
}

fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<(usize, String)> {
        let words = tokens(source).into_iter();
        words
            .filter_map(|token| Some((token.line, token.word()?.to_owned())))
            .collect()
    }

    #[test]
    fn comments_and_literals_hide_their_words() {
        let source =
            "a // x\n/* x /* x */ x */ b \"x \\\" x\" r#\"x \" x\"# b\"x\" 'x' '\\'' '\\u{78}' c";

        let found = words(source);

        assert_eq!(
            found,
            [
                (1, "a".to_owned()),
                (2, "b".to_owned()),
                (2, "c".to_owned())
            ]
        );
    }

    #[test]
    fn a_lifetime_is_not_the_start_of_a_literal() {
        let found = words("fn f<'a>(x: &'a str, y: &'static T) -> char { 'z' }");

        let names: Vec<_> = found.iter().map(|(_, word)| word.as_str()).collect();
        assert_eq!(names, ["fn", "f", "x", "str", "y", "T", "char"]);
    }

    #[test]
    fn the_text_of_an_attribute_is_code_unless_it_is_documentation() {
        let source =
            "#[serde(with = \"inner\")] #![doc = \"hidden\"] #[cfg(a)] [\"hidden\"; 1] r#type";

        let found = words(source);

        let names: Vec<_> = found.iter().map(|(_, word)| word.as_str()).collect();
        assert_eq!(
            names,
            ["serde", "with", "inner", "doc", "cfg", "a", "1", "type"]
        );
    }
}
