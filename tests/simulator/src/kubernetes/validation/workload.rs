//! Workloads, as far as everybody gets them wrong: selectors, labels of the template, containers
//! (Kubernetes, `pkg/apis/apps/validation`).

use serde_json::Value;

use super::super::status::Cause;
use super::field::{Path, items, members, text};
use super::name::{label, labels, selector};

/// What is wrong with a Deployment, or another kind that makes pods and finds them by a selector.
pub(super) fn controller(kind: &str, new: &Value, old: Option<&Value>) -> Vec<Cause> {
    let path = Path::new("spec");
    let spec = new.get("spec").cloned().unwrap_or_default();
    let mut causes = Vec::new();
    if let Some(replicas) = spec.get("replicas").and_then(Value::as_i64)
        && replicas < 0
    {
        let value = Value::from(replicas);
        let text = "must be greater than or equal to 0";
        causes.push(path.child("replicas").invalid(&value, text));
    }
    let own = spec.get("selector").filter(|selector| selector.is_object());
    let template = spec.get("template").cloned().unwrap_or_default();
    let metadata = template.get("metadata").cloned().unwrap_or_default();
    match own {
        None => causes.push(path.child("selector").required("")),
        Some(own) => {
            let path = path.child("selector");
            causes.extend(selector(own, &path));
            let empty = |name: &str| {
                own.get(name).is_none_or(|part| {
                    part.as_array().is_none_or(Vec::is_empty)
                        && part.as_object().is_none_or(serde_json::Map::is_empty)
                })
            };
            if empty("matchLabels") && empty("matchExpressions") {
                let text = format!("empty selector is invalid for {kind}");
                causes.push(path.invalid(own, &text));
            }
        }
    }
    let template_path = path.child("template");
    let label_path = template_path.child("metadata").child("labels");
    let wanted = own.cloned().unwrap_or_default();
    let label_of = |key: &str| metadata.pointer("/labels")?.get(key);
    if members(&wanted, "matchLabels").any(|(key, value)| label_of(key) != Some(value)) {
        let value = metadata.get("labels").cloned().unwrap_or_default();
        let text = "`selector` does not match template `labels`";
        causes.push(label_path.invalid(&value, text));
    }
    causes.extend(labels(&metadata, "labels", &label_path));
    let pod = template.get("spec").cloned().unwrap_or_default();
    causes.extend(pod_spec(&pod, &template_path.child("spec")));
    let policy = text(&pod, "restartPolicy");
    if !["", "Always"].contains(&policy) {
        let path = template_path.child("spec").child("restartPolicy");
        causes.push(path.not_supported(policy, &["Always"]));
    }
    let before = old.and_then(|old| old.pointer("/spec/selector"));
    if let (Some(before), Some(own)) = (before, own)
        && before != own
    {
        causes.push(path.child("selector").invalid(own, "field is immutable"));
    }
    causes
}

/// What is wrong with a pod's specification.
pub(super) fn pod_spec(spec: &Value, path: &Path) -> Vec<Cause> {
    let mut causes = Vec::new();
    let containers = path.child("containers");
    if items(spec, "containers").next().is_none() {
        causes.push(containers.required(""));
    }
    let mut names: Vec<&str> = Vec::new();
    for (index, container) in items(spec, "containers").enumerate() {
        let path = containers.index(index);
        let name = text(container, "name");
        if name.is_empty() {
            causes.push(path.child("name").required(""));
        } else if names.contains(&name) {
            causes.push(path.child("name").duplicate(name));
        } else {
            for problem in label(name) {
                causes.push(path.child("name").invalid_text(name, &problem));
            }
        }
        names.push(name);
        if text(container, "image").is_empty() {
            causes.push(path.child("image").required(""));
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(selector: &Value, labels: &Value) -> Value {
        json!({ "spec": {
            "selector": selector,
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": "web", "image": "nginx" }] },
            },
        }})
    }

    fn fields(causes: Vec<Cause>) -> Vec<(String, String)> {
        causes
            .into_iter()
            .map(|cause| (cause.field, cause.message))
            .collect()
    }

    #[test]
    fn the_selector_matches_the_template_and_stays() {
        let web = || json!({ "matchLabels": { "app": "web" } });
        let labels = || json!({ "app": "web" });
        let good = deployment(&web(), &labels());
        let wrong = deployment(&web(), &json!({ "app": "other" }));
        let moved = deployment(
            &json!({ "matchLabels": { "app": "x" } }),
            &json!({ "app": "x" }),
        );

        assert_eq!(fields(controller("deployment", &good, Some(&good))), []);
        assert_eq!(
            fields(controller("deployment", &wrong, None)),
            [(
                "spec.template.metadata.labels".to_owned(),
                "Invalid value: {\"app\":\"other\"}: `selector` does not match template `labels`"
                    .to_owned()
            )]
        );
        assert_eq!(
            fields(controller("deployment", &moved, Some(&good))),
            [(
                "spec.selector".to_owned(),
                "Invalid value: {\"matchLabels\":{\"app\":\"x\"}}: field is immutable".to_owned()
            )]
        );
    }

    #[test]
    fn containers_have_a_name_and_an_image() {
        let spec = json!({ "containers": [{ "name": "a" }, { "name": "a", "image": "b" }] });

        let causes = fields(pod_spec(&spec, &Path::new("spec")));

        assert_eq!(
            causes,
            [
                (
                    "spec.containers[0].image".to_owned(),
                    "Required value".to_owned()
                ),
                (
                    "spec.containers[1].name".to_owned(),
                    "Duplicate value: \"a\"".to_owned()
                ),
            ]
        );
    }
}
