//! Whether a page still says what the tests came to.

use super::page::OF_THIS_RUN;

/// The first line that two pages differ in, as both have it; none where they say the same.
pub(crate) fn difference(written: &str, shown: &str) -> Option<String> {
    let (mut written, mut shown) = (written.lines(), shown.lines());
    loop {
        let (before, now) = (written.next(), shown.next());
        if before.is_none() && now.is_none() {
            return None;
        }
        if before.map(lasting) != now.map(lasting) {
            let line = |line: Option<&str>| line.unwrap_or("(nothing)").to_owned();
            return Some(format!("  page:  {}\n  tests: {}", line(before), line(now)));
        }
    }
}

/// A line without what differs from one run to the next: the numbers of a sentence that says it is of its run.
fn lasting(line: &str) -> String {
    if !line.starts_with("* ") || !line.ends_with(OF_THIS_RUN) {
        return line.to_owned();
    }
    let mut text = String::new();
    for letter in line.chars() {
        let digit = letter.is_ascii_digit();
        if !digit {
            text.push(letter);
        } else if !text.ends_with('N') {
            text.push('N');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_its_run_may_change_its_numbers() {
        let pages = [
            "* ready 5.7 s after its first request (this run)",
            "* ready 12.3 s after its first request (this run)",
        ];

        assert_eq!(difference(pages[0], pages[1]), None);
    }

    #[test]
    fn a_sentence_of_its_run_may_not_change_its_words() {
        let pages = [
            "* ready 5.7 s after (this run)",
            "* late 5.7 s after (this run)",
        ];

        assert!(difference(pages[0], pages[1]).is_some());
    }

    #[test]
    fn no_sentence_becomes_one_of_its_run() {
        let pages = ["* ready 5.7 s after", "* ready 5.7 s after (this run)"];

        assert!(difference(pages[0], pages[1]).is_some());
        assert!(difference(pages[1], pages[0]).is_some());
    }

    #[test]
    fn what_a_client_came_to_may_not_change() {
        let found = difference(
            "a\n| Terraform 1.6.6 | passes |",
            "a\n| Terraform 1.6.6 | fails |",
        );

        let expected =
            "  page:  | Terraform 1.6.6 | passes |\n  tests: | Terraform 1.6.6 | fails |";
        assert_eq!(found.as_deref(), Some(expected));
    }

    #[test]
    fn the_number_of_fields_may_not_change() {
        let pages = [
            "* of 13563 fields in 502 exchanges",
            "* of 13562 fields in 502 exchanges",
        ];

        assert!(difference(pages[0], pages[1]).is_some());
    }

    #[test]
    fn the_number_of_operations_that_end_may_not_change() {
        let pages = [
            "* recorded operations: 140 played, 140 end",
            "* recorded operations: 140 played, 12 end",
        ];

        assert!(difference(pages[0], pages[1]).is_some());
    }

    #[test]
    fn a_page_that_ends_early_differs() {
        let found = difference("a", "a\nb");

        assert_eq!(found.as_deref(), Some("  page:  (nothing)\n  tests: b"));
    }
}
