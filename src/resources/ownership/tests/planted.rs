//! Notes that another user could have written prove nothing, and are named.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::PathBuf,
};

use super::*;

/// A folder in which a killed run has left the note of an object, the note, and the object's mark.
async fn killed() -> (tempfile::TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let mark = begun(&run(folder.path())).await;
    let notes = fs::read_dir(folder.path().join(".terraform/secureaks")).unwrap();
    let notes: Vec<PathBuf> = notes.map(|note| note.unwrap().path()).collect();
    let [note] = notes.try_into().unwrap();
    (folder, note, mark)
}

/// What a run in the folder says of the object with that mark, and of making it.
async fn told(folder: &Path, mark: &str) -> (Vouched, Diagnostic) {
    let run = run(folder);
    (
        vouched(&run, mark).await,
        run.begin(&id(), now()).await.unwrap_err(),
    )
}

fn refused(folder: &Path, found: &str) -> (Vouched, Diagnostic) {
    let journal = folder.join(".terraform/secureaks");
    let untold = "Whether a run of this state began to make it cannot be told, as notes that another user could have written are not believed";
    let detail = format!(
        "Before an object is asked for, a note of it is written to {}, by which a later run goes on with it should this process be killed. Expected a folder and notes that this user alone may write; found: {found}. Nothing was asked for. If that cannot be put right, set TF_DATA_DIR to a folder that belongs to this user.",
        journal.display()
    );
    (
        held(&format!("{untold}: {found}.")),
        Diagnostic::error("Cannot use the journal", detail),
    )
}

#[tokio::test]
async fn a_note_that_is_a_link_is_not_followed() {
    let (folder, note, mark) = killed().await;
    let elsewhere = folder.path().join("note");
    fs::rename(&note, &elsewhere).unwrap();
    symlink(&elsewhere, &note).unwrap();

    let told = told(folder.path(), &mark).await;

    let found = format!(
        "{} is a symbolic link, which is not followed; remove it",
        note.display()
    );
    assert_eq!(told, refused(folder.path(), &found));
}

#[tokio::test]
async fn a_note_that_others_may_write_is_not_believed() {
    let (folder, note, mark) = killed().await;
    fs::set_permissions(&note, fs::Permissions::from_mode(0o666)).unwrap();

    let told = told(folder.path(), &mark).await;

    let found = format!(
        "{} has the mode 666, with which other users may use it, where 600 is expected; remove it",
        note.display()
    );
    assert_eq!(told, refused(folder.path(), &found));
}

#[tokio::test]
async fn a_folder_of_notes_that_is_a_link_is_not_followed() {
    let (folder, note, mark) = killed().await;
    let journal = note.parent().unwrap();
    let elsewhere = folder.path().join("notes");
    fs::rename(journal, &elsewhere).unwrap();
    symlink(&elsewhere, journal).unwrap();

    let told = told(folder.path(), &mark).await;

    let found = format!(
        "{} is a symbolic link, which is not followed; remove it",
        journal.display()
    );
    assert_eq!(told, refused(folder.path(), &found));
}

/// Only root can give a file away; how owners are judged is tested for others beside the judgement.
#[tokio::test]
async fn a_note_of_another_user_is_not_believed() {
    let (folder, note, mark) = killed().await;
    let user = rustix::process::geteuid();
    let owner = 65534;
    let given = chown(&note, Some(owner), None);
    assert_eq!(given.is_ok(), user.is_root());
    if !user.is_root() {
        return;
    }

    let told = told(folder.path(), &mark).await;

    let found = format!(
        "{} belongs to the user {owner}, and this program runs as the user {}; remove it",
        note.display(),
        user.as_raw()
    );
    assert_eq!(told, refused(folder.path(), &found));
}

#[tokio::test]
async fn a_bad_note_of_another_state_is_no_hindrance() {
    let (folder, note, mark) = killed().await;
    let other = note.with_file_name("00000000-0000-4000-8000-000000000001.open");
    symlink(&note, &other).unwrap();

    let run = run(folder.path());

    assert_eq!(vouched(&run, &mark).await, Vouched::Begun);
    assert_eq!(begun(&run).await, mark);
}

#[tokio::test]
async fn notes_are_this_users_alone_and_killed_drafts_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join(".terraform/secureaks");
    fs::create_dir_all(&journal).unwrap();
    fs::set_permissions(&journal, fs::Permissions::from_mode(0o777)).unwrap();
    let draft = journal.join("00000000-0000-4000-8000-000000000001.draft");
    fs::write(&draft, "half a no").unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o600)).unwrap();

    begun(&run(folder.path())).await;

    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files = fs::read_dir(&journal).unwrap();
    let files: Vec<u32> = files.map(|file| mode(file.unwrap().path())).collect();
    assert_eq!((mode(journal), files), (0o700, vec![0o600]));
}
