//! Every folder of `examples/` is applied as it stands, found empty by the next plan, and destroyed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secureaks_simulator::{Host, Simulator};
use serde_json::{Value, json};

use crate::support::{Client, Workspace, assert_understood, azure, clients};

/// What the examples' texts take for granted.
const SUBSCRIPTION: &str = "c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365";

/// The object id of the signed-in identity.
const DEPLOYER: &str = "a4e81b57-0c9d-4f32-86a1-d5b7c2e9f013";

/// How an example becomes a configuration that can be applied.
struct Recipe {
    /// Files beside its own.
    beside: &'static [&'static str],
    /// Files of its own that are for something else, and tried by a test of their own.
    apart: &'static [&'static str],
    /// Whether it only reads, so that there is nothing more than before.
    reads_only: bool,
    /// Makes what the example expects to be there, and answers its variables.
    prepare: fn(&Simulator) -> BTreeMap<&'static str, String>,
}

/// The recipe for an example; `None` when nobody has said yet how to feed it.
fn recipe(example: &str) -> Option<Recipe> {
    let plain = Recipe {
        beside: &[],
        apart: &[],
        reads_only: false,
        prepare: |_| BTreeMap::new(),
    };
    match example {
        "quickstart" => Some(plain),
        "testing" => Some(Recipe {
            apart: &["teams.tftest.hcl"],
            ..plain
        }),
        "slides" => Some(Recipe {
            prepare: |_| slides(),
            ..plain
        }),
        "own-network" => Some(Recipe {
            prepare: own_network,
            ..plain
        }),
        "data-sources/secureaks_cluster"
        | "data-sources/secureaks_kubeconfig"
        | "ephemeral-resources/secureaks_credentials" => Some(Recipe {
            beside: &["provider/provider.tf"],
            reads_only: true,
            prepare: existing_cluster,
            ..plain
        }),
        // A provider block shows nothing until a resource needs it.
        "provider" => Some(Recipe {
            beside: &["resources/secureaks_cluster/resource.tf"],
            ..plain
        }),
        // Documentation of one resource goes without the blocks that every configuration has.
        "resources/secureaks_cluster" => Some(Recipe {
            beside: &["provider/provider.tf"],
            apart: &["import.sh", "import-by-id.tf", "import-by-identity.tf"],
            ..plain
        }),
        "resources/secureaks_namespace" => Some(Recipe {
            beside: &[
                "provider/provider.tf",
                "resources/secureaks_cluster/resource.tf",
            ],
            apart: &["import.sh", "import-by-id.tf", "import-by-identity.tf"],
            prepare: rights_inside,
            ..plain
        }),
        "resources/secureaks_aad_binding" | "resources/secureaks_network_policy" => Some(Recipe {
            beside: &[
                "provider/provider.tf",
                "resources/secureaks_cluster/resource.tf",
                "resources/secureaks_namespace/resource.tf",
            ],
            apart: &["import.sh", "import-by-id.tf", "import-by-identity.tf"],
            prepare: rights_inside,
            ..plain
        }),
        _ => None,
    }
}

/// Whom the slides' cluster is for.
pub(crate) fn slides() -> BTreeMap<&'static str, String> {
    let administrators = "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345";
    BTreeMap::from([
        ("resource_group_name", "rg-demo".to_owned()),
        ("administrator", "ada@simulated.onmicrosoft.com".to_owned()),
        ("administrators_group", administrators.to_owned()),
        (
            "namespace_administrator",
            "dev@simulated.onmicrosoft.com".to_owned(),
        ),
    ])
}

/// Gives the signed-in identity rights in every cluster, as a platform team has them.
fn rights_inside(azure: &Simulator) -> BTreeMap<&'static str, String> {
    let role = "Azure Kubernetes Service RBAC Cluster Admin";
    let scope = format!("/subscriptions/{SUBSCRIPTION}");
    assert!(azure.grant(DEPLOYER, role, &scope));
    BTreeMap::new()
}

/// Makes the network and the identity of the example of that name; its variables.
pub(crate) fn own_network(azure: &Simulator) -> BTreeMap<&'static str, String> {
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-demo/providers");
    let network = format!("{group}/Microsoft.Network/virtualNetworks/vnet");
    let identity =
        format!("{group}/Microsoft.ManagedIdentity/userAssignedIdentities/control-plane");
    let subnets = json!([{ "name": "nodes", "properties": { "addressPrefix": "10.1.0.0/22" } }]);
    let properties =
        json!({ "addressSpace": { "addressPrefixes": ["10.1.0.0/16"] }, "subnets": subnets });

    let made = azure.put(
        &network,
        json!({ "location": "westeurope", "properties": properties }),
    );
    assert_eq!(made, 201);
    assert_eq!(
        azure.put(&identity, json!({ "location": "westeurope" })),
        201
    );
    azure.advance(Duration::from_mins(1));

    BTreeMap::from([
        ("subnet_id", format!("{network}/subnets/nodes")),
        ("identity_id", identity),
        (
            "admin_group_object_id",
            "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345".to_owned(),
        ),
    ])
}

/// Makes the cluster that examples take for there; no variables.
fn existing_cluster(azure: &Simulator) -> BTreeMap<&'static str, String> {
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-example"
    );
    let pool = json!({
        "name": "system", "mode": "System", "vmSize": "Standard_D4ds_v5", "count": 1,
    });
    let properties = json!({
        "dnsPrefix": "example",
        "aadProfile": { "managed": true },
        "agentPoolProfiles": [pool],
        "oidcIssuerProfile": { "enabled": true },
    });
    let body = json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "properties": properties,
    });
    assert_eq!(azure.put(&id, body), 201);
    azure.advance(Duration::from_hours(1));
    BTreeMap::new()
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The folders with files in them, by their way from `examples/`, and those files' names.
fn folders() -> BTreeMap<String, Vec<String>> {
    let root = examples();
    let mut waiting = vec![root.clone()];
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with(".terraform") {
                waiting.push(path);
            } else if path.is_file() {
                let name = folder
                    .strip_prefix(&root)
                    .expect("below")
                    .to_string_lossy()
                    .into_owned();
                found.entry(name).or_default().push(file_name(&path));
            }
        }
    }
    found
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

/// A workspace with copies of the given files of `examples/`.
fn workspace(client: &Client, azure: &Simulator, files: &[String]) -> Workspace {
    let workspace = Workspace::new(client, azure);
    for file in files {
        let text = fs::read_to_string(examples().join(file)).expect("an example");
        // Examples of several resources have files of the same name.
        workspace.write(&file.replace('/', "-"), &text);
    }
    workspace
}

#[test]
fn every_example_is_known() {
    let unknown: Vec<String> = folders()
        .into_keys()
        .filter(|example| recipe(example).is_none())
        .collect();

    assert_eq!(
        unknown,
        Vec::<String>::new(),
        "say in `recipe` how to apply it"
    );
}

#[test]
fn every_example_is_applied_and_destroyed() {
    for (example, files) in folders() {
        let recipe = recipe(&example).expect("a recipe");
        let own = files
            .iter()
            .filter(|file| !recipe.apart.contains(&file.as_str()));
        let own = own.map(|file| format!("{example}/{file}"));
        let files: Vec<String> = own
            .chain(recipe.beside.iter().map(ToString::to_string))
            .collect();
        for client in clients() {
            let azure = azure();
            let mut workspace = workspace(client, &azure, &files);
            for (name, value) in (recipe.prepare)(&azure) {
                workspace.set(&format!("TF_VAR_{name}"), &value);
            }
            let before = azure.resource_ids();

            workspace.apply().succeeds();
            workspace.assert_no_changes();
            let during = azure.resource_ids();
            workspace.destroy().succeeds();

            assert_eq!(during == before, recipe.reads_only, "{example}: {during:?}");
            assert_eq!(azure.resource_ids(), before, "{example}");
            assert_understood(&azure);
        }
    }
}

#[test]
fn every_example_is_formatted() {
    let client = clients().first().expect("a client");
    let azure = azure();
    let workspace = Workspace::new(client, &azure);

    let examples = examples();
    workspace
        .run(&[
            "fmt",
            "-check",
            "-recursive",
            "-diff",
            examples.to_str().expect("text"),
        ])
        .succeeds();
}

/// The blocks of guides, each written to a file as it stands.
#[test]
fn every_configuration_in_a_guide_is_formatted() {
    let client = clients().first().expect("a client");
    let azure = azure();
    let workspace = Workspace::new(client, &azure);
    let guides = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides");
    let mut written = 0;
    for guide in fs::read_dir(guides).expect("guides") {
        let text = fs::read_to_string(guide.expect("a guide").path()).expect("text");
        for block in text.split("```terraform\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            workspace.write(&format!("{written}.tf"), block);
            written += 1;
        }
    }

    assert!(written > 0);
    workspace.run(&["fmt", "-check", "-diff"]).succeeds();
}

/// The first plan takes over what Azure chooses when nobody does, such as the version, and an
/// apply of it sends nothing that changes anything.
#[test]
fn a_cluster_is_imported_in_each_documented_way() {
    let folder = "resources/secureaks_cluster";
    let configuration = [
        "provider/provider.tf".to_owned(),
        format!("{folder}/resource.tf"),
    ];
    for client in clients() {
        let azure = azure();
        let first = workspace(client, &azure, &configuration);
        first.apply().succeeds();
        azure.clear_journal();
        let mut imported = vec![imported_by_command(client, &azure, &configuration)];
        let mut blocks = vec!["import-by-id.tf"];
        if client.knows((1, 12), (1, 12)) {
            blocks.push("import-by-identity.tf");
        }
        for block in blocks {
            let files = [configuration.as_slice(), &[format!("{folder}/{block}")]].concat();
            imported.push(workspace(client, &azure, &files));
        }

        for workspace in imported {
            workspace.apply().succeeds();

            workspace.assert_no_changes();
            assert_eq!(workspace.cluster(), first.cluster(), "{}", client.name);
        }
        let written = azure
            .journal()
            .into_iter()
            .filter(|exchange| exchange.host == Host::Arm && exchange.method != "GET");
        assert_eq!(written.collect::<Vec<_>>(), []);
        assert_understood(&azure);
    }
}

/// The second ones of the examples' bindings and policies have no import, and are made anew; of the
/// cluster a plan only takes over the version that Azure chose.
#[test]
fn what_is_in_a_cluster_is_imported_in_each_documented_way() {
    const KINDS: [&str; 4] = [
        "secureaks_aad_binding",
        "secureaks_cluster",
        "secureaks_namespace",
        "secureaks_network_policy",
    ];
    const BATCH: &str = "/apis/networking.k8s.io/v1/namespaces/team-a/networkpolicies/batch";
    let of_each = |file: &str| {
        KINDS
            .map(|kind| format!("resources/{kind}/{file}"))
            .to_vec()
    };
    let configuration = [
        vec!["provider/provider.tf".to_owned()],
        of_each("resource.tf"),
    ]
    .concat();
    for client in clients() {
        let azure = azure();
        rights_inside(&azure);
        let first = workspace(client, &azure, &configuration);
        first.apply().succeeds();
        let mut ids = azure.resource_ids().into_iter();
        let cluster = ids.find(|id| id.ends_with("/managedClusters/aks-example"));
        let cluster = cluster.expect("the cluster");
        let by_command = workspace(client, &azure, &configuration);
        for kind in KINDS {
            import_by_command(&by_command, kind);
        }
        let mut imported = vec![by_command];
        let mut blocks = vec!["import-by-id.tf"];
        if client.knows((1, 12), (1, 12)) {
            blocks.push("import-by-identity.tf");
        }
        for block in blocks {
            let files = [configuration.clone(), of_each(block)].concat();
            imported.push(workspace(client, &azure, &files));
        }

        for workspace in imported {
            assert!(azure.change_kubernetes_object(&cluster, BATCH, &Value::Null));
            take_away(&azure, "secureaks_aad_binding readers");

            let applied = workspace.apply();

            let all = "2 added, 1 changed, 0 destroyed";
            assert!(applied.flat().contains(all), "{}", applied.text);
            workspace.assert_no_changes();
        }
        assert_understood(&azure);
    }
}

/// Takes the role assignments away that have a description, as another hand would: what is not imported is made anew.
fn take_away(azure: &Simulator, description: &str) {
    let described = |id: &String| {
        let found = azure.resource(id).unwrap_or_default();
        found["properties"]["description"] == description
    };
    let given: Vec<String> = azure.resource_ids().into_iter().filter(described).collect();
    assert_ne!(given, Vec::<String>::new());
    for id in given {
        assert!((200..300).contains(&azure.delete(&id)), "{id}");
    }
}

fn imported_by_command(client: &Client, azure: &Simulator, configuration: &[String]) -> Workspace {
    let workspace = workspace(client, azure, configuration);
    import_by_command(&workspace, "secureaks_cluster");
    workspace
}

/// Runs the command that the documentation of a resource gives.
fn import_by_command(workspace: &Workspace, kind: &str) {
    let command = fs::read_to_string(examples().join(format!("resources/{kind}/import.sh")))
        .expect("an example");
    let arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
    workspace.run(&arguments).succeeds();
}
