//! One block written by hand, equal to the derived one in everything.

use secureaks::{
    framework::{
        Attr, Block, Diagnostics, Field, Fields, Origin, defaults,
        schema::{Attribute, Kind},
    },
    value::Value,
};

use crate::core::{brief, number, object, text};

/// A pool of nodes.
///
/// It may grow.
#[derive(Block, Debug, PartialEq)]
struct Derived {
    /// Name of the pool.
    #[tf(replace = "a pool cannot be renamed")]
    name: Attr<String>,
    /// Number of nodes.
    #[tf(default = 3, sticky)]
    nodes: Attr<i64>,
    /// Bounds of their number.
    #[tf(default)]
    bounds: Attr<Bounds>,
    /// Version of the nodes.
    #[tf(unmanaged, deprecated = "use `image`.")]
    r#type: Attr<Option<String>>,
    /// Whether it may be deleted.
    #[tf(default = false, local)]
    deletable: Attr<bool>,
}

/// Bounds.
#[derive(Block, Debug, PartialEq)]
struct Bounds {
    /// The least.
    #[tf(default = 1)]
    least: Attr<i64>,
    /// The most.
    most: Attr<Option<i64>>,
}

#[derive(Debug, PartialEq)]
struct Written {
    name: Attr<String>,
    nodes: Attr<i64>,
    bounds: Attr<Bounds>,
    kind: Attr<Option<String>>,
    deletable: Attr<bool>,
}

impl Block for Written {
    const DOC: &'static str = "A pool of nodes.\n\nIt may grow.";

    fn attributes() -> Vec<Attribute> {
        vec![
            Attribute {
                replace: Some("a pool cannot be renamed"),
                ..Attribute::of::<Attr<String>>("name", "Name of the pool.")
            },
            Attribute {
                sticky: true,
                ..Attribute::of::<Attr<i64>>("nodes", "Number of nodes.").default_value(number(3))
            },
            Attribute::of::<Attr<Bounds>>("bounds", "Bounds of their number.")
                .default_value(defaults(&Bounds::schema())),
            Attribute {
                kind: Kind::UnmanagedWhenNull,
                deprecated: Some("use `image`."),
                ..Attribute::of::<Attr<Option<String>>>("type", "Version of the nodes.")
            },
            Attribute {
                kind: Kind::Local,
                ..Attribute::of::<Attr<bool>>("deletable", "Whether it may be deleted.")
                    .default_value(false.into())
            },
        ]
    }

    fn decode(fields: &mut Fields<'_>) -> Self {
        Self {
            name: fields.take("name"),
            nodes: fields.take("nodes"),
            bounds: fields.take("bounds"),
            kind: fields.take("type"),
            deletable: fields.take("deletable"),
        }
    }

    fn encode(&self) -> Value {
        Value::object([
            ("name", self.name.encode()),
            ("nodes", self.nodes.encode()),
            ("bounds", self.bounds.encode()),
            ("type", self.kind.encode()),
            ("deletable", self.deletable.encode()),
        ])
    }
}

/// A pool with everything written, one with nothing, and one with everything wrong.
fn pools() -> [Value; 3] {
    let bounds = object([("least", number(2)), ("most", Value::unknown())]);
    let written = object([
        ("name", text("a")),
        ("nodes", number(5)),
        ("bounds", bounds),
        ("type", text("1.35")),
        ("deletable", true.into()),
    ]);
    let wrong = object([
        ("name", number(1)),
        ("nodes", Value::Number("1.5".parse().unwrap())),
        (
            "bounds",
            object([("least", text("one")), ("most", Value::Null)]),
        ),
        ("type", true.into()),
        ("deletable", Value::Null),
    ]);
    [written, Derived::schema().empty(), wrong]
}

#[test]
fn the_schemas_are_equal() {
    // A function has no equality of its own; the text of a schema leaves out its address.
    let shown = |block: secureaks::framework::schema::Block| {
        let text = format!("{block:#?}");
        text.lines()
            .filter(|line| !line.contains("same: 0x"))
            .collect::<Vec<_>>()
            .join("\n")
    };

    let derived = shown(Derived::schema());

    assert_eq!(derived, shown(Written::schema()));
    assert!(derived.contains("It may grow."));
}

#[test]
fn the_same_values_are_read() {
    for pool in pools() {
        let (mut told_derived, mut told_written) = (Diagnostics::default(), Diagnostics::default());

        let derived = Derived::from_value(&pool, Origin::Configuration, &mut told_derived);
        let written = Written::from_value(&pool, Origin::Configuration, &mut told_written);

        assert_eq!(
            (
                derived.name,
                derived.nodes,
                derived.bounds,
                derived.r#type,
                derived.deletable
            ),
            (
                written.name,
                written.nodes,
                written.bounds,
                written.kind,
                written.deletable
            )
        );
        assert_eq!(told_derived, told_written);
    }
}

#[test]
fn the_same_mistakes_are_told() {
    let [_, _, wrong] = pools();
    let mut told = Diagnostics::default();

    Derived::from_value(&wrong, Origin::Configuration, &mut told);

    assert_eq!(
        brief(&told.into_vec()),
        [
            "Error name: Invalid value",
            "Error nodes: Not a whole number",
            "Error bounds.least: Invalid value",
            "Error type: Invalid value",
            "Error deletable: Missing required attribute",
        ]
    );
}

#[test]
fn the_same_values_are_written() {
    for pool in pools() {
        let mut silent = Diagnostics::default();

        let derived = Derived::from_value(&pool, Origin::Service, &mut silent).encode();
        let written = Written::from_value(&pool, Origin::Service, &mut silent).encode();

        assert_eq!(derived, written);
    }
}
