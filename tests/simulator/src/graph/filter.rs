//! `$filter`: the part of `OData`'s language that the directory understands.

use serde_json::{Map, Value};

use super::error::GraphError;
use super::object::Kind;

/// A condition on an object's properties.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    In(String, Vec<Value>),
    StartsWith(String, String),
    EndsWith(String, String),
}

impl Filter {
    /// Reads a filter. `advanced` says whether the caller has asked for the slower way, by
    /// `ConsistencyLevel: eventual` and `$count=true`, that some operators want.
    pub(super) fn parse(text: &str, advanced: bool) -> Result<Self, GraphError> {
        let mut parser = Parser {
            tokens: tokens(text).ok_or_else(|| syntax_error(text))?,
            position: 0,
            advanced,
        };
        let filter = parser.either()?;
        let rest = parser.tokens.len() > parser.position;
        if filter.is_none() || rest {
            return Err(syntax_error(text));
        }
        filter.ok_or_else(|| syntax_error(text))
    }

    /// Whether an object's document fulfils it. Texts compare without regard to case.
    pub(super) fn holds(
        &self,
        kind: Kind,
        document: &Map<String, Value>,
    ) -> Result<bool, GraphError> {
        let property = |name: &str| {
            document
                .get(name)
                .ok_or_else(|| GraphError::unsupported_filter(name, kind.resource_name()))
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
        Ok(match self {
            Self::And(one, other) => one.holds(kind, document)? && other.holds(kind, document)?,
            Self::Or(one, other) => one.holds(kind, document)? || other.holds(kind, document)?,
            Self::Not(inner) => !inner.holds(kind, document)?,
            Self::In(name, values) => {
                let own = property(name)?;
                values.iter().any(|value| match (own, value) {
                    (Value::String(own), Value::String(value)) => own.eq_ignore_ascii_case(value),
                    _ => own == value,
                })
            }
            Self::StartsWith(name, prefix) => {
                text(property(name)?).starts_with(&prefix.to_lowercase())
            }
            Self::EndsWith(name, suffix) => text(property(name)?).ends_with(&suffix.to_lowercase()),
        })
    }
}

fn syntax_error(text: &str) -> GraphError {
    GraphError::bad_request(format!("Invalid filter clause: Syntax error in '{text}'."))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
}

/// The tokens of a filter; `None` when a quotation does not end.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match characters.next()? {
                        '\'' if characters.next_if_eq(&'\'').is_some() => quoted.push('\''),
                        '\'' => break,
                        other => quoted.push(other),
                    }
                }
                tokens.push(Token::Text(quoted));
            }
            first => {
                let mut word = String::from(first);
                while let Some(next) = characters.next_if(|next| !" \t(),'".contains(*next)) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    advanced: bool,
}

/// What a rule reads: `Ok(None)` means that the text does not follow it.
type Read = Result<Option<Filter>, GraphError>;

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.position).cloned();
        self.position += 1;
        token
    }

    /// Steps over a token if it comes next.
    fn skip(&mut self, wanted: &Token) -> bool {
        let found = match (self.tokens.get(self.position), wanted) {
            (Some(Token::Word(own)), Token::Word(wanted)) => own.eq_ignore_ascii_case(wanted),
            (own, wanted) => own == Some(wanted),
        };
        self.position += usize::from(found);
        found
    }

    fn skip_word(&mut self, word: &str) -> bool {
        self.skip(&Token::Word(word.to_owned()))
    }

    fn either(&mut self) -> Read {
        let Some(mut filter) = self.both()? else {
            return Ok(None);
        };
        while self.skip_word("or") {
            let Some(other) = self.both()? else {
                return Ok(None);
            };
            filter = Filter::Or(Box::new(filter), Box::new(other));
        }
        Ok(Some(filter))
    }

    fn both(&mut self) -> Read {
        let Some(mut filter) = self.single()? else {
            return Ok(None);
        };
        while self.skip_word("and") {
            let Some(other) = self.single()? else {
                return Ok(None);
            };
            filter = Filter::And(Box::new(filter), Box::new(other));
        }
        Ok(Some(filter))
    }

    fn single(&mut self) -> Read {
        if self.skip_word("not") {
            self.must_be_advanced("Not")?;
            let inner = self.single()?;
            return Ok(inner.map(|inner| Filter::Not(Box::new(inner))));
        }
        if self.skip(&Token::Open) {
            let inner = self.either()?;
            let closed = self.skip(&Token::Close);
            return Ok(inner.filter(|_| closed));
        }
        let Some(Token::Word(word)) = self.next() else {
            return Ok(None);
        };
        match word.to_lowercase().as_str() {
            "startswith" => Ok(self
                .arguments()
                .map(|(name, value)| Filter::StartsWith(name, value))),
            "endswith" => {
                self.must_be_advanced("EndsWith")?;
                Ok(self
                    .arguments()
                    .map(|(name, value)| Filter::EndsWith(name, value)))
            }
            _ => self.comparison(word),
        }
    }

    fn comparison(&mut self, property: String) -> Read {
        if self.skip_word("eq") {
            let value = self.value();
            return Ok(value.map(|value| Filter::In(property, vec![value])));
        }
        if self.skip_word("ne") {
            self.must_be_advanced("NotEqualsMatch")?;
            let value = self.value();
            return Ok(value.map(|value| Filter::Not(Box::new(Filter::In(property, vec![value])))));
        }
        if !(self.skip_word("in") && self.skip(&Token::Open)) {
            return Ok(None);
        }
        let mut values = Vec::new();
        loop {
            let Some(value) = self.value() else {
                return Ok(None);
            };
            values.push(value);
            if self.skip(&Token::Close) {
                return Ok(Some(Filter::In(property, values)));
            }
            if !self.skip(&Token::Comma) {
                return Ok(None);
            }
        }
    }

    /// `(property,'text')`.
    fn arguments(&mut self) -> Option<(String, String)> {
        let opened = self.skip(&Token::Open);
        let (Some(Token::Word(name)), true) = (self.next(), self.skip(&Token::Comma)) else {
            return None;
        };
        let Some(Token::Text(text)) = self.next() else {
            return None;
        };
        (opened && self.skip(&Token::Close)).then_some((name, text))
    }

    /// A text, a GUID without quotation marks, or a word of JSON's.
    fn value(&mut self) -> Option<Value> {
        match self.next()? {
            Token::Text(text) => Some(Value::String(text)),
            Token::Word(word) if uuid::Uuid::try_parse(&word).is_ok() => Some(Value::String(word)),
            Token::Word(word) => serde_json::from_str(&word).ok(),
            Token::Open | Token::Close | Token::Comma => None,
        }
    }

    fn must_be_advanced(&self, operator: &str) -> Result<(), GraphError> {
        if self.advanced {
            return Ok(());
        }
        Err(GraphError::unsupported_query(format!(
            "Operator '{operator}' is not supported because the required parameters might be \
             missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. \
             Refer to https://aka.ms/graph-docs/advanced-queries for more information"
        )))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(text: &str) -> Result<bool, GraphError> {
        let document = json!({ "id": "1", "displayName": "Ada's team", "securityEnabled": true });
        Filter::parse(text, true)?.holds(Kind::Group, document.as_object().unwrap())
    }

    #[test]
    fn conditions_join_negate_and_nest() {
        let cases = [
            ("displayName eq 'ada''s TEAM'", true),
            ("displayName eq 'other'", false),
            ("displayName ne 'other'", true),
            ("startswith(displayName,'ada')", true),
            (
                "endsWith(displayName, 'team') and securityEnabled eq false",
                false,
            ),
            ("id in ('2', '1')", true),
            ("not (id eq '1') or securityEnabled eq true", true),
            ("id eq '2' or id eq '1' and securityEnabled eq false", false),
        ];

        for (text, expected) in cases {
            assert_eq!(holds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in [
            "",
            "displayName",
            "id eq",
            "id eq 'a",
            "(id eq '1'",
            "id eq '1' '2'",
        ] {
            assert_eq!(holds(text), Err(syntax_error(text)), "{text}");
        }
        assert_eq!(
            holds("shoeSize eq 42"),
            Err(GraphError::unsupported_filter("shoeSize", "Group"))
        );
    }

    #[test]
    fn slow_operators_want_to_be_asked_for() {
        let quick = Filter::parse("displayName ne 'x'", false);

        assert!(quick.is_err_and(|error| error.status == 400));
    }
}
