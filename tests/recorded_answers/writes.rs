//! Recorded writes to Resource Manager, and what came of each: the polls of its operation, then the looks at its
//! resource, as far as they were recorded.

use azure_core::http::Url;
use serde_json::{Value as Json, json};

use crate::recorded::{exchanges, path};
use crate::wire::Answer;

/// A write and all that is known of how it went on.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// Scenario, number in its recording, and method.
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) url: Url,
    pub(crate) body: Option<Json>,
    /// What was answered before it was taken, by which its client sent it again.
    pub(crate) refusals: Vec<Answer>,
    pub(crate) answer: Answer,
    /// The answers at the operation's own address, up to that which says that it is over.
    pub(crate) polls: Vec<(Url, Answer)>,
    /// The answers at the resource, up to that which shows it at rest or gone.
    pub(crate) looks: Vec<Answer>,
    /// Whether its client looked at nothing but the resource, although the operation had an address.
    pub(crate) watched: bool,
    /// Whether an answer was not recorded that what follows it implies: see [`Write::complete`].
    pub(crate) completed: bool,
    pub(crate) end: End,
}

/// Ends the name of an operation that is played a second time, by the address of its result.
pub(crate) const BY_RESULT: &str = " by its result";

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    /// It was refused.
    Refused,
    /// It was done with its answer, and began nothing.
    AtOnce,
    /// With the resource as last seen.
    Resource(Json),
    /// With the resource gone.
    Gone,
    /// With nothing to look at.
    Done,
    /// The recording breaks off before.
    BrokenOff,
}

/// The recorded writes to Resource Manager, in order.
pub(crate) fn writes() -> Vec<Write> {
    let exchanges = exchanges();
    let same = |one: &Json, other: &Json| {
        ["scenario", "file", "source"]
            .iter()
            .all(|member| one[*member] == other[*member])
    };
    let missing = exchanges
        .iter()
        .find(|exchange| exchange["response_body"]["error"]["code"] == "ResourceNotFound")
        .map(Answer::of)
        .expect("a resource that is not there");
    let mut writes = Vec::new();
    for recording in exchanges.chunk_by(same) {
        let mut refusals = Vec::new();
        for (index, exchange) in recording.iter().enumerate() {
            let rest = recording.get(index + 1..).unwrap_or_default();
            if exchange["method"] == "GET" || !is_of_resource_manager(exchange) {
                continue;
            }
            let answer = Answer::of(exchange);
            let again = rest.first().is_some_and(|next| {
                next["method"] == exchange["method"] && path(next) == path(exchange)
            });
            if again && matches!(answer.status, 429 | 500..) {
                refusals.push(answer);
                continue;
            }
            let mut write = Write::begun(exchange, answer, std::mem::take(&mut refusals));
            let result = write.by_its_result(rest);
            write.go_on(rest);
            for mut write in std::iter::once(write).chain(result) {
                write.complete(&missing);
                writes.push(write);
            }
        }
    }
    writes
}

/// Whether Resource Manager was asked; some recordings also ask Graph and key vaults.
pub(crate) fn is_of_resource_manager(exchange: &Json) -> bool {
    path(exchange).starts_with("https://management.azure.com/")
}

impl Write {
    fn begun(exchange: &Json, answer: Answer, refusals: Vec<Answer>) -> Self {
        let url = exchange["url"].as_str().expect("an address");
        let method = exchange["method"].as_str().expect("a method");
        Self {
            name: format!(
                "{} {} {method}",
                exchange["scenario"].as_str().unwrap_or_default(),
                exchange["seq"]
            ),
            method: method.to_owned(),
            url: address_of(url).expect("an address"),
            body: Some(exchange["request_body"].clone()).filter(|body| !body.is_null()),
            refusals,
            answer,
            polls: Vec::new(),
            looks: Vec::new(),
            watched: false,
            completed: false,
            end: End::BrokenOff,
        }
    }

    /// The same write without the operation's address, whose result has one of its own that was asked, too.
    fn by_its_result(&self, rest: &[Json]) -> Option<Self> {
        let result = self.answer.header("location")?;
        let address = self.answer.header("azure-asyncoperation")?;
        let was_asked = rest
            .iter()
            .any(|exchange| exchange["method"] == "GET" && is_at(exchange, result));
        if !was_asked || last_of(result) == last_of(address) {
            return None;
        }
        let mut other = self.clone();
        other.name.push_str(BY_RESULT);
        other
            .answer
            .headers
            .retain(|(name, _)| name != "azure-asyncoperation");
        other.go_on(rest);
        Some(other)
    }

    /// Finds out how it went on.
    fn go_on(&mut self, rest: &[Json]) {
        self.find_polls(rest);
        self.find_looks(rest);
        let state = state_of(&self.answer.body);
        let begun = self.answer.status == 202
            || self.address().is_some()
            || state.is_some_and(|state| !is_final(state));
        if self.answer.status >= 400 {
            self.end = End::Refused;
        } else if !begun {
            self.end = End::AtOnce;
        }
        if self.end != End::BrokenOff {
            self.looks.clear();
        }
    }

    /// Its polls without the one that may be filled in, see [`Write::complete`].
    pub(crate) fn recorded_polls(&self) -> &[(Url, Answer)] {
        // Of what is deleted the look is filled in.
        match self.polls.split_last() {
            Some((_, recorded)) if self.completed && self.method == "PUT" => recorded,
            _ => &self.polls,
        }
    }

    /// Where the operation is asked about.
    fn address(&self) -> Option<&str> {
        let result = || {
            let accepted = self.answer.status == 202;
            self.answer.header("location").filter(|_| accepted)
        };
        self.answer.header("azure-asyncoperation").or_else(result)
    }

    fn find_polls(&mut self, rest: &[Json]) {
        let Some(first) = self.address().map(str::to_owned) else {
            return;
        };
        let mut address = first.clone();
        for poll in rest
            .iter()
            .filter(|next| next["method"] == "GET" && is_at(next, &first))
        {
            for _ in 0..times(poll) {
                let answer = Answer::of(poll);
                let url = address_of(&address).expect("an address");
                // Each answer that is not the last one signs the result's address anew.
                if answer.status == 202 && self.is_by_result() {
                    address = answer.header("location").unwrap_or(&address).to_owned();
                }
                let over = self.ends(&answer);
                self.polls.push((url, answer));
                if over {
                    return;
                }
            }
        }
    }

    fn is_by_result(&self) -> bool {
        self.answer.header("azure-asyncoperation").is_none()
    }

    /// Whether an answer at the operation's address is the last one.
    fn ends(&self, answer: &Answer) -> bool {
        if self.is_by_result() {
            answer.status != 202
        } else {
            answer.body["status"].as_str().is_some_and(is_final)
        }
    }

    fn find_looks(&mut self, rest: &[Json]) {
        let own = self.url.path().to_owned();
        let here = |exchange: &&Json| {
            let url = exchange["url"].as_str().and_then(address_of);
            url.is_some_and(|url| url.path().eq_ignore_ascii_case(&own))
        };
        let until_next = rest.iter().filter(here);
        for look in until_next.take_while(|look| look["method"] == "GET") {
            for _ in 0..times(look) {
                let answer = Answer::of(look);
                let over = answer.status == 404 || state_of(&answer.body).is_none_or(is_final);
                self.looks.push(answer);
                if over {
                    return;
                }
            }
        }
    }

    /// Says how it ended; two answers are filled in which no client asked for or nobody kept:
    ///
    /// * A look at what is deleted, when its client believed the operation. It gets a 404 recorded elsewhere.
    /// * That an operation succeeded, when its recording has only the looks that came after.
    fn complete(&mut self, missing: &Answer) {
        if self.end != End::BrokenOff {
            return;
        }
        let is_over = self.polls.last().map(|(_, last)| self.ends(last));
        match (self.method.as_str(), is_over) {
            ("DELETE", Some(true)) => {
                if self.looks.is_empty() {
                    self.looks.push(missing.clone());
                    self.completed = true;
                }
                self.end = End::Gone;
            }
            ("POST", Some(true)) => self.end = End::Done,
            ("PUT", _) => {
                if let Some(false) = is_over
                    && !self.looks.is_empty()
                    && let Some((url, mut last)) = self.polls.last().cloned()
                {
                    last.body["status"] = json!("Succeeded");
                    self.polls.push((url, last));
                    self.completed = true;
                }
                self.watched = self.address().is_some() && self.polls.is_empty();
                let state = self.looks.last().map(|look| state_of(&look.body));
                if let (Some(last), Some(state)) = (self.looks.last(), state)
                    && state.is_none_or(is_final)
                {
                    self.end = End::Resource(last.body.clone());
                }
            }
            _ => {}
        }
    }
}

/// How often an answer came in a row.
fn times(exchange: &Json) -> u64 {
    1 + exchange["identical_polls_collapsed"].as_u64().unwrap_or(0)
}

fn state_of(body: &Json) -> Option<&str> {
    body["properties"]["provisioningState"].as_str()
}

fn is_final(word: &str) -> bool {
    ["Succeeded", "Failed", "Canceled"].contains(&word)
}

/// Whether an exchange asked at an address that a header gave. Recorders have put other names of groups into one
/// and not into the other, and signatures change; what the operation is called stays.
fn is_at(exchange: &Json, address: &str) -> bool {
    last_of(path(exchange)) == last_of(address)
}

fn last_of(address: &str) -> Vec<String> {
    let path = address.split('?').next().unwrap_or_default();
    let last = path.rsplit('/').take(2);
    last.map(str::to_ascii_lowercase).collect()
}

/// A recorded address. Azure's command line has put a whole id into one segment of some of them, with its slashes encoded,
/// which Azure reads as the id it is, and this provider never sends.
fn address_of(text: &str) -> Option<Url> {
    let mut address = Url::parse(text).ok()?;
    if address.path().contains("%2F") {
        let path = address.path().replace("/%2F", "/").replace("%2F", "/");
        address.set_path(&path);
    }
    Some(address)
}
