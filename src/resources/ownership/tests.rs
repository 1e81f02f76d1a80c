//! Which run may go on with what another one has begun.

use std::path::Path;

use super::*;

const SECRET: &str = "a secret of sixteen bytes and more";

fn id() -> ResourceId {
    ResourceId::managed_cluster("00000000-0000-0000-0000-000000000000", "rg", "aks").unwrap()
}

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn surroundings(folder: &Path) -> Surroundings {
    Surroundings {
        folder: folder.to_owned(),
        data: ".terraform".into(),
        workspace: None,
    }
}

/// A run of a configuration without an owner in `folder`.
fn run(folder: &Path) -> Ownership {
    Ownership::new(None, surroundings(folder), false)
}

/// A run of an owner's configuration in `folder`.
fn owned(folder: &Path, name: &str, secret: Option<&str>) -> Ownership {
    let owner = Owner {
        name: name.to_owned(),
        secret: secret.map(Secret::new),
    };
    Ownership::new(Some(owner), surroundings(folder), false)
}

async fn begun(run: &Ownership) -> String {
    run.begin(&id(), now()).await.unwrap().to_string()
}

async fn vouched(run: &Ownership, mark: &str) -> Vouched {
    run.vouched(&id(), mark).await
}

fn held(by: &str) -> Vouched {
    Vouched::Held(by.to_owned())
}

#[tokio::test]
async fn what_a_killed_run_began_is_known_in_its_folder_and_nowhere_else() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mark = begun(&run(here.path())).await;

    let again = vouched(&run(here.path()), &mark).await;
    let elsewhere = vouched(&run(there.path()), &mark).await;

    let by = "It was made by this provider, from another folder or machine.";
    assert_eq!((again, elsewhere), (Vouched::Begun, held(by)));
}

#[tokio::test]
async fn the_next_run_after_a_killed_one_gives_the_same_mark() {
    let folder = tempfile::tempdir().unwrap();

    let marks = [
        begun(&run(folder.path())).await,
        begun(&run(folder.path())).await,
    ];

    assert_eq!(marks[0], marks[1]);
}

#[tokio::test]
async fn what_the_client_was_told_is_held_once_the_client_ends_the_run_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(folder.path());
    let mark = begun(&first).await;

    first.note(&id(), Event::Answered);
    let before = vouched(&run(folder.path()), &mark).await;
    first.close();
    let after = vouched(&run(folder.path()), &mark).await;

    let by = "It was made from this folder, in the workspace `default`, by a run that began at 2026-11-30T12:00:00Z.";
    assert_eq!((before, after), (Vouched::Begun, held(by)));
}

#[tokio::test]
async fn an_attached_client_is_believed_to_have_saved_what_it_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let attached = Ownership::new(None, surroundings(folder.path()), true);
    let mark = begun(&attached).await;

    attached.note(&id(), Event::Answered);

    assert!(matches!(vouched(&attached, &mark).await, Vouched::Held(_)));
}

#[tokio::test]
async fn what_was_read_by_a_state_is_held_and_what_is_gone_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(folder.path());
    let mark = begun(&first).await;

    first.settle(&id()).await;
    let read = vouched(&first, &mark).await;
    first.forget(&id()).await;
    let next = begun(&run(folder.path())).await;

    assert!(matches!(read, Vouched::Held(_)), "{read:?}");
    assert_ne!(mark, next);
}

#[tokio::test]
async fn another_workspace_and_another_backend_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mark = begun(&run(folder.path())).await;
    let data = folder.path().join(".terraform");

    let second = Ownership::new(
        None,
        Surroundings {
            workspace: Some("second".to_owned()),
            ..surroundings(folder.path())
        },
        false,
    );
    let workspace = vouched(&second, &mark).await;
    let backend = r#"{"backend": {"type": "azurerm", "config": {"key": "other"}}}"#;
    std::fs::write(data.join("terraform.tfstate"), backend).unwrap();
    let backend = vouched(&run(folder.path()), &mark).await;

    let begun = "by a run that began at 2026-11-30T12:00:00Z.";
    let found = [workspace, backend];
    let wanted = [
        held(&format!(
            "It was made from this folder, in the workspace `default`, {begun}"
        )),
        held(&format!(
            "It was made from this folder, with another backend, {begun}"
        )),
    ];
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn an_owner_with_its_secret_resumes_from_any_machine_until_the_create_has_ended() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = owned(here.path(), "platform", Some(SECRET));
    let mark = begun(&first).await;
    let ended = first.ended(&id()).unwrap().to_string();
    let elsewhere = owned(there.path(), "platform", Some(SECRET));

    let found = [
        vouched(&elsewhere, &mark).await,
        vouched(&elsewhere, &ended).await,
        // Killed after the last request of the create: the folder's own note knows.
        vouched(&first, &ended).await,
    ];

    let by = "It was made by the configuration whose `owner` is \"platform\".";
    assert_eq!(found, [Vouched::Begun, held(by), Vouched::Begun]);
}

#[tokio::test]
async fn an_owners_name_proves_nothing() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mark = begun(&owned(here.path(), "platform", Some(SECRET))).await;
    let by_name = owned(there.path(), "platform", None);
    let by_guess = owned(
        there.path(),
        "platform",
        Some("another secret, as long as that"),
    );

    let found = [
        vouched(&by_name, &mark).await,
        vouched(&by_guess, &mark).await,
    ];

    let by = "It was made by the configuration whose `owner` is \"platform\".";
    assert_eq!(found, [held(by), held(by)]);
}

#[tokio::test]
async fn whose_a_binding_is_is_a_hint_by_the_owners_name() {
    let folder = tempfile::tempdir().unwrap();
    let own = owned(folder.path(), "platform", None);
    let mark = begun(&own).await;
    let drawn = Uuid::from_u128(1).to_string();
    let others = owned(folder.path(), "others", None);

    let hints = [
        own.is_anothers(&mark),
        others.is_anothers(&mark),
        own.is_anothers(&drawn),
        run(folder.path()).is_anothers(&mark),
    ];

    assert_eq!(hints, [Some(false), Some(true), None, None]);
    assert_eq!(
        (own.is_outdated(&mark), own.is_outdated(&drawn)),
        (false, true)
    );
}

#[tokio::test]
async fn a_name_is_given_to_one_resource_only() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path());
    run.reserve(&id()).unwrap();

    let refused = run.reserve(&id()).unwrap_err();

    assert_eq!(refused.summary, "Two resources have the same name");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_before_anything_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(".terraform")).unwrap();
    std::fs::write(folder.path().join(".terraform/secureaks"), "a file").unwrap();

    let refused = run(folder.path()).begin(&id(), now()).await.unwrap_err();

    assert_eq!(refused.summary, "Cannot use the journal");
}

#[cfg(unix)]
mod planted;
