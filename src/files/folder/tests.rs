//! Tests of private folders, on a real file system.

use std::{
    fs::File,
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Command,
};

use super::*;

/// A private folder below a folder of the test's.
fn private_folder() -> (tempfile::TempDir, PrivateFolder) {
    let place = tempfile::tempdir().unwrap();
    let folder = PrivateFolder::make(&place.path().join("cache/private")).unwrap();
    (place, folder)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn names(folder: &PrivateFolder) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What is said of `name`, without the folder of the test's.
fn told<T: std::fmt::Debug>(folder: &PrivateFolder, result: Result<T, FileError>) -> String {
    let place = format!("{}/", folder.path().parent().unwrap().display());
    result.unwrap_err().to_string().replace(&place, "")
}

#[test]
fn a_folder_and_its_files_are_this_users_alone() {
    let (_place, folder) = private_folder();

    folder.write("mark", b"ours").unwrap();

    let modes = [
        mode(folder.path().parent().unwrap()),
        mode(folder.path()),
        mode(&folder.path().join("mark")),
    ];
    assert_eq!(
        (modes, folder.read("mark").unwrap()),
        ([0o700, 0o700, 0o600], Some(b"ours".to_vec()))
    );
}

#[test]
fn what_the_process_masks_opens_nothing() {
    let program = std::env::current_exe().unwrap();

    // The mask is the whole process' own, so that another process has to do it.
    let output = Command::new("sh")
        .args(["-c", r#"umask 000 && exec "$0" --exact "$1""#])
        .arg(program)
        .arg("files::folder::tests::a_folder_and_its_files_are_this_users_alone")
        .output()
        .unwrap();

    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("1 passed; 0 failed"), "{told}");
}

#[test]
fn what_is_not_there_is_no_error() {
    let (place, folder) = private_folder();

    let found = (
        PrivateFolder::find(&place.path().join("elsewhere")).unwrap(),
        folder.read("mark").unwrap(),
        folder.remove("mark").is_ok(),
    );

    assert_eq!(found, (None, None, true));
}

#[test]
fn a_folder_that_is_open_to_others_is_closed() {
    let (_place, folder) = private_folder();
    set(folder.path(), 0o777);

    let found = PrivateFolder::find(folder.path()).unwrap();

    assert_eq!((found, mode(folder.path())), (Some(folder.clone()), 0o700));
}

#[test]
fn a_link_to_a_folder_is_not_followed() {
    let (place, folder) = private_folder();
    let link = place.path().join("cache/link");
    symlink(folder.path(), &link).unwrap();

    let refused = [
        PrivateFolder::find(&link).map(drop),
        PrivateFolder::make(&link).map(drop),
    ];

    let wanted = "link is a symbolic link, which is not followed; remove it";
    assert_eq!(
        refused.map(|result| told(&folder, result)),
        [wanted, wanted]
    );
}

#[test]
fn a_file_where_the_folder_should_be_is_refused() {
    let (place, folder) = private_folder();
    let file = place.path().join("cache/file");
    fs::write(&file, "").unwrap();

    let refused = PrivateFolder::make(&file);

    assert_eq!(told(&folder, refused), "file is not a folder; remove it");
}

#[test]
fn only_a_private_regular_file_is_read() {
    let (_place, folder) = private_folder();
    let path = |name: &str| folder.path().join(name);
    folder.write("whole", b"ours").unwrap();
    symlink(path("whole"), path("link")).unwrap();
    fs::create_dir(path("folder")).unwrap();
    let made = Command::new("mkfifo").arg(path("pipe")).status().unwrap();
    assert!(made.success());
    fs::write(path("open"), "theirs").unwrap();
    set(&path("open"), 0o644);
    let large = File::create(path("large")).unwrap();
    large.set_len(MOST + 1).unwrap();
    set(&path("large"), 0o600);

    let refused = [
        "link",
        "folder",
        "pipe",
        "open",
        "large",
        "../private/whole",
    ]
    .map(|name| told(&folder, folder.read(name)));

    assert_eq!(
        refused,
        [
            "private/link is a symbolic link, which is not followed; remove it",
            "private/folder is not a regular file; remove it",
            "private/pipe is not a regular file; remove it",
            "private/open has the mode 644, with which other users may use it, where 600 is expected; remove it",
            "private/large has more than 1048576 bytes; remove it",
            "private/../private/whole cannot be used: it is not a file name",
        ]
    );
}

#[test]
fn a_link_in_the_place_of_a_file_is_replaced_and_not_written_through() {
    let (place, folder) = private_folder();
    let outside = place.path().join("outside");
    fs::write(&outside, "as it was").unwrap();
    symlink(&outside, folder.path().join("mark")).unwrap();

    folder.write("mark", b"ours").unwrap();

    let now = (
        fs::read_to_string(outside).unwrap(),
        folder.read("mark").unwrap(),
    );
    assert_eq!(now, ("as it was".to_owned(), Some(b"ours".to_vec())));
}

#[test]
fn a_write_that_fails_leaves_no_draft() {
    let (_place, folder) = private_folder();
    fs::create_dir_all(folder.path().join("mark/inside")).unwrap();

    let refused = folder.write("mark", b"ours");

    assert_eq!(
        told(&folder, refused),
        "private/mark cannot be replaced: Is a directory (os error 21)"
    );
    assert_eq!(names(&folder), ["mark"]);
}

#[test]
fn a_file_that_is_removed_is_gone() {
    let (_place, folder) = private_folder();
    folder.write("mark", b"ours").unwrap();

    folder.remove("mark").unwrap();

    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn only_drafts_that_nobody_writes_are_cleared() {
    let (_place, folder) = private_folder();
    let path = |name: &str| folder.path().join(name);
    let [left, written, link] =
        [1, 2, 3].map(|number| format!("00000000-0000-4000-8000-00000000000{number}.draft"));
    folder.write(&left, b"half").unwrap();
    folder.write(&written, b"half").unwrap();
    folder.write("mark", b"ours").unwrap();
    folder.write("another.draft", b"theirs").unwrap();
    symlink(path("mark"), path(&link)).unwrap();
    let writer = File::open(path(&written)).unwrap();
    writer.lock().unwrap();

    folder.clear_drafts().unwrap();

    assert_eq!(
        names(&folder),
        [written.as_str(), link.as_str(), "another.draft", "mark"]
    );
}
