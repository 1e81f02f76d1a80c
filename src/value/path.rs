//! Where in a value something is, spelled as Terraform spells it.

use std::{collections::BTreeMap, fmt};

use super::{Value, to_json};

/// One step down into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into an object's attribute or a nested block.
    Attribute(String),
    /// Into a map's element.
    Key(String),
    /// Into a list's or tuple's element.
    Index(usize),
    /// Into a set's element, with what it is recognised by, such as `cidr = "10.0.0.0/8"`; empty where nothing is known
    /// or may be shown of it. The protocol has no address for it, so a path ends before this step when it is sent.
    Element(String),
}

/// The most characters of an element that are shown.
const RECOGNISED: usize = 120;

impl Step {
    /// Into this element of a set, which holds no secret. An object is recognised by what is written of it.
    pub fn into_element(element: &Value) -> Self {
        let text = match element {
            Value::Object(members) => written(members),
            // Whatever is told of one repeats it.
            _ => String::new(),
        };
        let mut shown: String = text.chars().take(RECOGNISED).collect();
        if shown.len() < text.len() {
            shown.push_str("...");
        }
        Self::Element(shown)
    }
}

/// What is written of an object and known, as a user would write it in one line.
fn written(members: &BTreeMap<String, Value>) -> String {
    let written = members
        .iter()
        .filter(|(_, value)| !value.is_blank() && **value != Value::Bool(false))
        .filter(|(_, value)| value.is_wholly_known());
    let written = written.map(|(name, value)| match value.elements() {
        Some(items @ [Value::Object(_), ..]) => {
            let blocks = items.iter().filter_map(Value::members);
            let blocks = blocks.map(|members| format!("{name} {{ {} }}", self::written(members)));
            blocks.collect::<Vec<_>>().join(", ")
        }
        _ => format!("{name} = {}", to_json(value)),
    });
    written.collect::<Vec<_>>().join(", ")
}

/// The way from the root of a configuration or state to one of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// The whole value.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of an attribute of the root.
    pub fn attribute(name: &str) -> Self {
        Self::root().join_attribute(name)
    }

    /// This path and one attribute further.
    #[must_use]
    pub fn join_attribute(&self, name: &str) -> Self {
        self.join(Step::Attribute(name.to_owned()))
    }

    /// This path and one step further.
    #[must_use]
    pub fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The value as the subject of a sentence. An element of a set has no name of its own: it is
    /// one of the set's, and its values are said where they are known.
    pub fn subject(&self) -> String {
        let last = |step: &Step| matches!(step, Step::Element(_));
        let Some(position) = self.0.iter().rposition(last) else {
            return format!("`{self}`");
        };
        let (before, after) = self.0.split_at(position);
        let set = Self(before.to_vec());
        let rest = Self(after.iter().skip(1).cloned().collect());
        let shown = match after.first() {
            Some(Step::Element(text)) if !text.is_empty() => format!(" (`{text}`)"),
            _ => String::new(),
        };
        if rest.is_root() {
            format!("One of `{set}`{shown}")
        } else {
            format!("`{rest}` in one of `{set}`{shown}")
        }
    }

    /// Whether this is the whole value.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Element(_) => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_of_a_set_is_spoken_of_as_one_of_it() {
        let set = Path::attribute("pool").join_attribute("zones");
        let element = set.join(Step::Element(String::new()));
        let within = element.join_attribute("name");
        let pool = Value::object([("name", "a".into()), ("size", Value::Null)]);
        let known = set.join(Step::into_element(&pool));
        let inner = known
            .join_attribute("zones")
            .join(Step::into_element(&"1".into()));

        let subjects = [set, element, within, known, inner].map(|path| path.subject());

        assert_eq!(
            subjects,
            [
                "`pool.zones`",
                "One of `pool.zones`",
                "`name` in one of `pool.zones`",
                "One of `pool.zones` (`name = \"a\"`)",
                "One of `pool.zones[*].zones`",
            ]
        );
    }

    #[test]
    fn a_path_reads_like_an_expression() {
        let path = Path::attribute("network")
            .join_attribute("rules")
            .join(Step::Index(2))
            .join(Step::Key("a b".into()));

        let text = path.to_string();

        assert_eq!(text, r#"network.rules[2]["a b"]"#);
    }
}
