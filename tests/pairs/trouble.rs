//! What goes wrong at an exchange: kills, interrupts, refusals, lost answers, forgotten private state.

use secureaks_simulator::{Action, Answer, Exchange, Fault, Host, Matches, Simulator};
use serde_json::{Value as Json, json};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Client and provider are killed before the request takes effect.
    KillBefore,
    /// They are killed when it has taken effect, and its answer is on the way.
    KillAfter,
    /// They are killed when the provider has answered the client, which has not saved that.
    KillUnsaved,
    /// They are killed when it has taken effect, and all private state is lost.
    KillForgetting,
    /// The provider alone is killed before the request takes effect.
    PluginBefore,
    /// The provider alone is killed when it has taken effect.
    PluginAfter,
    /// Ctrl-C before the request takes effect.
    InterruptBefore,
    /// Ctrl-C when it has taken effect.
    InterruptAfter,
    /// 403.
    Forbidden,
    /// 404 to a read of something that is there.
    NotFound,
    /// 409.
    Conflict,
    /// 429.
    Throttled,
    /// 500.
    Broken,
    /// 504 to a request that has taken effect.
    TimeoutAfter,
    /// The connection is closed before the request takes effect.
    DropBefore,
    /// The connection is closed when it has taken effect.
    DropAfter,
}

impl Kind {
    pub(crate) const ALL: [Self; 16] = [
        Self::KillBefore,
        Self::KillAfter,
        Self::KillUnsaved,
        Self::KillForgetting,
        Self::PluginBefore,
        Self::PluginAfter,
        Self::InterruptBefore,
        Self::InterruptAfter,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::Throttled,
        Self::Broken,
        Self::TimeoutAfter,
        Self::DropBefore,
        Self::DropAfter,
    ];

    /// What the simulator does to an exchange with `host`.
    fn action(self, host: Host) -> Action {
        match self {
            Self::KillBefore | Self::PluginBefore | Self::InterruptBefore => Action::HoldBefore,
            Self::KillAfter
            | Self::KillUnsaved
            | Self::KillForgetting
            | Self::PluginAfter
            | Self::InterruptAfter => Action::HoldAfter,
            Self::DropBefore => Action::DropBefore,
            Self::DropAfter => Action::DropAfter,
            Self::TimeoutAfter => Action::StatusAfter(answer(host, 504, "GatewayTimeout")),
            Self::Throttled if host == Host::Arm => Action::throttled(),
            Self::Throttled => Action::Status(answer(host, 429, "TooManyRequests")),
            Self::Broken => Action::Status(answer(host, 500, "InternalServerError")),
            // Whoever signs in is not refused for once.
            _ if host == Host::Login => Action::Status(answer(host, 500, "server_error")),
            Self::Forbidden => Action::Status(answer(host, 403, "AuthorizationFailed")),
            Self::Conflict => Action::Status(answer(host, 409, "Conflict")),
            // Writes meet no replica that lags behind, and API servers read from the one place that they write to.
            Self::NotFound => Action::Status(answer(host, 503, "ServiceUnavailable")),
        }
    }
}

/// Something that goes wrong at the exchange of that number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strike {
    pub(crate) exchange: u64,
    pub(crate) kind: Kind,
}

impl Strike {
    /// Lets it come.
    pub(crate) fn arm(self, azure: &Simulator) {
        for host in [Host::Arm, Host::Login, Host::Graph, Host::Kubernetes] {
            if self.kind == Kind::NotFound && matches!(host, Host::Arm | Host::Graph) {
                let action = Action::Status(answer(host, 404, "ResourceNotFound"));
                self.add(azure, host, Some("GET"), action);
            }
            self.add(azure, host, None, self.kind.action(host));
        }
    }

    fn add(self, azure: &Simulator, host: Host, method: Option<&str>, action: Action) {
        azure.add_fault(Fault {
            name: format!("{:?}", self.kind),
            matches: Matches {
                host: Some(host),
                method: method.map(str::to_owned),
                exchange: Some(self.exchange),
                ..Matches::default()
            },
            action,
        });
    }

    /// What it has struck.
    pub(crate) fn struck(self, journal: &[Exchange]) -> Option<String> {
        let kind = format!("{:?}", self.kind);
        let exchange = journal.iter().find(|one| one.number == self.exchange)?;
        let is_struck = exchange.fault.as_ref() == Some(&kind);
        is_struck.then(|| format!("{kind}: {} {}", exchange.method, exchange.path))
    }
}

/// A refusal as the service writes it.
fn answer(host: Host, code: u16, reason: &str) -> Answer {
    let message = "This went wrong on purpose.";
    Answer {
        code,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: match host {
            Host::Kubernetes => status(code, message),
            Host::Login => json!({ "error": "server_error", "error_description": message }),
            Host::Arm | Host::Graph => json!({ "error": { "code": reason, "message": message } }),
        },
    }
}

/// A `Status` of Kubernetes.
fn status(code: u16, message: &str) -> Json {
    let reason = match code {
        403 => "Forbidden",
        409 => "Conflict",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    };
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    })
}
