//! Whether a page still says what the tests came to.

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

/// A line without what differs from one run to the next: how long something took, how much was written.
fn lasting(line: &str) -> String {
    if !line.starts_with("* ") || line.starts_with("* recordings: ") {
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
    fn durations_and_amounts_may_differ() {
        let pages = ["* ready 5.7 s after", "* ready 12.3 s after"];

        assert_eq!(difference(pages[0], pages[1]), None);
    }

    #[test]
    fn what_a_client_came_to_may_not() {
        let found = difference(
            "a\n| Terraform 1.6.6 | passes |",
            "a\n| Terraform 1.6.6 | fails |",
        );

        let expected =
            "  page:  | Terraform 1.6.6 | passes |\n  tests: | Terraform 1.6.6 | fails |";
        assert_eq!(found.as_deref(), Some(expected));
    }

    #[test]
    fn the_figures_of_recordings_may_not() {
        let pages = ["* recordings: all 99.0 %", "* recordings: all 98.0 %"];

        assert!(difference(pages[0], pages[1]).is_some());
    }

    #[test]
    fn a_page_that_ends_early_differs() {
        let found = difference("a", "a\nb");

        assert_eq!(found.as_deref(), Some("  page:  (nothing)\n  tests: b"));
    }
}
