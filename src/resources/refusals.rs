//! Azure's refusals in the words of the person who runs the plan: what was found, what is wanted,
//! what to do.

use crate::{
    azure::{
        Error,
        auth::AuthError,
        error::{OperationFailure, Refusal},
        tls::WAY_OUT,
    },
    framework::{Diagnostic, Failure, Verb},
    value::Path,
};

/// Which attribute a refusal is about, by the property it names, its code and its text.
pub(crate) trait Places {
    /// The attribute, or the root where there is none.
    fn place(&self, target: Option<&str>, code: Option<&str>) -> Path;

    /// The attribute that a text is about, where neither property nor code tell.
    fn place_of_text(&self, _text: &str) -> Path {
        Path::root()
    }
}

/// Tells `error`, which ended `verb` on the kind of object `what`: "cluster".
pub(crate) fn tell(error: &Error, verb: Verb, what: &str, places: &dyn Places) -> Failure {
    let doing = &doing(verb, what);
    let again = if verb == Verb::Delete {
        "destroy"
    } else {
        "apply"
    };
    match error {
        Error::Cancelled => Failure::Interrupted(Diagnostic::warning(
            "Interrupted",
            format!("Terraform was asked to stop while the provider was about to {doing}. What Azure has begun goes on there; run {again} again to see it through."),
        )),
        Error::TimedOut => Diagnostic::error(
            "Timed out",
            format!("It took longer than allowed to {doing}. What Azure has begun goes on there. {}", more_time(verb, again)),
        )
        .into(),
        Error::Authentication(refused) => cannot_sign_in(refused).into(),
        Error::Connection { .. } => Diagnostic::error(
            "Cannot reach Azure",
            format!("{}. Check the network, `HTTPS_PROXY` and, for an own certificate authority, `SSL_CERT_FILE`.", sentence(&error.to_string())),
        )
        .into(),
        Error::Untrusted { .. } => Diagnostic::error(
            "Azure cannot be trusted",
            format!("{}. {WAY_OUT}.", sentence(&error.to_string())),
        )
        .into(),
        Error::Http(refusal) => refused(error, refusal, doing, places).into(),
        Error::OperationFailed(failure) => failed(failure, doing, places).into(),
        Error::Contradicted { resource } => Diagnostic::error(
            "Azure contradicts itself",
            format!("One answer says that {resource} is not there, another one shows it: a part of Azure is behind the rest. Nothing was changed. Run it again in a minute."),
        )
        .into(),
        Error::Unconfirmed { resource, reason } => Diagnostic::error(
            "Not certain that it is gone",
            format!("Azure says that {resource} is not there, and a second look, at the list of its resource group, could not be made: {reason}. It stays in the state. Ask for the right to read the resource group; or, when you know that it is gone, remove it from the state with `terraform state rm`."),
        )
        .into(),
        Error::Decode { .. } | Error::Address { .. } => {
            Diagnostic::error("Azure's answer cannot be used", format!("While trying to {doing}: {error}. Please report it as a bug of the provider.")).into()
        }
    }
}

/// What is done to the kind of object `what`: "create the cluster".
pub(crate) fn doing(verb: Verb, what: &str) -> String {
    match verb {
        Verb::Create => format!("create the {what}"),
        Verb::Read => format!("read the {what}"),
        Verb::Update => format!("change the {what}"),
        Verb::Delete => format!("delete the {what}"),
    }
}

/// What to do when Azure took longer than the user allows.
fn more_time(verb: Verb, again: &str) -> String {
    match verb {
        Verb::Create => "Allow more time in `timeouts.create`. If Terraform has marked the resource as tainted, `terraform untaint` it first: the next apply then waits for it, and else replaces it.".to_owned(),
        Verb::Read => "Allow more time in `timeouts.read`, and run it again.".to_owned(),
        Verb::Update => format!("Allow more time in `timeouts.update`, and run {again} again."),
        Verb::Delete => format!("Allow more time in `timeouts.delete`, and run {again} again."),
    }
}

/// Why there is no token, and where the setting at fault stands.
pub(crate) fn cannot_sign_in(error: &AuthError) -> Diagnostic {
    // Each of azurerm's variables is named after its attribute.
    let attribute = error
        .setting()
        .and_then(|setting| setting.strip_prefix("ARM_"))
        .map(|name| {
            format!(
                " In the provider block it is `{}`.",
                name.to_ascii_lowercase()
            )
        });
    Diagnostic::error(
        "Cannot sign in to Azure",
        format!(
            "{}.{}",
            sentence(&error.to_string()),
            attribute.unwrap_or_default()
        ),
    )
}

fn refused(error: &Error, refusal: &Refusal, doing: &str, places: &dyn Places) -> Diagnostic {
    let mut place = places.place(refusal.target.as_deref(), refusal.code.as_deref());
    if place == Path::root() {
        place = places.place_of_text(&refusal.reason().unwrap_or_default());
    }
    let (summary, advice) = if error.is_resource_group_missing() {
        (
            "Resource group does not exist".to_owned(),
            "Create it first (`az group create`, or `azurerm_resource_group` and a reference to its name), or name one that exists.".to_owned(),
        )
    } else if let Some(namespace) = error.missing_registration() {
        (
            "Subscription is not registered for the service".to_owned(),
            format!(
                "Run `az provider register --namespace {namespace}`, or set `register_providers = true` in the provider block to have it done."
            ),
        )
    } else if let Some(policy) = error.policy() {
        (
            "An Azure policy forbids it".to_owned(),
            format!(
                "Change what the policy assignment {policy:?} objects to, or ask for an exemption from it."
            ),
        )
    } else {
        let (summary, advice) = usual(error, refusal);
        (format!("{summary}: could not {doing}"), advice.to_owned())
    };
    let reason = said(refusal.reason());
    Diagnostic::error(
        summary,
        format!("{reason}\n\n{advice}\n\n{}.", refusal.trace()),
    )
    .at(&place)
}

/// What a refusal is and what to do about it, by its status and code.
fn usual(error: &Error, refusal: &Refusal) -> (&'static str, &'static str) {
    match (refusal.status, refusal.code.as_deref().unwrap_or_default()) {
        (403, _) => (
            "Not allowed",
            "Ask for a role that includes the named action at the named scope; a new role takes a few minutes to have effect.",
        ),
        (404, "SubscriptionNotFound") => (
            "Subscription does not exist",
            "Check `subscription_id` in the provider block or ARM_SUBSCRIPTION_ID, and that the identity can see it.",
        ),
        (409, "OperationNotAllowed") if !error.in_progress_conflict() => (
            "Cluster cannot be changed now",
            "If it is stopped, start it: `az aks start --name NAME --resource-group GROUP`.",
        ),
        (409, _) if error.in_progress_conflict() => (
            "Another operation is in progress",
            "Wait for it to end, and run apply again.",
        ),
        (429, _) => (
            "Azure asks to slow down",
            "Wait a few minutes, and run apply again, if need be with a smaller `-parallelism`.",
        ),
        (500.., _) => (
            "Azure is unavailable",
            "Wait a few minutes, and run apply again; status.azure.com tells of known trouble.",
        ),
        _ => (
            "Azure refused",
            "Change what it objects to, and run apply again.",
        ),
    }
}

fn failed(failure: &OperationFailure, doing: &str, places: &dyn Places) -> Diagnostic {
    let place = places.place(None, failure.code.as_deref());
    Diagnostic::error(
        format!("Azure failed to {doing}"),
        format!(
            "{}\n\nWhat exists of it stays in the state. Change what Azure objects to, and run apply again.\n\n{}.",
            said(failure.reason()),
            failure.trace()
        ),
    )
    .at(&place)
}

/// Azure's own words, so that they are not taken for ours.
fn said(reason: Option<String>) -> String {
    reason.map_or_else(
        || "Azure gives no reason.".to_owned(),
        |reason| format!("Azure says: {reason}"),
    )
}

/// A text of a lower layer as the beginning of a sentence, without its full stop.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    // The name of a host, a file or a variable is written as it is.
    let first = text.split_whitespace().next().unwrap_or_default();
    if first.trim_end_matches(':').contains(['.', '/', ':', '_']) {
        return text.to_owned();
    }
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}
