//! Microsoft Graph: who can be found, by whom, and when.

use std::time::Duration;

use secureaks_simulator::{Options, Principal, PrincipalKind, Simulator};
use serde_json::{Value, json};

use crate::api_server::{DEVELOPER as DEVELOPER_NAME, sign_in_for};
use crate::client::{Answer, Client, start, start_with};

const GRAPH: &str = "https://graph.microsoft.com/.default";
const ADMINISTRATORS: &str = "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345";
const DEVELOPERS: &str = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13";
const DEVELOPER: &str = "b92e4d60-1f7a-4c83-95eb-28d0a6f5c714";
const UNKNOWN: &str = "00000000-0000-0000-0000-000000000001";
const NEW_APP: &str = "00000000-0000-0000-0000-000000000002";

/// A client of Graph's, with a token for it.
struct Graph {
    client: Client,
    origin: String,
}

impl Graph {
    fn new(mut client: Client) -> Self {
        let metadata = client.metadata();
        client.token = client.token_for(GRAPH);
        Self {
            client,
            origin: metadata["microsoftGraphResourceId"]
                .as_str()
                .unwrap()
                .trim_end_matches('/')
                .to_owned(),
        }
    }

    fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let address = format!("{}/v1.0{path}", self.origin);
        self.client.raw(method, &address, body).unwrap()
    }

    fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    /// The display names in a list.
    fn names(&self, path: &str) -> Vec<String> {
        let answer = self.get(path);
        let body = answer.json();
        let value = body["value"].as_array();
        let value = value.unwrap_or_else(|| panic!("{path}: {}", answer.text));
        value
            .iter()
            .map(|one| one["displayName"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

fn start_graph() -> (Simulator, Graph) {
    let (simulator, client) = start();
    (simulator, Graph::new(client))
}

/// A client of Graph's for a new application with these permissions.
fn with_permissions(simulator: &Simulator, permissions: &[&str]) -> Graph {
    simulator.put_principal(Principal {
        object_id: UNKNOWN.into(),
        app_id: Some(NEW_APP.into()),
        display_name: "pipeline".into(),
        secrets: vec!["word".into()],
        graph: permissions.iter().map(|one| (*one).to_owned()).collect(),
        ..Principal::default()
    });
    let mut environment = simulator.environment();
    environment.insert("ARM_CLIENT_ID".into(), NEW_APP.into());
    environment.insert("ARM_CLIENT_SECRET".into(), "word".into());
    Graph::new(Client::new(environment))
}

#[test]
fn a_user_is_found_by_id_by_sign_in_name_and_by_filter() {
    let (_simulator, graph) = start_graph();
    let name = "dev@simulated.onmicrosoft.com";

    let by_id = graph.get(&format!("/users/{DEVELOPER}"));
    let by_name = graph.get(&format!("/users/{name}"));
    let filtered = graph.get(&format!("/users?$filter=userPrincipalName eq '{name}'"));
    let guest = graph
        .get("/users/kim_partner.example%23EXT%23@simulated.onmicrosoft.com?$select=id,userType");

    assert_eq!((by_id.status, by_id.json()), (200, by_name.json()));
    assert_eq!(by_id.json()["userPrincipalName"], name);
    assert_eq!(filtered.json()["value"][0]["id"], DEVELOPER);
    assert_eq!(guest.json()["userType"], "Guest");
    assert_eq!(guest.json()["displayName"], Value::Null);
}

#[test]
fn what_does_not_exist_is_said_in_graphs_words() {
    let (_simulator, graph) = start_graph();

    let answer = graph.get(&format!("/groups/{UNKNOWN}"));

    let error = answer.json()["error"].clone();
    let message = format!(
        "Resource '{UNKNOWN}' does not exist or one of its queried reference-property objects are \
         not present."
    );
    assert_eq!(
        (answer.status, &error["code"], &error["message"]),
        (404, &json!("Request_ResourceNotFound"), &json!(message))
    );
    assert_eq!(
        error["innerError"]["request-id"],
        answer.header("request-id")
    );
}

#[test]
fn an_application_without_permission_is_denied() {
    let (simulator, _) = start_graph();
    let reader = Graph::new(Client::new(simulator.reader_environment()));
    let members_only = with_permissions(&simulator, &["GroupMember.Read.All"]);
    let group = format!("/groups/{DEVELOPERS}");
    let user = format!("/users/{DEVELOPER}");

    let denied = [&user, &group, "/groups", "/me"].map(|path| reader.get(path).code());
    let partly = members_only.get(&format!("{group}/members")).json();
    let codes = [&group, &user].map(|path| members_only.get(path).status);

    let expected = ["Authorization_RequestDenied"; 3];
    assert_eq!(denied.get(..3).unwrap(), expected);
    assert_eq!(denied[3], "BadRequest");
    assert_eq!(codes, [200, 403]);
    assert_eq!(
        (
            &partly["value"][0]["id"],
            &partly["value"][0]["displayName"]
        ),
        (&json!(DEVELOPER), &Value::Null)
    );
}

#[test]
fn tokens_for_another_service_are_refused() {
    let (_simulator, mut graph) = start_graph();
    graph.client.token = graph
        .client
        .token_for("https://management.azure.com/.default");

    let answer = graph.get("/users");

    assert_eq!(
        (answer.status, answer.code()),
        (401, "InvalidAuthenticationToken".to_owned())
    );
}

#[test]
fn memberships_are_read_in_both_directions_and_through_groups() {
    let (simulator, graph) = start_graph();
    simulator.put_principal(Principal {
        object_id: UNKNOWN.into(),
        kind: PrincipalKind::Group,
        display_name: "everybody".into(),
        distribution: true,
        ..Principal::default()
    });
    assert!(simulator.add_member("everybody", "developers"));
    let user = format!("/users/{DEVELOPER}");
    let asked = json!({ "groupIds": [UNKNOWN, ADMINISTRATORS] });

    let direct = graph.names(&format!("{user}/memberOf"));
    let all = graph.names(&format!("{user}/transitiveMemberOf/microsoft.graph.group"));
    let members = graph.names(&format!("/groups/{UNKNOWN}/members"));
    let users = graph.names(&format!(
        "/groups/{UNKNOWN}/transitiveMembers/microsoft.graph.user"
    ));
    let checked = graph.call("POST", &format!("{user}/checkMemberGroups"), Some(asked));
    let security = json!({ "securityEnabledOnly": true });
    let security = graph.call("POST", &format!("{user}/getMemberGroups"), Some(security));

    assert_eq!(direct, ["developers"]);
    assert_eq!(all, ["everybody", "developers"]);
    assert_eq!(
        (members, users),
        (vec!["developers".to_owned()], vec!["Dev".to_owned()])
    );
    assert_eq!(checked.json()["value"], json!([UNKNOWN]));
    assert_eq!(security.json()["value"], json!([DEVELOPERS]));
}

#[test]
fn a_group_made_through_graph_shows_after_a_while_and_goes_after_a_while() {
    let (simulator, _) = start_graph();
    let graph = with_permissions(&simulator, &["Group.ReadWrite.All", "User.Read.All"]);
    let body = json!({
        "displayName": "new", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true,
    });
    let a_while = Duration::from_secs(21);

    let incomplete = graph.call("POST", "/groups", Some(json!({ "displayName": "new" })));
    let made = graph.call("POST", "/groups", Some(body));
    let group = format!("/groups/{}", made.json()["id"].as_str().unwrap());
    let early = graph.get(&group).status;
    simulator.advance(a_while);
    let late = graph.get(&group).status;
    let reference =
        json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{DEVELOPER}", graph.origin) });
    let added = graph.call(
        "POST",
        &format!("{group}/members/$ref"),
        Some(reference.clone()),
    );
    let again = graph.call("POST", &format!("{group}/members/$ref"), Some(reference));
    let members = graph.names(&format!("{group}/members"));
    let deleted = graph.call("DELETE", &group, None);
    let lingering = graph.get(&group).status;
    simulator.advance(a_while);
    let gone = graph.get(&group).status;

    assert_eq!((incomplete.status, made.status), (400, 201));
    assert_eq!((early, late), (404, 200));
    assert_eq!((added.status, again.status), (204, 400));
    assert_eq!(members, ["Dev"]);
    assert_eq!((deleted.status, lingering, gone), (204, 200, 404));
}

#[test]
fn what_was_deleted_is_found_among_the_deleted_for_thirty_days() {
    let (simulator, graph) = start_graph();
    let one = format!("/directory/deletedItems/{DEVELOPERS}");
    let list =
        "/directory/deletedItems/microsoft.graph.group?$filter=displayName%20eq%20'developers'";
    let before = graph.get(&one).status;

    assert!(simulator.delete_principal(DEVELOPERS));
    simulator.advance(Duration::from_mins(1));
    let found = graph.get(&one).json();
    let names = graph.names(list);
    simulator.advance(Duration::from_hours(31 * 24));
    // The token has not outlived the month.
    let later = Graph::new(Client::new(simulator.environment()));
    let after = (later.get(&one).status, later.names(list));

    assert_eq!(before, 404);
    assert_eq!(found["displayName"], "developers");
    assert_eq!(found["@odata.type"], "#microsoft.graph.group");
    assert_eq!(names, ["developers"]);
    assert_eq!(after, (404, Vec::<String>::new()));
}

#[test]
fn lists_come_in_pages_and_are_counted_when_asked_to() {
    let (_simulator, graph) = start_graph();
    let first = graph.get("/users?$top=3&$select=displayName").json();
    let next = first["@odata.nextLink"].as_str().unwrap();

    let second = graph.client.raw("GET", next, None).unwrap().json();
    let authorization = format!("Bearer {}", graph.client.token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("consistencylevel", "eventual"),
    ];
    let count = format!("{}/v1.0/users/$count", graph.origin);
    let counted = graph.client.send("GET", &count, &headers, None).unwrap();
    let refused = graph.get("/users/$count").status;
    let wrong_size = graph.get("/users?$top=1000").code();

    let names = |page: &Value| page["value"].as_array().unwrap().len();
    assert_eq!((names(&first), names(&second)), (3, 1));
    assert_eq!(second["@odata.nextLink"], Value::Null);
    assert_eq!((counted.text.as_str(), refused), ("4", 400));
    assert_eq!(wrong_size, "Request_UnsupportedQuery");
}

#[test]
fn applications_are_found_by_their_client_id() {
    let (_simulator, graph) = start_graph();
    let app = graph.client.variable("ARM_CLIENT_ID").to_owned();

    let keyed = graph
        .get(&format!("/servicePrincipals(appId='{app}')"))
        .json();
    let filtered = graph
        .get(&format!("/servicePrincipals?$filter=appId eq '{app}'"))
        .json();

    assert_eq!(keyed["displayName"], "deployer");
    assert_eq!(keyed["servicePrincipalType"], "Application");
    assert_eq!(filtered["value"][0]["id"], keyed["id"]);
}

#[test]
fn ids_of_any_kind_are_resolved_together() {
    let (_simulator, graph) = start_graph();
    let body = json!({ "ids": [DEVELOPERS, UNKNOWN, DEVELOPER] });
    let users = json!({ "ids": [DEVELOPERS, DEVELOPER], "types": ["user"] });

    let all = graph
        .call("POST", "/directoryObjects/getByIds", Some(body))
        .json();
    let users = graph
        .call("POST", "/directoryObjects/getByIds", Some(users))
        .json();

    let seen = |list: &Value| -> Vec<(String, String)> {
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        let list = list["value"].as_array().unwrap();
        list.iter()
            .map(|one| (text(one, "@odata.type"), text(one, "displayName")))
            .collect()
    };
    let user = ("#microsoft.graph.user".to_owned(), "Dev".to_owned());
    let group = ("#microsoft.graph.group".to_owned(), "developers".to_owned());
    assert_eq!(seen(&all), [group, user.clone()]);
    assert_eq!(seen(&users), [user]);
}

#[test]
fn a_batch_answers_each_request_by_itself() {
    let (_simulator, graph) = start_graph();
    let request = |id: &str, url: &str| json!({ "id": id, "method": "GET", "url": url });
    let requests = json!([
        request("a", &format!("/users/{DEVELOPER}")),
        request("b", "/groups?$filter=displayName eq 'developers'"),
        request("c", &format!("/groups/{UNKNOWN}")),
    ]);
    let many: Vec<Value> = (0..21)
        .map(|id| request(&id.to_string(), "/users"))
        .collect();

    let answer = graph
        .call("POST", "/$batch", Some(json!({ "requests": requests })))
        .json();
    let too_many = graph.call("POST", "/$batch", Some(json!({ "requests": many })));

    let seen: Vec<Value> = answer["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["id"], one["status"]]))
        .collect();
    assert_eq!(
        seen,
        [json!(["a", 200]), json!(["b", 200]), json!(["c", 404])]
    );
    assert_eq!(answer["responses"][1]["body"]["value"][0]["id"], DEVELOPERS);
    assert_eq!(too_many.status, 400);
}

#[test]
fn what_graph_does_not_know_here_is_listed_as_unknown() {
    let (simulator, graph) = start_graph();

    let answer = graph.get("/applications");

    assert_eq!(answer.status, 501);
    assert_eq!(simulator.unknown_requests(), ["GET /v1.0/applications"]);
}

#[test]
fn people_of_a_directory_file_are_there_and_stay_through_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("directory.json");
    let people = json!([
        { "kind": "Group", "display_name": "auditors" },
        {
            "kind": "User",
            "display_name": "Sam",
            "user_principal_name": "sam@simulated.onmicrosoft.com",
            "member_of": ["auditors"],
        },
    ]);
    std::fs::write(&path, people.to_string()).unwrap();
    let (simulator, client) = start_with(Options {
        speed: 0.001,
        directory_file: Some(path),
        ..Options::default()
    });
    let graph = Graph::new(client);
    let groups = "/users/sam@simulated.onmicrosoft.com/memberOf";

    let before = graph.names(groups);
    assert!(simulator.delete_principal("Sam"));
    let reset = format!("{}/reset", simulator.control_address());
    graph.client.send("POST", &reset, &[], None).unwrap();
    let graph = Graph::new(Client::new(simulator.environment()));
    let after = graph.names(groups);

    assert_eq!(
        (before, after),
        (vec!["auditors".to_owned()], vec!["auditors".to_owned()])
    );
}

#[test]
fn people_read_the_directory_and_guests_only_about_themselves() {
    let (simulator, mut graph) = start_graph();
    let resource = "https://graph.microsoft.com";
    let guest = "kim_partner.example#EXT#@simulated.onmicrosoft.com";
    let mut answers = |user: &str| {
        graph.client.token = sign_in_for(&simulator, &graph.client, user, resource);
        ["/me", "/me/memberOf", "/groups"].map(|path| graph.get(path))
    };

    let [me, own, groups] = answers(DEVELOPER_NAME);
    let [guest_me, guest_own, guest_groups] = answers(guest);

    assert_eq!(me.json()["userPrincipalName"], DEVELOPER_NAME);
    assert_eq!(own.json()["value"][0]["displayName"], "developers");
    assert_eq!(
        [&groups, &guest_me, &guest_own].map(|one| one.status),
        [200; 3]
    );
    assert_eq!(
        (guest_groups.status, guest_groups.code()),
        (403, "Authorization_RequestDenied".to_owned())
    );
}
