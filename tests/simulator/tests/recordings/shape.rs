//! The shape of a value: what Azure generates (ids, times, random names, keys) is replaced by what kind of thing it
//! is, so that two answers of the same meaning are equal.

use serde_json::{Value, json};

/// The shape of a leaf; `path` says where it stands.
pub(crate) fn shape(path: &str, leaf: &Value) -> Value {
    match leaf {
        Value::String(text) => Value::String(of_text(path, text)),
        // The same number, however it is written.
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

fn of_text(path: &str, text: &str) -> String {
    let member = path.rsplit('.').next().unwrap_or_default();
    if member.starts_with("kubernetesVersion")
        || member.starts_with("orchestratorVersion")
        || matches!(
            member,
            "currentKubernetesVersion" | "currentOrchestratorVersion" | "version"
        )
        || path.contains("upgrades[")
    {
        return version(text);
    }
    match member {
        "nodeImageVersion" | "latestNodeImageVersion" => return image(text),
        "resourceUID" if is_hexadecimal(text, 24) => return "{uid}".to_owned(),
        "startDate" if text.len() == 10 => return "{date}".to_owned(),
        "etag" => return "{etag}".to_owned(),
        // Keys and certificates; recorders blank them.
        "value" if path.starts_with("kubeconfigs[") => return "{kubeconfig}".to_owned(),
        // Recorders write a random id in place of the word `msi`.
        "clientId" if path.ends_with("servicePrincipalProfile.clientId") => {
            return if text == "msi" {
                "{guid}".to_owned()
            } else {
                generated(text)
            };
        }
        // Any word that is none of the three final ones means that work goes on.
        "status" if path == "status" => {
            let over = ["Succeeded", "Failed", "Canceled"].contains(&text);
            return if over {
                text.to_owned()
            } else {
                "{working}".to_owned()
            };
        }
        _ => {}
    }
    // Rings of Azure in which the recorders' subscriptions lie have a domain of their own.
    generated(
        &text
            .replace(".staging.azmk8s.io", ".azmk8s.io")
            .replace(".intv2.azmk8s.io", ".azmk8s.io"),
    )
}

/// `1.32` and `1.35` are the same, `1.32.4` is not.
fn version(text: &str) -> String {
    let numbers: Vec<&str> = text.split('.').collect();
    let all = numbers
        .iter()
        .all(|part| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_digit()));
    if all {
        vec!["N"; numbers.len()].join(".")
    } else {
        text.to_owned()
    }
}

/// Which image is the newest of its day cannot be told; that it is one of AKS's can.
fn image(text: &str) -> String {
    let system = text.split('-').next().unwrap_or_default();
    format!("{system}-{{image}}")
}

/// Replaces what is generated inside of a text.
pub(crate) fn generated(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < letters.len() {
        let rest = letters.get(at..).unwrap_or_default();
        let fresh = at == 0 || !letters.get(at - 1).is_some_and(char::is_ascii_alphanumeric);
        if fresh && is_guid(rest) {
            out.push_str("{guid}");
            at += 36;
        } else if fresh && let Some(length) = time(rest) {
            out.push_str("{time}");
            at += length;
        } else if let Some(length) = label(&out, rest) {
            out.push_str("{random}");
            at += length;
        } else {
            out.push(*rest.first().unwrap_or(&' '));
            at += 1;
        }
    }
    out
}

fn is_guid(letters: &[char]) -> bool {
    letters.len() >= 36
        && letters.iter().take(36).enumerate().all(|(index, letter)| {
            if [8, 13, 18, 23].contains(&index) {
                *letter == '-'
            } else {
                letter.is_ascii_hexdigit()
            }
        })
}

/// The length of a time such as `2026-11-22T03:55:10.1234567Z` or one with an offset.
fn time(letters: &[char]) -> Option<usize> {
    let text: String = letters.iter().take(19).collect();
    let pattern = "0000-00-00T00:00:00";
    let fits = text.chars().count() == 19
        && text
            .chars()
            .zip(pattern.chars())
            .all(|(letter, wanted)| match wanted {
                '0' => letter.is_ascii_digit(),
                other => letter == other,
            });
    fits.then(|| {
        let tail = letters
            .iter()
            .skip(19)
            .take_while(|letter| letter.is_ascii_digit() || ".Z+:".contains(**letter))
            .count();
        19 + tail
    })
}

/// The length of the random label in front of a cluster's domain: `aso-v5xs3imi.hcp.`, or 32 digits before `-priv`.
fn label(before: &str, letters: &[char]) -> Option<usize> {
    let text: String = letters.iter().take(48).collect();
    let end = text.find(['.', '-'])?;
    let (word, after) = text.split_at(end);
    let random = word
        .chars()
        .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    let server = before.ends_with('-')
        && word.len() == 8
        && random
        && (after.starts_with(".hcp.")
            || after.starts_with(".portal.hcp.")
            || is_guid(&after.chars().skip(1).collect::<Vec<_>>()));
    let portal = before.is_empty() && is_hexadecimal(word, 32) && after.starts_with("-priv");
    (server || portal).then_some(end)
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.chars().all(|letter| letter.is_ascii_hexdigit())
}

#[test]
fn what_is_generated_is_equal_by_shape() {
    let pairs = [
        (
            "fqdn",
            "aso-v5xs3imi.hcp.westus3.azmk8s.io",
            "aso-12ab34cd.hcp.westus3.azmk8s.io",
        ),
        ("properties.kubernetesVersion", "1.25.6", "1.35.7"),
        (
            "startTime",
            "2025-06-20T05:15:44.8059684Z",
            "2026-11-22T00:00:00Z",
        ),
        (
            "id",
            "/x/3dec0df1-dde3-491d-a560-278dfd0ae031",
            "/x/00000000-0000-0000-0000-000000000000",
        ),
    ];

    let shapes = pairs.map(|(path, one, other)| (of_text(path, one), of_text(path, other)));

    assert!(shapes.iter().all(|(one, other)| one == other), "{shapes:?}");
}

#[test]
fn what_is_not_generated_stays() {
    let shapes = [
        of_text("properties.kubernetesVersion", "1.25"),
        of_text("name", "cliakstest000001"),
        of_text("properties.networkProfile.podCidr", "10.244.0.0/16"),
    ];

    assert_eq!(shapes, ["N.N", "cliakstest000001", "10.244.0.0/16"]);
}
