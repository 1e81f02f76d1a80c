//! Whatever is not known yet: no position of a configuration makes validation or a plan fail, and
//! the plan keeps it as it came.

use secureaks::value::Value;

use crate::{
    core::{Core, brief, has_errors, map, number, object, text},
    positions::{positions, unknowns},
};

/// Puts an unknown value at every position of `config`, creating and updating. Returns where they
/// are, a line each.
async fn assert_unknowns_are_kept(core: &Core, name: &str, config: &Value) -> String {
    let block = core.block(name);
    let kept = core.create(name, config).await;
    let positions = positions(block, config);
    for position in &positions {
        let path = &position.path;
        let expected = unknowns(block, &position.config);

        let told = core.validate(name, &position.config).await;
        let created = core.plan(name, None, &position.config).await;
        let updated = core.plan(name, Some(&kept), &position.config).await;

        assert!(!has_errors(&told), "{path}: {:?}", brief(&told));
        assert!(
            !has_errors(&created.told),
            "{path}: {:?}",
            brief(&created.told)
        );
        assert!(
            !has_errors(&updated.told),
            "{path}: {:?}",
            brief(&updated.told)
        );
        assert_eq!(unknowns(block, &created.planned), expected, "{path}");
        assert_eq!(unknowns(block, &updated.planned), expected, "{path}");
    }
    let mut tried: Vec<String> = positions
        .iter()
        .map(|position| position.path.to_string())
        .collect();
    tried.dedup();
    tried.join("\n")
}

#[tokio::test]
async fn an_unknown_value_is_kept_wherever_it_is_in_a_thing() {
    let core = Core::new().await;
    let case = |material: &str| object([("material", text(material)), ("thickness", Value::Null)]);
    let config = core.config(
        "thing",
        [
            ("name", text("a")),
            ("place", text("north")),
            ("labels", map([("x", text("1"))])),
            ("zones", Value::set(vec![text("1"), text("2")])),
            ("layers", Value::List(vec![case("oak"), case("elm")])),
        ],
    );

    let tried = assert_unknowns_are_kept(&core, "thing", &config).await;

    insta::assert_snapshot!(tried);
}

#[tokio::test]
async fn an_unknown_value_is_kept_wherever_it_is_in_a_nest() {
    let core = Core::new().await;
    let leaf = |written: &str| {
        object([
            ("text", text(written)),
            ("weight", number(2)),
            ("colours", Value::Null),
        ])
    };
    let branch = object([
        ("text", text("b")),
        ("root", Value::Null),
        ("leaf", Value::List(vec![leaf("c")])),
    ]);
    let config = core.config(
        "nest",
        [
            ("name", text("a")),
            ("list", Value::List(vec![leaf("l")])),
            ("set", Value::set(vec![leaf("s"), leaf("t")])),
            ("map", map([("m", leaf("m"))])),
            ("list_block", Value::List(vec![branch])),
            ("set_block", Value::set(vec![leaf("x"), leaf("y")])),
        ],
    );

    let tried = assert_unknowns_are_kept(&core, "nest", &config).await;

    insta::assert_snapshot!(tried);
}
