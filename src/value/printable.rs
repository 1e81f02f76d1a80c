//! Texts as people may be shown them: what servers, the Azure CLI and directories say must not give orders to the
//! terminal it ends in, nor be read in another order than it is written.

use std::borrow::Cow;

/// `text` without control characters, but for ends of lines and tabs, and without characters that change the direction
/// of writing (Unicode, UAX #9, "Explicit directional formatting characters").
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| is_printable(*c)).collect())
    }
}

fn is_printable(character: char) -> bool {
    match character {
        '\n' | '\t' => true,
        // The last two end a line for some terminals and not for others.
        '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{2028}'
        | '\u{2029}' => false,
        other => !other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_to_a_terminal_are_left_out() {
        let text = "ok\u{1b}[2J\u{1b}]0;title\u{7}\r\u{9b}31m\u{7f}\u{0}";

        assert_eq!(printable(text), "ok[2J]0;title31m");
    }

    #[test]
    fn a_text_is_read_in_the_order_it_is_written() {
        let text = "admin\u{202e}sresu\u{202c} \u{2066}x\u{2069}\u{200f}\u{61c}\u{2028}";

        assert_eq!(printable(text), "adminsresu x");
    }

    #[test]
    fn people_and_lines_keep_their_own_writing() {
        let text = "Büro, 東京, שלום, مرحبا, 👩‍💻\n\tnext";

        assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
    }
}
