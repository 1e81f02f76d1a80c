//! What the provider answers, from its own types into protobuf.

use super::tfplugin6 as wire;
use super::tfplugin6::attribute_path::{Step as WireStep, step::Selector};
use crate::framework::service::{
    ApplyResponse, FunctionError, Imported, Opened, PlanResponse, ReadResponse, Renewed,
    ValueResponse,
};
use crate::framework::{Diagnostic, Severity};
use crate::value::{Encoded, Path, Step, printable};

impl wire::DynamicValue {
    /// The value, or nothing at all when neither form was filled: a host takes that for null.
    pub(in crate::plugin) fn of(value: Encoded) -> Option<Self> {
        let empty = value.msgpack.is_empty() && value.json.is_empty();
        (!empty).then_some(Self {
            msgpack: value.msgpack,
            json: value.json,
        })
    }
}

impl wire::ResourceIdentityData {
    /// The identity, if there is one.
    pub(in crate::plugin) fn of(identity: Option<Encoded>) -> Option<Self> {
        identity.map(|identity| Self {
            identity_data: wire::DynamicValue::of(identity),
        })
    }
}

impl wire::Diagnostic {
    /// All of `diagnostics`.
    pub(in crate::plugin) fn all(diagnostics: Vec<Diagnostic>) -> Vec<Self> {
        diagnostics.into_iter().map(Self::from).collect()
    }
}

impl From<Diagnostic> for wire::Diagnostic {
    fn from(diagnostic: Diagnostic) -> Self {
        let severity = match diagnostic.severity {
            Severity::Error => wire::diagnostic::Severity::Error,
            Severity::Warning => wire::diagnostic::Severity::Warning,
        };
        let attribute = wire::AttributePath::from(&diagnostic.path);
        Self {
            severity: severity.into(),
            detail: printable(&located_detail(&diagnostic)).into_owned(),
            summary: printable(&diagnostic.summary).into_owned(),
            attribute: (!attribute.steps.is_empty()).then_some(attribute),
        }
    }
}

/// The detail, with the attribute's path where the host may not show it: hosts before
/// Terraform 1.15 point nested paths at the resource as a whole.
fn located_detail(diagnostic: &Diagnostic) -> String {
    let Diagnostic {
        path,
        summary,
        detail,
        ..
    } = diagnostic;
    let place = path.to_string();
    if path.steps().len() < 2 || summary.contains(&place) || detail.contains(&place) {
        detail.clone()
    } else if detail.is_empty() {
        format!("This is about {place}.")
    } else {
        format!("{detail}\n\nThis is about {place}.")
    }
}

impl From<&Path> for wire::AttributePath {
    fn from(path: &Path) -> Self {
        let addressable = path.steps().iter().map_while(|step| match step {
            Step::Attribute(name) => Some(Selector::AttributeName(name.clone())),
            Step::Key(key) => Some(Selector::ElementKeyString(key.clone())),
            Step::Index(index) => i64::try_from(*index).ok().map(Selector::ElementKeyInt),
            Step::Element(_) => None,
        });
        Self {
            steps: addressable
                .map(|selector| WireStep {
                    selector: Some(selector),
                })
                .collect(),
        }
    }
}

impl From<ValueResponse> for wire::upgrade_resource_state::Response {
    fn from(answer: ValueResponse) -> Self {
        Self {
            upgraded_state: answer.value.and_then(wire::DynamicValue::of),
            diagnostics: wire::Diagnostic::all(answer.diagnostics),
        }
    }
}

impl From<ValueResponse> for wire::upgrade_resource_identity::Response {
    fn from(answer: ValueResponse) -> Self {
        Self {
            upgraded_identity: wire::ResourceIdentityData::of(answer.value),
            diagnostics: wire::Diagnostic::all(answer.diagnostics),
        }
    }
}

impl From<ValueResponse> for wire::read_data_source::Response {
    fn from(answer: ValueResponse) -> Self {
        Self {
            state: answer.value.and_then(wire::DynamicValue::of),
            diagnostics: wire::Diagnostic::all(answer.diagnostics),
            deferred: None,
        }
    }
}

impl From<ReadResponse> for wire::read_resource::Response {
    fn from(answer: ReadResponse) -> Self {
        Self {
            new_state: wire::DynamicValue::of(answer.new_state),
            diagnostics: wire::Diagnostic::all(answer.diagnostics),
            private: answer.private,
            deferred: None,
            new_identity: wire::ResourceIdentityData::of(answer.new_identity),
        }
    }
}

impl From<PlanResponse> for wire::plan_resource_change::Response {
    fn from(answer: PlanResponse) -> Self {
        Self {
            planned_state: wire::DynamicValue::of(answer.planned_state),
            requires_replace: answer
                .requires_replace
                .iter()
                .map(wire::AttributePath::from)
                .collect(),
            planned_private: answer.planned_private,
            diagnostics: wire::Diagnostic::all(answer.diagnostics),
            planned_identity: wire::ResourceIdentityData::of(answer.planned_identity),
            ..Self::default()
        }
    }
}

impl From<ApplyResponse> for wire::apply_resource_change::Response {
    fn from(answer: ApplyResponse) -> Self {
        Self {
            new_state: wire::DynamicValue::of(answer.new_state),
            private: answer.private,
            diagnostics: wire::Diagnostic::all(answer.diagnostics),
            new_identity: wire::ResourceIdentityData::of(answer.new_identity),
            ..Self::default()
        }
    }
}

impl wire::import_resource_state::Response {
    /// The answer for a resource of the type `type_name`.
    pub(in crate::plugin) fn of(type_name: String, imported: Imported) -> Self {
        let resource = imported
            .state
            .map(|state| wire::import_resource_state::ImportedResource {
                type_name,
                state: wire::DynamicValue::of(state),
                private: imported.private,
                identity: wire::ResourceIdentityData::of(imported.identity),
            });
        Self {
            imported_resources: resource.into_iter().collect(),
            diagnostics: wire::Diagnostic::all(imported.diagnostics),
            deferred: None,
        }
    }
}

impl From<Imported> for wire::move_resource_state::Response {
    fn from(moved: Imported) -> Self {
        Self {
            target_state: moved.state.and_then(wire::DynamicValue::of),
            diagnostics: wire::Diagnostic::all(moved.diagnostics),
            target_private: moved.private,
            target_identity: wire::ResourceIdentityData::of(moved.identity),
        }
    }
}

impl From<Opened> for wire::open_ephemeral_resource::Response {
    fn from(opened: Opened) -> Self {
        Self {
            diagnostics: wire::Diagnostic::all(opened.diagnostics),
            renew_at: opened.renew_at.map(prost_types::Timestamp::from),
            result: opened.result.and_then(wire::DynamicValue::of),
            private: Some(opened.private),
            deferred: None,
        }
    }
}

impl From<Renewed> for wire::renew_ephemeral_resource::Response {
    fn from(renewed: Renewed) -> Self {
        Self {
            diagnostics: wire::Diagnostic::all(renewed.diagnostics),
            renew_at: renewed.renew_at.map(prost_types::Timestamp::from),
            private: Some(renewed.private),
        }
    }
}

impl From<Result<Encoded, FunctionError>> for wire::call_function::Response {
    fn from(result: Result<Encoded, FunctionError>) -> Self {
        match result {
            Ok(value) => Self {
                result: wire::DynamicValue::of(value),
                error: None,
            },
            Err(FunctionError { text, argument }) => Self {
                result: None,
                error: Some(wire::FunctionError {
                    text: printable(&text).into_owned(),
                    function_argument: argument,
                }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire_path(selectors: impl IntoIterator<Item = Selector>) -> wire::AttributePath {
        wire::AttributePath {
            steps: selectors
                .into_iter()
                .map(|selector| WireStep {
                    selector: Some(selector),
                })
                .collect(),
        }
    }

    #[test]
    fn what_servers_say_gives_no_orders_to_a_terminal() {
        let said = "no\u{1b}[2J\u{202e}on\nnext";
        let told = Diagnostic::error(said, said);
        let refused = FunctionError {
            text: said.to_owned(),
            argument: None,
        };

        let diagnostic = wire::Diagnostic::from(told);
        let function = wire::call_function::Response::from(Err(refused));

        let texts = [
            diagnostic.summary,
            diagnostic.detail,
            function.error.unwrap_or_default().text,
        ];
        assert_eq!(texts, ["no[2Jon\nnext"; 3]);
    }

    #[test]
    fn every_addressable_step_is_sent() {
        let path = Path::attribute("rules")
            .join(Step::Index(2))
            .join_attribute("ports")
            .join(Step::Key("http".into()));

        let sent = wire::AttributePath::from(&path);

        assert_eq!(
            sent,
            wire_path([
                Selector::AttributeName("rules".into()),
                Selector::ElementKeyInt(2),
                Selector::AttributeName("ports".into()),
                Selector::ElementKeyString("http".into()),
            ])
        );
    }

    #[test]
    fn a_path_ends_before_a_set_element() {
        let path = Path::attribute("ranges")
            .join(Step::Element(String::new()))
            .join_attribute("first");

        let sent = wire::AttributePath::from(&path);

        assert_eq!(sent, wire_path([Selector::AttributeName("ranges".into())]));
    }

    #[test]
    fn a_nested_attribute_is_named_in_the_detail() {
        let path = Path::attribute("network").join_attribute("policy");
        let diagnostic = Diagnostic::error("Unknown policy", "Use cilium.").at(&path);

        let sent = wire::Diagnostic::from(diagnostic);

        assert_eq!(
            sent,
            wire::Diagnostic {
                severity: wire::diagnostic::Severity::Error.into(),
                summary: "Unknown policy".into(),
                detail: "Use cilium.\n\nThis is about network.policy.".into(),
                attribute: Some(wire_path([
                    Selector::AttributeName("network".into()),
                    Selector::AttributeName("policy".into()),
                ])),
            }
        );
    }

    #[test]
    fn a_detail_that_names_its_attribute_is_left_alone() {
        let path = Path::attribute("network").join_attribute("policy");
        let diagnostic =
            Diagnostic::error("Unknown policy", "Set network.policy to cilium.").at(&path);

        let sent = wire::Diagnostic::from(diagnostic);

        assert_eq!(sent.detail, "Set network.policy to cilium.");
    }

    #[test]
    fn a_message_about_nothing_in_particular_has_no_path() {
        let sent = wire::Diagnostic::from(Diagnostic::warning("Newer baseline", ""));

        assert_eq!(
            sent,
            wire::Diagnostic {
                severity: wire::diagnostic::Severity::Warning.into(),
                summary: "Newer baseline".into(),
                ..Default::default()
            }
        );
    }

    #[test]
    fn an_import_without_state_lists_no_resource() {
        let imported = Imported {
            diagnostics: vec![Diagnostic::error("Not found", "")],
            ..Imported::default()
        };

        let sent = wire::import_resource_state::Response::of("secureaks_cluster".into(), imported);

        assert_eq!(sent.imported_resources, []);
    }
}
