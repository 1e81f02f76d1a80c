//! What is there from the start: one directory, one subscription, one resource group, and a few
//! principals. Ids are fixed, so that configurations can name them; secrets are drawn anew.

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::arm::Subscription;
use crate::cloud::Cloud;
use crate::entra::{Directory, Principal, PrincipalKind, Subject};
use crate::random::{guid, letters};

pub(crate) const TENANT: &str = "7b1c6f0e-2d43-4a6b-9c55-3e0f8a1d2b47";
pub(crate) const DOMAIN: &str = "simulated.onmicrosoft.com";
pub(crate) const SUBSCRIPTION: &str = "c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365";

/// The application that owns the subscription.
pub(crate) const OWNER_APP: &str = "2f9d4c81-5a3e-47b6-b0c2-6d8e1f7a9034";
pub(crate) const OWNER: &str = "a4e81b57-0c9d-4f32-86a1-d5b7c2e9f013";

/// The application that may only read.
pub(crate) const READER_APP: &str = "91c7e3b2-84df-4a05-a6f9-0b3d5e8c7214";
pub(crate) const READER: &str = "5d20f8c6-b73a-4e91-9f04-c18a6e2d7b39";

/// The managed identity of the machine; an owner too.
const MACHINE_APP: &str = "d86a13f5-49e2-4c7b-8b50-7f2c9e0a6d18";
const MACHINE: &str = "0e7b5c94-d18f-4263-b9a7-42f6d3c8e150";

/// People, and the groups of those who administer clusters and of those who use them.
const ADMINISTRATOR: &str = "63f1a0d7-8e5c-4b29-a4d6-f09b7c3e2851";
const DEVELOPER: &str = "b92e4d60-1f7a-4c83-95eb-28d0a6f5c714";
const OUTSIDER: &str = "2c6a9f17-5be0-4d84-b3c1-7a90e4d8f526";
const GUEST: &str = "d4817be9-30c5-4f6a-a2e8-51b6c07f9d38";
pub(crate) const ADMINISTRATORS: &str = "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345";
const DEVELOPERS: &str = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13";

/// The secrets of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Secrets {
    pub(crate) owner: String,
    pub(crate) reader: String,
    /// Proves to the managed identity endpoint that a program runs on the machine.
    pub(crate) identity_header: String,
    /// Lets a pipeline ask for its OIDC token.
    pub(crate) request_token: String,
}

/// The cloud at the start of its time, with the principals of a directory file.
pub(crate) fn cloud(
    token_certificate: &str,
    client_certificate: &str,
    written_down: &[Principal],
    random: &mut StdRng,
) -> Cloud {
    let secrets = Secrets {
        owner: letters(random, 40),
        reader: letters(random, 40),
        identity_header: letters(random, 32),
        request_token: letters(random, 32),
    };
    let mut directory = Directory::new(TENANT, DOMAIN);
    for principal in principals(token_certificate, client_certificate, &secrets) {
        directory.put(principal);
    }
    directory.put_all(written_down);
    let subscription = Subscription {
        id: SUBSCRIPTION.into(),
        name: "Simulated".into(),
    };
    let mut cloud = Cloud::new(directory, subscription, secrets);
    cloud.manager.seed_resource_group("rg-demo", "westeurope");
    let scope = format!("/subscriptions/{SUBSCRIPTION}");
    let grants = [
        (OWNER, "Owner"),
        (MACHINE, "Owner"),
        (ADMINISTRATOR, "Owner"),
        (READER, "Reader"),
        (DEVELOPER, "Reader"),
    ];
    for (principal, role) in grants {
        let name = guid(random);
        cloud.manager.access.grant(principal, role, &scope, name);
    }
    cloud
}

fn principals(
    token_certificate: &str,
    client_certificate: &str,
    secrets: &Secrets,
) -> [Principal; 9] {
    let application = |object_id: &str, app_id: &str, name: &str| Principal {
        object_id: object_id.into(),
        app_id: Some(app_id.into()),
        display_name: name.into(),
        created: Timestamp::UNIX_EPOCH,
        ..Principal::default()
    };
    let user = |object_id: &str, name: &str, groups: &[&str]| Principal {
        object_id: object_id.into(),
        kind: PrincipalKind::User,
        display_name: name.into(),
        user_principal_name: Some(format!("{}@{DOMAIN}", name.to_lowercase())),
        member_of: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Principal::default()
    };
    let group = |object_id: &str, name: &str| Principal {
        object_id: object_id.into(),
        kind: PrincipalKind::Group,
        display_name: name.into(),
        mail_nickname: Some(name.replace(' ', "-")),
        ..Principal::default()
    };
    [
        Principal {
            secrets: vec![secrets.owner.clone()],
            certificates: vec![client_certificate.to_owned()],
            federations: Subject::ALL
                .iter()
                .map(|subject| subject.federation(token_certificate))
                .collect(),
            graph: vec!["Directory.Read.All".to_owned()],
            ..application(OWNER, OWNER_APP, "deployer")
        },
        Principal {
            secrets: vec![secrets.reader.clone()],
            ..application(READER, READER_APP, "reader")
        },
        Principal {
            managed_identity: true,
            ..application(MACHINE, MACHINE_APP, "machine")
        },
        user(ADMINISTRATOR, "Ada", &[ADMINISTRATORS]),
        user(DEVELOPER, "Dev", &[DEVELOPERS]),
        user(OUTSIDER, "Lee", &[]),
        Principal {
            user_principal_name: Some(format!("kim_partner.example#EXT#@{DOMAIN}")),
            mail: Some("kim@partner.example".into()),
            ..user(GUEST, "Kim", &[])
        },
        group(ADMINISTRATORS, "cluster administrators"),
        group(DEVELOPERS, "developers"),
    ]
}
