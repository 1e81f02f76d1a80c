//! What makes a test untrustworthy: being left out, wanting a panic, waiting for a time.

use crate::paths::{Named, paths};
use crate::tree::File;

/// The simulator's program lies under `tests/` and may let simulated time pass.
const SIMULATOR: &str = "tests/simulator/src/";

/// Tests that are left out or that want a panic, and tests that sleep.
pub(crate) fn violations(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let found = paths(&file.text, &[module_of(&file.path)]);
        for named in &found {
            let reason = if skips(named, &file.text) {
                "a test that is left out proves nothing"
            } else if named.words == ["should_panic"] {
                "assert on the error, a panic may come from anywhere"
            } else if sleeps(named) && is_test(&file.path, named) {
                "wait on a condition, or move the clock"
            } else {
                continue;
            };
            wrong.push(format!("{}:{}: {reason}", file.path, named.line));
        }
        for (number, line) in (1..).zip(file.text.lines()) {
            if leaves_out_an_example(line) {
                wrong.push(format!(
                    "{}:{number}: an example that is left out proves nothing",
                    file.path
                ));
            }
        }
    }
    wrong
}

/// The last word of where the file is: enough to tell a file `tests.rs` from others.
fn module_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.trim_end_matches(".rs").to_owned()
}

fn skips(named: &Named, text: &str) -> bool {
    let line = text
        .lines()
        .nth(named.line.saturating_sub(1))
        .unwrap_or_default()
        .trim_start();
    named.words == ["ignore"] && line.starts_with('#')
}

/// `std::thread::sleep`, `tokio::time::sleep_until` and the like, however much of it is written.
fn sleeps(named: &Named) -> bool {
    let mut words = named.words.iter().rev().map(String::as_str);
    let last = words.next().unwrap_or_default();
    let owner = words.next().unwrap_or_default();
    last.starts_with("sleep") && matches!(owner, "thread" | "time")
}

fn is_test(path: &str, named: &Named) -> bool {
    let tests = path.starts_with("tests/") && !path.starts_with(SIMULATOR);
    tests || path.contains("/tests/") || named.module.iter().any(|module| module == "tests")
}

/// A fence of a doc comment that keeps its code from being compiled.
fn leaves_out_an_example(line: &str) -> bool {
    let comment = line
        .trim_start()
        .strip_prefix("//")
        .map(|rest| rest.trim_start_matches(['/', '!', ' ']));
    let fence = comment.and_then(|comment| comment.strip_prefix("```"));
    fence.is_some_and(|languages| {
        languages
            .split(',')
            .any(|language| language.trim() == "ignore")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        violations(&[File::new(path, text)])
    }

    #[test]
    fn a_test_that_is_left_out_is_refused_anywhere() {
        let ways = [
            "#[ignore]",
            "#[ignore = \"slow\"]",
            "#[cfg_attr(unix, ignore)]",
            "#[test] #[ignore]",
        ];

        for way in ways {
            for path in [
                "src/value/path.rs",
                "tests/e2e/main.rs",
                "tests/simulator/src/clock.rs",
            ] {
                let found = found(path, &format!("//! A.\n{way}\nfn f() {{}}"));

                assert_eq!(
                    found,
                    [format!("{path}:2: a test that is left out proves nothing")],
                    "{way}"
                );
            }
        }
    }

    #[test]
    fn a_test_that_wants_a_panic_is_refused() {
        let found = found(
            "tests/e2e/main.rs",
            "#[test]\n#[should_panic(expected = \"x\")]\nfn f() {}",
        );

        assert_eq!(
            found,
            ["tests/e2e/main.rs:2: assert on the error, a panic may come from anywhere"]
        );
    }

    #[test]
    fn a_test_that_sleeps_is_refused_however_it_is_written() {
        let ways = [
            "fn f() { std::thread::sleep(x) }",
            "fn f() { thread::sleep(x) }",
            "async fn f() { tokio::time::sleep(x).await }",
            "use tokio::time::{self, Duration, sleep};",
            "async fn f() { time::sleep_until(x).await }",
        ];

        for way in ways {
            let in_tests = found("tests/e2e/main.rs", way);
            let in_unit_tests = found("src/azure/lro.rs", &format!("mod tests {{ {way} }}"));
            let in_the_simulator = found(
                "tests/simulator/src/lro.rs",
                &format!("mod tests {{ {way} }}"),
            );

            assert_eq!(
                in_tests,
                ["tests/e2e/main.rs:1: wait on a condition, or move the clock"]
            );
            assert_eq!(
                in_unit_tests,
                ["src/azure/lro.rs:1: wait on a condition, or move the clock"]
            );
            assert_eq!(
                in_the_simulator,
                ["tests/simulator/src/lro.rs:1: wait on a condition, or move the clock"]
            );
        }
    }

    #[test]
    fn a_clock_and_a_program_may_sleep() {
        let program = found(
            "tests/simulator/src/clock.rs",
            "async fn f() { tokio::time::sleep(x).await }",
        );
        let provider = found(
            "src/azure/clock.rs",
            "async fn f() { tokio::time::sleep(x).await }",
        );
        let clock = found(
            "tests/e2e/main.rs",
            "async fn f() { self.clock.sleep(x).await } fn sleep() {}",
        );

        assert_eq!([program, provider, clock].concat(), Vec::<String>::new());
    }

    #[test]
    fn an_example_that_is_not_compiled_is_refused() {
        let found = found(
            "src/value/path.rs",
            "//! A.\n/// ```ignore\n/// x\n/// ```\n//! ```rust,ignore\n/// ```",
        );

        let reason = "an example that is left out proves nothing";
        assert_eq!(
            found,
            [2, 5].map(|line| format!("src/value/path.rs:{line}: {reason}"))
        );
    }

    #[test]
    fn the_word_itself_is_no_offence() {
        let found = found(
            "src/value/path.rs",
            "fn ignore() {}\nfn f() { ignore(); x.ignore() }",
        );

        assert_eq!(found, Vec::<String>::new());
    }
}
