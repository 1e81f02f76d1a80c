//! Every nesting of attributes and blocks, values of any type, big numbers.

use secureaks::value::{Number, Type, Value};

use crate::core::{Core, Kept, brief, differing, map, number, object, text};

fn leaf(written: &str, weight: Value) -> Value {
    object([
        ("text", text(written)),
        ("weight", weight),
        ("colours", Value::Null),
    ])
}

fn branch(written: &str, leaves: Vec<Value>) -> Value {
    object([
        ("text", text(written)),
        ("root", Value::Null),
        ("leaf", Value::List(leaves)),
    ])
}

fn big() -> Value {
    let number: Number = "123456789012345678901234567890.5".parse().unwrap();
    Value::Number(number)
}

fn any() -> Value {
    let ty = Type::Tuple(vec![
        Type::Number,
        Type::Object([("a".to_owned(), Type::Bool)].into()),
    ]);
    let value = Value::Tuple(vec![big(), object([("a", true.into())])]);
    Value::Dynamic(ty, Box::new(value))
}

/// A nest with everything in it.
fn full(core: &Core) -> Value {
    core.config(
        "nest",
        [
            ("name", text("a")),
            ("any", any()),
            ("number", big()),
            ("numbers", Value::set(vec![big(), number(-1)])),
            (
                "rows",
                Value::List(vec![Value::List(vec![text("x")]), Value::List(vec![])]),
            ),
            ("single", leaf("s", Value::Null)),
            (
                "list",
                Value::List(vec![leaf("l0", Value::Null), leaf("l1", number(5))]),
            ),
            (
                "set",
                Value::set(vec![leaf("t0", Value::Null), leaf("t1", number(5))]),
            ),
            ("map", map([("m", leaf("m", Value::Null))])),
            ("single_block", branch("sb", vec![leaf("sb0", Value::Null)])),
            (
                "group_block",
                object([("text", Value::Null), ("weight", Value::Null)]),
            ),
            (
                "list_block",
                Value::List(vec![
                    branch("lb0", vec![]),
                    branch("lb1", vec![leaf("lb10", number(2))]),
                ]),
            ),
            (
                "set_block",
                Value::set(vec![leaf("tb0", Value::Null), leaf("tb1", number(2))]),
            ),
            ("map_block", map([("k", leaf("mb", Value::Null))])),
        ],
    )
}

async fn created(core: &Core) -> (Value, Kept) {
    let config = full(core);
    let kept = core.create("nest", &config).await;
    (config, kept)
}

#[tokio::test]
async fn every_nesting_is_planned_with_its_defaults() {
    let core = Core::new().await;

    let plan = core.plan("nest", None, &full(&core)).await;

    let mut expected = full(&core);
    for (name, value) in [
        ("single", leaf("s", number(1))),
        (
            "list",
            Value::List(vec![leaf("l0", number(1)), leaf("l1", number(5))]),
        ),
        (
            "set",
            Value::set(vec![leaf("t0", number(1)), leaf("t1", number(5))]),
        ),
        ("map", map([("m", leaf("m", number(1)))])),
        ("single_block", branch("sb", vec![leaf("sb0", number(1))])),
        (
            "group_block",
            object([("text", Value::Null), ("weight", number(1))]),
        ),
        (
            "set_block",
            Value::set(vec![leaf("tb0", number(1)), leaf("tb1", number(2))]),
        ),
        ("map_block", map([("k", leaf("mb", number(1)))])),
        ("id", Value::unknown()),
        ("leaves", Value::unknown()),
        ("echo", Value::unknown()),
    ] {
        expected.set_member(name, value);
    }
    assert_eq!((plan.planned, plan.told), (expected, Vec::new()));
}

#[tokio::test]
async fn every_nesting_survives_creation_reading_and_planning() {
    let core = Core::new().await;
    let (config, kept) = created(&core).await;

    let read = core.read("nest", &kept).await;
    let plan = core.plan("nest", Some(&kept), &config).await;

    assert_eq!((read.kept, read.told), (Some(kept.clone()), Vec::new()));
    assert_eq!((&plan.planned, plan.told), (&kept.state, Vec::new()));
    assert_eq!(kept.state.member("echo"), &any());
}

#[tokio::test]
async fn nothing_written_is_every_block_empty() {
    let core = Core::new().await;
    let config = core.config("nest", [("name", text("a"))]);

    let kept = core.create("nest", &config).await;
    let read = core.read("nest", &kept).await;

    let empty = [
        "single_block",
        "group_block",
        "list_block",
        "set_block",
        "map_block",
    ];
    assert_eq!(
        empty.map(|name| kept.state.member(name).clone()),
        [
            Value::Null,
            object([("text", Value::Null), ("weight", number(1))]),
            Value::List(vec![]),
            Value::Set(vec![]),
            map([]),
        ]
    );
    assert_eq!(read.kept, Some(kept));
}

#[tokio::test]
async fn a_change_in_any_nesting_is_an_update() {
    let core = Core::new().await;
    let (config, kept) = created(&core).await;
    let changes = [
        ("single", leaf("s", number(9))),
        ("list", Value::List(vec![leaf("l0", Value::Null)])),
        ("set", Value::set(vec![leaf("t0", Value::Null)])),
        ("map", map([("n", leaf("m", Value::Null))])),
        ("single_block", Value::Null),
        (
            "group_block",
            object([("text", text("g")), ("weight", Value::Null)]),
        ),
        ("list_block", Value::List(vec![branch("lb0", vec![])])),
        ("set_block", Value::set(vec![leaf("tb1", number(2))])),
        ("map_block", map([])),
    ];

    for (name, value) in changes {
        let mut after = config.clone();
        after.set_member(name, value);
        let plan = core.plan("nest", Some(&kept), &after).await;
        let applied = core.apply("nest", &plan).await;

        assert_eq!(
            (brief(&plan.told), brief(&applied.told)),
            (vec![], vec![]),
            "{name}"
        );
        let mut expected = vec!["echo", "leaves", name];
        expected.sort_unstable();
        assert_eq!(differing(&kept.state, &plan.planned), expected, "{name}");
    }
}

#[tokio::test]
async fn a_block_that_comes_goes_or_changes_may_need_a_new_object() {
    let core = Core::new().await;
    let rooted = |root: &str| {
        let mut branch = branch("b", vec![]);
        branch.set_member("root", text(root));
        branch
    };
    let with = |branches: Value| {
        let mut config = core.config("nest", [("name", text("a"))]);
        config.set_member("list_block", branches);
        config
    };
    let before = with(Value::List(vec![rooted("oak"), rooted("elm")]));
    let kept = core.create("nest", &before).await;

    let mut replaces = Vec::new();
    for branches in [
        Value::List(vec![rooted("oak"), rooted("ash")]),
        Value::List(vec![rooted("oak")]),
        Value::List(vec![rooted("oak"), rooted("elm"), rooted("ash")]),
        Value::unknown(),
    ] {
        let plan = core.plan("nest", Some(&kept), &with(branches)).await;
        replaces.push(plan.replaces.join(" "));
    }

    assert_eq!(
        replaces,
        [
            "list_block[1].root",
            "list_block[1].root",
            "list_block[2].root",
            ""
        ]
    );
}

#[tokio::test]
async fn a_mistake_in_a_block_is_told_where_it_is() {
    let core = Core::new().await;
    let mut config = full(&core);
    let wrong = object([
        ("text", Value::Null),
        ("weight", text("heavy")),
        ("colours", Value::Null),
    ]);
    config.set_member("list_block", Value::List(vec![branch("lb0", vec![wrong])]));
    let lacking = object([
        ("text", Value::Null),
        ("weight", Value::Null),
        ("colours", Value::Null),
    ]);
    let mut incomplete = full(&core);
    incomplete.set_member(
        "list_block",
        Value::List(vec![branch("lb0", vec![lacking.clone()])]),
    );
    incomplete.set_member("map_block", map([("k", lacking.clone())]));
    incomplete.set_member("set_block", Value::set(vec![lacking]));

    let misfit = core.validate("nest", &config).await;
    let incomplete = core.validate("nest", &incomplete).await;

    assert_eq!(
        brief(&misfit),
        ["Error list_block[0].leaf[0].weight: Cannot read the configuration"]
    );
    assert_eq!(
        brief(&incomplete),
        [
            "Error list_block[0].leaf[0].text: Missing required attribute",
            "Error set_block[*].text: Missing required attribute",
            "Error map_block[\"k\"].text: Missing required attribute",
        ]
    );
}
