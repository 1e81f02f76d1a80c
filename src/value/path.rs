//! Where in a value something is, spelled as Terraform spells it.

use std::fmt;

/// One step down into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into an object's attribute or a nested block.
    Attribute(String),
    /// Into a map's element.
    Key(String),
    /// Into a list's or tuple's element.
    Index(usize),
    /// Into a set's element. The protocol has no address for it, so a path ends before this step
    /// when it is sent.
    Element,
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
    /// one of the set's.
    pub fn subject(&self) -> String {
        let text = self.to_string();
        match text.rsplit_once("[*]") {
            None => format!("`{text}`"),
            Some((set, "")) => format!("One of `{set}`"),
            Some((set, rest)) => format!("`{}` in one of `{set}`", rest.trim_start_matches('.')),
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
                Step::Element => f.write_str("[*]")?,
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
        let element = set.join(Step::Element);
        let within = element.join_attribute("name");

        let subjects = [set, element, within].map(|path| path.subject());

        assert_eq!(
            subjects,
            [
                "`pool.zones`",
                "One of `pool.zones`",
                "`name` in one of `pool.zones`"
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
