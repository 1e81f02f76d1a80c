//! What Terraform refuses of plans and results, written from its rules and not from the
//! framework (Terraform `internal/plans/objchange/plan_valid.go` and `compatible.go`).

use secureaks::{
    framework::schema::{Attribute, Block, Mode, Nesting, Shape},
    value::{Path, Step, Value},
};

/// Fails the test if Terraform would call the plan invalid.
pub(crate) fn assert_plan_valid(block: &Block, prior: &Value, config: &Value, planned: &Value) {
    let mut wrong = Vec::new();
    if config.is_null() {
        assert_eq!(planned, &Value::Null, "a deletion is planned as null");
        return;
    }
    plan_of_block(block, prior, config, planned, &Path::root(), &mut wrong);
    assert!(wrong.is_empty(), "invalid plan:\n{}", wrong.join("\n"));
}

/// Fails the test if Terraform would call the result inconsistent with the plan.
pub(crate) fn assert_apply_valid(block: &Block, planned: &Value, state: &Value) {
    assert!(state.is_wholly_known(), "unknown after apply: {state:?}");
    assert!(
        state.is_null() == planned.is_null(),
        "{state:?} for {planned:?}"
    );
    for attribute in &block.attributes {
        assert!(
            !attribute.write_only || state.member(attribute.name).is_null(),
            "`{}` is write-only and stored",
            attribute.name
        );
    }
    assert!(
        compatible(planned, state),
        "planned {planned:?}\nbut now {state:?}"
    );
}

fn plan_of_block(
    block: &Block,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    wrong: &mut Vec<String>,
) {
    let (blocks, attributes): (Vec<&Attribute>, Vec<&Attribute>) =
        block.attributes.iter().partition(|one| one.is_block());
    plan_of_attributes(&attributes, prior, config, planned, path, wrong);
    for nested in blocks {
        let path = path.join_attribute(nested.name);
        let (before, written, value) = (
            prior.member(nested.name),
            config.member(nested.name),
            planned.member(nested.name),
        );
        let Shape::Nested(nesting, inner) = &nested.shape else {
            wrong.push(format!("{path}: a block without attributes"));
            continue;
        };
        if written.is_unknown() {
            if value != written {
                wrong.push(format!("{path}: unknown blocks must stay unknown"));
            }
            continue;
        }
        if value.is_unknown() {
            wrong.push(format!("{path}: blocks that are known must stay known"));
            continue;
        }
        match nesting {
            Nesting::Single | Nesting::Group => {
                if written.is_null() != value.is_null() {
                    wrong.push(format!("{path}: a block must be as often as it is written"));
                } else if !written.is_null() {
                    plan_of_block(inner, before, written, value, &path, wrong);
                }
            }
            Nesting::List | Nesting::Map | Nesting::Set => {
                let each = &mut |before: &Value,
                                 written: &Value,
                                 value: &Value,
                                 path: &Path,
                                 wrong: &mut Vec<String>| {
                    plan_of_block(inner, before, written, value, path, wrong);
                };
                plan_of_elements(*nesting, before, written, value, &path, wrong, each);
            }
        }
    }
}

fn plan_of_attributes(
    attributes: &[&Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    wrong: &mut Vec<String>,
) {
    for attribute in attributes {
        let path = path.join_attribute(attribute.name);
        let (before, written, value) = (
            prior.member(attribute.name),
            config.member(attribute.name),
            planned.member(attribute.name),
        );
        let may_be_computed = attribute.mode == Mode::Computed || attribute.default.is_some();
        if attribute.write_only {
            if !value.is_null() {
                wrong.push(format!("{path}: write-only attributes are never planned"));
            }
        } else if attribute.mode == Mode::Computed {
            // Anything goes, but the user cannot have written it.
            if !written.is_null() {
                wrong.push(format!("{path}: read-only attribute in the configuration"));
            }
        } else if value == written || (value == before && !before.is_null() && !written.is_null()) {
        } else if written.is_null() {
            if !may_be_computed {
                wrong.push(format!(
                    "{path}: planned {value:?} for what is left out and not computed"
                ));
            }
        } else if let (Shape::Nested(nesting, inner), false) =
            (&attribute.shape, written.is_unknown())
        {
            let each = &mut |before: &Value,
                             written: &Value,
                             value: &Value,
                             path: &Path,
                             wrong: &mut Vec<String>| {
                let attributes: Vec<&Attribute> = inner.attributes.iter().collect();
                plan_of_attributes(&attributes, before, written, value, path, wrong);
            };
            if value.is_null() || value.is_unknown() {
                wrong.push(format!("{path}: planned {value:?} for {written:?}"));
            } else if *nesting == Nesting::Single {
                each(before, written, value, &path, wrong);
            } else {
                plan_of_elements(*nesting, before, written, value, &path, wrong, each);
            }
        } else {
            wrong.push(format!(
                "{path}: planned {value:?} is neither {written:?} nor {before:?}"
            ));
        }
    }
}

type Each<'a> = &'a mut dyn FnMut(&Value, &Value, &Value, &Path, &mut Vec<String>);

fn plan_of_elements(
    nesting: Nesting,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    wrong: &mut Vec<String>,
    each: Each<'_>,
) {
    match (nesting, config, planned) {
        (Nesting::List, Value::List(written), Value::List(values))
            if written.len() == values.len() =>
        {
            let before = prior.elements().unwrap_or_default();
            for (index, (written, value)) in written.iter().zip(values).enumerate() {
                let before = before.get(index).unwrap_or(&Value::Null);
                element(
                    before,
                    written,
                    value,
                    &path.join(Step::Index(index)),
                    wrong,
                    each,
                );
            }
        }
        (Nesting::Map, Value::Map(written), Value::Map(values))
            if written.keys().eq(values.keys()) =>
        {
            for (name, written) in written {
                let path = path.join(Step::Key(name.clone()));
                element(
                    prior.member(name),
                    written,
                    planned.member(name),
                    &path,
                    wrong,
                    each,
                );
            }
        }
        (Nesting::Set, Value::Set(written), Value::Set(values))
            if written.len() == values.len() =>
        {
            // Each planned element must be what one written element can become.
            for value in values {
                let possible = written.iter().any(|written| {
                    let mut wrong = Vec::new();
                    element(&Value::Null, written, value, path, &mut wrong, each);
                    wrong.is_empty()
                });
                if !possible {
                    wrong.push(format!(
                        "{path}: planned element {value:?} is in no relation to {written:?}"
                    ));
                }
            }
        }
        _ => wrong.push(format!(
            "{path}: planned {planned:?} has other elements than {config:?}"
        )),
    }
}

fn element(
    before: &Value,
    written: &Value,
    value: &Value,
    path: &Path,
    wrong: &mut Vec<String>,
    each: Each<'_>,
) {
    if written.members().is_some() && value.members().is_some() {
        each(before, written, value, path, wrong);
    } else if written != value {
        wrong.push(format!("{path}: planned {value:?} for {written:?}"));
    }
}

/// Whether what was planned can have become what is: known values stay, unknown ones become any.
fn compatible(planned: &Value, state: &Value) -> bool {
    match (planned, state) {
        (Value::Unknown(refinement), state) => !(refinement.is_not_null() && state.is_null()),
        (Value::List(planned), Value::List(state))
        | (Value::Tuple(planned), Value::Tuple(state)) => {
            planned.len() == state.len()
                && planned
                    .iter()
                    .zip(state)
                    .all(|(planned, state)| compatible(planned, state))
        }
        (Value::Set(planned), Value::Set(state)) => {
            state.len() <= planned.len()
                && planned
                    .iter()
                    .all(|planned| state.iter().any(|state| compatible(planned, state)))
                && state
                    .iter()
                    .all(|state| planned.iter().any(|planned| compatible(planned, state)))
        }
        (Value::Map(planned), Value::Map(state))
        | (Value::Object(planned), Value::Object(state)) => {
            planned.keys().eq(state.keys())
                && planned
                    .iter()
                    .all(|(name, planned)| compatible(planned, &state[name]))
        }
        (Value::Dynamic(_, planned), Value::Dynamic(_, state)) => compatible(planned, state),
        (planned, state) => planned == state,
    }
}
