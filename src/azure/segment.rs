//! Parts of paths: the one place that puts a name into an address, of Resource Manager, Microsoft Graph and API
//! servers alike, so that no name leads a request elsewhere.

/// A name that no address can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} cannot be a part of an address: {reason}")]
pub struct InvalidSegment {
    /// The name.
    pub name: String,
    /// Why not, as a clause.
    pub reason: &'static str,
}

/// A name as one segment of a path.
pub fn segment(name: &str) -> Result<String, InvalidSegment> {
    let refuse = |reason| {
        Err(InvalidSegment {
            name: name.to_owned(),
            reason,
        })
    };
    match name {
        "" => refuse("it is empty"),
        // Encoding does not help: `%2E%2E` leads up as well (WHATWG, URL, "double-dot URL path segment").
        "." | ".." => refuse("it leads to another address"),
        _ => Ok(encoded(name, b"-._~:@$()")),
    }
}

/// A path of which each segment is a name as it is; it begins with a slash.
pub fn path(names: &str) -> Result<String, InvalidSegment> {
    let mut path = String::with_capacity(names.len());
    for name in names.strip_prefix('/').unwrap_or(names).split('/') {
        path.push('/');
        path.push_str(&segment(name)?);
    }
    Ok(path)
}

/// A text as the value of a query: percent-encoded but for RFC 3986's unreserved characters.
pub fn query_value(text: &str) -> String {
    encoded(text, b"-._~")
}

fn encoded(text: &str, kept: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            let digits = [byte >> 4, byte & 15];
            encoded
                .extend(digits.map(|digit| DIGITS.get(usize::from(digit)).copied().unwrap_or('0')));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn a_name_stays_one_segment_whatever_it_holds() {
        let names = [
            "system:node",
            "bob_fabrikam.com#EXT#@contoso.com",
            "..\\..\\secrets",
            "../../secrets",
            "a?watch=true",
            "%2e%2e",
            "a;b\n\u{202e}c",
            "\u{ff0e}\u{ff0e}\u{2215}x",
            "...",
        ];

        for name in names {
            let address = format!("https://host/api/{}/end", segment(name).unwrap());
            let url = Url::parse(&address).unwrap();

            let segments: Vec<&str> = url.path_segments().unwrap().collect();
            assert_eq!(
                (url.as_str(), segments.len()),
                (address.as_str(), 3),
                "{name}"
            );
            assert_eq!((url.query(), url.fragment()), (None, None), "{name}");
        }
    }

    #[test]
    fn what_no_encoding_keeps_in_its_place_is_refused() {
        let refused = ["", ".", ".."].map(|name| segment(name).unwrap_err().to_string());

        assert_eq!(
            refused,
            [
                r#""" cannot be a part of an address: it is empty"#,
                r#""." cannot be a part of an address: it leads to another address"#,
                r#"".." cannot be a part of an address: it leads to another address"#,
            ]
        );
        assert!(path("/subscriptions/../x").is_err());
    }

    #[test]
    fn a_path_is_encoded_between_its_slashes() {
        let encoded = path("/subscriptions/s/resourceGroups/Büro (1)/a?b");

        assert_eq!(
            encoded.unwrap(),
            "/subscriptions/s/resourceGroups/B%C3%BCro%20(1)/a%3Fb"
        );
    }
}
