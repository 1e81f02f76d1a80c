//! The form of `CHANGELOG.md`: versions, kinds of change in their order, an entry a change.

/// The kinds of change, in the order a version lists them.
const KINDS: [&str; 4] = ["Breaking", "Features", "Enhancements", "Fixes"];

/// What an entry can be about; the first five are followed by a name.
const SUBJECTS: [&str; 8] = [
    "resource/",
    "data-source/",
    "ephemeral/",
    "function/",
    "rule/",
    "provider",
    "simulator",
    "documentation",
];

/// How an entry has to look, for the message that refuses one.
const FORM: &str = "an entry reads `- resource/secureaks_cluster: What a user gets.`";

/// What is wrong with the changelog, a line each.
pub(crate) fn violations(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut kind_before = None;
    let mut entry: Option<(usize, String)> = None;
    let end = text.lines().count() + 1;
    // A line behind the last, so that the last entry ends too.
    for (number, line) in (1..=end).zip(text.lines().chain([""])) {
        if let (Some((_, entry)), Some(more)) = (&mut entry, line.strip_prefix("  ")) {
            entry.push(' ');
            entry.push_str(more);
            continue;
        }
        if let Some((start, finished)) = entry.take()
            && !is_entry(&finished)
        {
            wrong.push(format!("CHANGELOG.md:{start}: {FORM}"));
        }
        let reason = if number == 1 {
            (line != "# Changelog").then_some("the first line is `# Changelog`")
        } else if let Some(version) = line.strip_prefix("## ") {
            kind_before = None;
            (!is_version(version)).then_some("a version reads `Unreleased` or `1.2.3 (2026-01-31)`")
        } else if let Some(kind) = line.strip_prefix("### ") {
            let kind = KINDS.iter().position(|known| *known == kind);
            let ordered = kind.is_some() && kind > kind_before;
            kind_before = kind;
            (!ordered)
                .then_some("the kinds are Breaking, Features, Enhancements, Fixes, in this order")
        } else if let Some(text) = line.strip_prefix("- ") {
            entry = Some((number, text.to_owned()));
            kind_before
                .is_none()
                .then_some("an entry stands below its kind of change")
        } else {
            (!line.is_empty()).then_some(FORM)
        };
        wrong.extend(reason.map(|reason| format!("CHANGELOG.md:{number}: {reason}")));
    }
    wrong
}

fn is_version(text: &str) -> bool {
    if text == "Unreleased" {
        return true;
    }
    let Some((version, date)) = text
        .strip_suffix(')')
        .and_then(|text| text.split_once(" ("))
    else {
        return false;
    };
    is_numbers(version, '.', &[1..=3, 1..=3, 1..=3])
        && is_numbers(date, '-', &[4..=4, 2..=2, 2..=2])
}

/// Whether the text is as many numbers as there are ranges, each of so many digits.
fn is_numbers(text: &str, between: char, digits: &[std::ops::RangeInclusive<usize>]) -> bool {
    let parts: Vec<_> = text.split(between).collect();
    let is_number = |part: &&str| part.chars().all(|c| c.is_ascii_digit());
    parts.len() == digits.len()
        && parts.iter().all(is_number)
        && parts
            .iter()
            .zip(digits)
            .all(|(part, digits)| digits.contains(&part.len()))
}

fn is_entry(text: &str) -> bool {
    let Some((subject, sentence)) = text.split_once(": ") else {
        return false;
    };
    let known = SUBJECTS.iter().any(|known| {
        if known.ends_with('/') {
            subject.strip_prefix(known).is_some_and(is_name)
        } else {
            subject == *known
        }
    });
    known && sentence.ends_with('.') && sentence.starts_with(|c: char| c.is_uppercase() || c == '`')
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changelog_in_its_form_passes() {
        let text = "# Changelog\n\n## Unreleased\n\n### Breaking\n\n- provider: `x` is gone.\n\n### Fixes\n\n\
            - resource/secureaks_cluster: A long\n  sentence.\n- simulator: Short.\n\n\
            ## 0.1.0 (2026-11-21)\n\n### Features\n\n- rule/SAKS0103: New.\n";

        assert_eq!(violations(text), Vec::<String>::new());
    }

    #[test]
    fn every_slip_is_named_with_its_line() {
        let text = "Changes\n## Next\n- provider: Too early.\n### Fixes\n- fixed things\n\
            - resource/: Nameless.\n- provider: no full stop\n### Features\nProse.\n- provider: Long\n  and open";

        let found = violations(text);

        let order = "the kinds are Breaking, Features, Enhancements, Fixes, in this order";
        let expected = [
            "CHANGELOG.md:1: the first line is `# Changelog`".to_owned(),
            "CHANGELOG.md:2: a version reads `Unreleased` or `1.2.3 (2026-01-31)`".to_owned(),
            "CHANGELOG.md:3: an entry stands below its kind of change".to_owned(),
            format!("CHANGELOG.md:5: {FORM}"),
            format!("CHANGELOG.md:6: {FORM}"),
            format!("CHANGELOG.md:7: {FORM}"),
            format!("CHANGELOG.md:8: {order}"),
            format!("CHANGELOG.md:9: {FORM}"),
            format!("CHANGELOG.md:10: {FORM}"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_version_has_three_numbers_and_a_date() {
        let versions = [
            "1.2 (2026-01-31)",
            "1.2.3",
            "1.2.3 (31.01.2026)",
            "v1.2.3 (2026-01-31)",
        ];

        for version in versions {
            assert!(!is_version(version), "{version}");
        }
    }
}
