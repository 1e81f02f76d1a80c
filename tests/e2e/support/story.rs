//! The quickstart's life, created, changed and destroyed, in an Azure whose time is moved by what it is asked.

use std::collections::BTreeMap;

use secureaks_simulator::{Action, Fault, Host, Matches, Simulator};

use super::{
    Client, Workspace,
    killing::Verb,
    trouble::{CLUSTER, patient_azure, strike},
};

/// Changes of what is inside the cluster: a quota, another port, a second principal.
const CHANGES: [(&str, &str); 3] = [
    (
        "  name       = \"shop\"\n",
        "  name       = \"shop\"\n  quota      = { pods = \"20\" }\n",
    ),
    ("port = \"8080\"", "port = \"8443\""),
    (
        "object_id = var.developers_group_object_id\n  }\n",
        "object_id = var.developers_group_object_id\n  }\n\n  principals {\n    type                = \"User\"\n    user_principal_name = \"lee@simulated.onmicrosoft.com\"\n  }\n",
    ),
];

/// One Azure, and the quickstart in a folder of its own.
pub(crate) struct Story {
    pub(crate) azure: Simulator,
    pub(crate) workspace: Workspace,
}

/// What there is: ids of resources, and names of objects in the cluster.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Footprint {
    resources: Vec<String>,
    objects: Vec<String>,
}

/// What an undisturbed life is like.
pub(crate) struct Undisturbed {
    /// How many exchanges each verb has. Some are made at the same time, so others may have a few more or fewer.
    pub(crate) lengths: BTreeMap<Verb, u64>,
    /// What there is after each verb.
    pub(crate) footprints: BTreeMap<Verb, Footprint>,
}

impl Story {
    pub(crate) fn begin(client: &Client) -> Self {
        let azure = patient_azure();
        let mut workspace = Workspace::of_example(client, &azure, "quickstart");
        workspace.set("SECUREAKS_POLL_INTERVAL", "10ms");
        Self { azure, workspace }
    }

    /// Writes the configuration that the verb is about.
    pub(crate) fn prepare(&self, verb: Verb) {
        if verb != Verb::Update {
            return;
        }
        let mut text =
            std::fs::read_to_string(self.workspace.path("main.tf")).expect("the quickstart");
        for (old, new) in CHANGES {
            assert_eq!(text.matches(old).count(), 1, "{old:?} in the quickstart");
            text = text.replace(old, new);
        }
        self.workspace.write("main.tf", &text);
    }

    /// A new count of exchanges, with `first` in force. Time is moved where somebody waits for it: operations of
    /// AKS end at their second poll, role assignments have spread and what an API server keeps of them is out of
    /// date when it is asked a second time, and namespaces go when they are looked at.
    pub(crate) fn set_pace(&self, first: impl IntoIterator<Item = Fault>) {
        let azure = &self.azure;
        azure.clear_faults();
        azure.clear_journal();
        for fault in first {
            azure.add_fault(fault);
        }
        let operation = Action::Advance { seconds: 1500.0 };
        strike(azure, "GET", "/operations/", 2, 2, operation.clone());
        strike(azure, "GET", "/managedClusters/aks-demo?", 4, 2, operation);
        let inside = [
            ("POST", "/selfsubjectaccessreviews", 2, 320.0),
            ("POST", "/subjectaccessreviews", 4, 320.0),
            ("GET", "/namespaces/shop?", 1, 10.0),
        ];
        for (method, path, nth, seconds) in inside {
            azure.add_fault(Fault {
                name: format!("{method} {path}"),
                matches: Matches {
                    host: Some(Host::Kubernetes),
                    method: Some(method.to_owned()),
                    path_contains: Some(path.to_owned()),
                    nth: Some(nth),
                    times: Some(u64::MAX),
                    ..Matches::default()
                },
                action: Action::Advance { seconds },
            });
        }
    }

    pub(crate) fn footprint(&self) -> Footprint {
        // The cluster's own components and nodes are none of ours, and are named at random.
        let ours = |name: &String| !name.starts_with("nodes ") && !name.contains(" kube-system/");
        let mut objects = self.azure.kubernetes_names(CLUSTER);
        objects.retain(ours);
        Footprint {
            resources: self.azure.resource_ids(),
            objects,
        }
    }

    /// Fails unless the verb has come to the same end as in an undisturbed life.
    #[track_caller]
    pub(crate) fn assert_converged(&self, verb: Verb, wanted: &Footprint, place: &str) {
        if verb != Verb::Delete {
            let plan = self.workspace.run(&verb.plan());
            assert_eq!(plan.code, 0, "{place}: {}", plan.text);
        }
        let found = self.footprint();
        assert_eq!(&found, wanted, "{place}");
    }
}

impl Undisturbed {
    pub(crate) fn live(client: &Client) -> Self {
        let story = Story::begin(client);
        let mut undisturbed = Self {
            lengths: BTreeMap::new(),
            footprints: BTreeMap::new(),
        };
        for verb in Verb::ALL {
            story.prepare(verb);
            story.set_pace([]);
            story.workspace.run(&verb.arguments()).succeeds();
            let length = story.azure.journal().len() as u64;
            if verb != Verb::Delete {
                let plan = story.workspace.run(&verb.plan());
                assert_eq!(plan.code, 0, "{}", plan.text);
            }
            undisturbed.lengths.insert(verb, length);
            undisturbed.footprints.insert(verb, story.footprint());
        }
        undisturbed
    }
}
