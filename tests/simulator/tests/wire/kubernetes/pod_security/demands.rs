//! What the standards ask of a pod, one demand after the other.

use serde_json::{Value, json};

use super::super::{Api, cluster};
use super::{PODS, create_namespace, restricted_pod};

#[test]
fn each_demand_of_baseline_is_made_of_containers_and_volumes() {
    let (_simulator, _client, api) = cluster();
    create_namespace(&api, &[("enforce", "baseline")]);
    let second =
        json!([{ "name": "first", "image": "nginx", "securityContext": { "privileged": true } }]);

    let (told, wanted) = told_each(
        &api,
        &[
            (
                &[
                    ("containers/0/securityContext", json!(null)),
                    ("securityContext", json!(null)),
                ],
                "",
            ),
            (
                &[(
                    "containers/0/securityContext/appArmorProfile",
                    json!({ "type": "Unconfined" }),
                )],
                "forbidden AppArmor profile (container \"x\" must not set AppArmor profile type to \"Unconfined\")",
            ),
            (
                &[(
                    "containers/0/securityContext/capabilities/add",
                    json!(["SYS_ADMIN", "CHOWN", "NET_RAW"]),
                )],
                "non-default capabilities (container \"x\" must not include \"NET_RAW\", \"SYS_ADMIN\" in \
             securityContext.capabilities.add)",
            ),
            (
                &[
                    ("hostNetwork", json!(true)),
                    ("hostPID", json!(true)),
                    ("hostIPC", json!(true)),
                ],
                "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
            ),
            (
                &[(
                    "volumes",
                    json!([{ "name": "v", "hostPath": { "path": "/" } }, { "name": "w", "emptyDir": {} }]),
                )],
                "hostPath volumes (volume \"v\")",
            ),
            (
                &[(
                    "containers/0/ports",
                    json!([{ "containerPort": 80, "hostPort": 80 }, { "containerPort": 9, "hostPort": 9 }]),
                )],
                "hostPort (container \"x\" uses hostPorts 80, 9)",
            ),
            (
                &[
                    ("initContainers", second),
                    (
                        "containers/0/securityContext",
                        json!({ "privileged": true }),
                    ),
                ],
                "privileged (containers \"first\", \"x\" must not set securityContext.privileged=true)",
            ),
        ],
    );

    assert_eq!(told, wanted);
}

#[test]
fn each_demand_of_baseline_is_made_of_the_whole_pod() {
    let (_simulator, _client, api) = cluster();
    create_namespace(&api, &[("enforce", "baseline")]);

    let (told, wanted) = told_each(
        &api,
        &[
            (
                &[
                    (
                        "securityContext/seLinuxOptions",
                        json!({ "type": "spc_t", "user": "u" }),
                    ),
                    (
                        "containers/0/securityContext/seLinuxOptions",
                        json!({ "role": "r" }),
                    ),
                ],
                "seLinuxOptions (pod and container \"x\" set forbidden securityContext.seLinuxOptions: type \"spc_t\"; \
             user may not be set; role may not be set)",
            ),
            (
                &[(
                    "securityContext/seLinuxOptions",
                    json!({ "type": "container_engine_t" }),
                )],
                "",
            ),
            (
                &[(
                    "securityContext/seccompProfile",
                    json!({ "type": "Unconfined" }),
                )],
                "seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")",
            ),
            (
                &[(
                    "securityContext/sysctls",
                    json!([{ "name": "kernel.msgmax", "value": "1" },
            { "name": "net.ipv4.tcp_rmem", "value": "1" }]),
                )],
                "forbidden sysctls (kernel.msgmax)",
            ),
            (
                &[
                    ("hostNetwork", json!(true)),
                    (
                        "securityContext",
                        json!({ "windowsOptions": { "hostProcess": true } }),
                    ),
                    ("containers/0/securityContext", json!(null)),
                ],
                "host namespaces (hostNetwork=true), hostProcess (pod must not set \
             securityContext.windowsOptions.hostProcess=true)",
            ),
        ],
    );

    assert_eq!(told, wanted);
}

#[test]
fn each_demand_of_restricted_is_made() {
    let (_simulator, _client, api) = cluster();
    create_namespace(&api, &[("enforce", "restricted")]);
    let nfs = json!({ "name": "n", "nfs": { "path": "/", "server": "s" } });
    let volumes = json!([{ "name": "v", "hostPath": { "path": "/" } }, nfs, { "name": "w", "secret": { "secretName": "s" } }]);

    let (told, wanted) = told_each(
        &api,
        &[
            (
                &[(
                    "containers/0/securityContext/allowPrivilegeEscalation",
                    json!(true),
                )],
                "allowPrivilegeEscalation != false (container \"x\" must set securityContext.allowPrivilegeEscalation=false)",
            ),
            (
                &[(
                    "containers/0/securityContext/capabilities",
                    json!({ "drop": ["NET_RAW"], "add": ["CHOWN", "NET_BIND_SERVICE"] }),
                )],
                "unrestricted capabilities (container \"x\" must set securityContext.capabilities.drop=[\"ALL\"]; container \"x\" \
             must not include \"CHOWN\" in securityContext.capabilities.add)",
            ),
            (
                &[("volumes", volumes)],
                "restricted volume types (volumes \"v\", \"n\" use restricted volume types \"hostPath\", \"nfs\")",
            ),
            (
                &[
                    ("securityContext/runAsNonRoot", json!(false)),
                    ("containers/0/securityContext/runAsNonRoot", json!(false)),
                ],
                "runAsNonRoot != true (pod and container \"x\" must not set securityContext.runAsNonRoot=false)",
            ),
            (
                &[
                    ("securityContext/runAsNonRoot", json!(null)),
                    ("containers/0/securityContext/runAsNonRoot", json!(true)),
                ],
                "",
            ),
            (
                &[
                    ("securityContext/runAsUser", json!(0)),
                    ("containers/0/securityContext/runAsUser", json!(1000)),
                ],
                "runAsUser=0 (pod must not set runAsUser=0)",
            ),
            (
                &[(
                    "containers/0/securityContext/seccompProfile",
                    json!({ "type": "Unconfined" }),
                )],
                "seccompProfile (container \"x\" must not set securityContext.seccompProfile.type to \"Unconfined\")",
            ),
            (
                &[
                    ("containers/0/securityContext/privileged", json!(true)),
                    ("hostPID", json!(true)),
                    (
                        "containers/0/securityContext/allowPrivilegeEscalation",
                        json!(null),
                    ),
                ],
                "host namespaces (hostPID=true), privileged (container \"x\" must not set securityContext.privileged=true), \
             allowPrivilegeEscalation != false (container \"x\" must set securityContext.allowPrivilegeEscalation=false)",
            ),
            // The server takes it for an emptyDir.
            (&[("volumes", json!([{ "name": "v" }]))], ""),
            (
                &[
                    ("os", json!({ "name": "windows" })),
                    ("securityContext", json!({ "runAsNonRoot": true })),
                    ("containers/0/securityContext", json!(null)),
                ],
                "",
            ),
        ],
    );

    assert_eq!(told, wanted);
}

#[test]
fn a_version_holds_pods_to_the_standard_as_it_was() {
    let (_simulator, _client, api) = cluster();
    create_namespace(
        &api,
        &[("enforce", "baseline"), ("enforce-version", "v1.30")],
    );
    let engine = json!({ "type": "container_engine_t" });

    let refused = api.send(
        "POST",
        PODS,
        &but(&[("securityContext/seLinuxOptions", engine)]),
    );

    assert_eq!(
        refused.text_at("/message"),
        "pods \"x\" is forbidden: violates PodSecurity \"baseline:v1.30\": seLinuxOptions (pod set forbidden \
         securityContext.seLinuxOptions: type \"container_engine_t\")"
    );
}

/// That pod with members at pointers into its specification, null for none; those above are made where missing.
fn but(changes: &[(&str, Value)]) -> Value {
    let mut pod = restricted_pod();
    for (pointer, value) in changes {
        let mut place = &mut pod["spec"];
        for step in pointer.split('/') {
            place = match step.parse::<usize>() {
                Ok(index) => &mut place[index],
                Err(_) => &mut place[step],
            };
        }
        *place = value.clone();
    }
    pod
}

/// What a pod is told after `violates PodSecurity "LEVEL:latest": `; nothing when it is let in.
fn told(api: &Api, pod: &Value) -> String {
    let answer = api.send("POST", &format!("{PODS}?dryRun=All"), pod);
    if answer.status == 201 {
        return String::new();
    }
    let (status, reason, message) = answer.refusal();
    assert_eq!((status, reason.as_str()), (403, "Forbidden"), "{message}");
    let (_, told) = message.split_once(":latest\": ").unwrap();
    told.to_owned()
}

/// What each changed pod is told.
fn told_each(api: &Api, cases: &[(&[(&str, Value)], &str)]) -> (Vec<String>, Vec<String>) {
    let told = cases.iter().map(|(changes, _)| told(api, &but(changes)));
    let wanted = cases.iter().map(|(_, wanted)| (*wanted).to_owned());
    (told.collect(), wanted.collect())
}
