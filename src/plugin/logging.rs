//! Log lines as hosts read them from standard error: hclog's JSON, one object a line.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write as _};
use std::mem;
use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::Value as Json;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Scope};

use crate::value::printable;

/// Hosts do not parse lines of 64 KiB or more (go-plugin `client.go`).
const LINE_LIMIT: usize = 60_000;
/// What is left of a message whose line would be longer. A byte takes two at most once escaped.
const MESSAGE_LIMIT: usize = LINE_LIMIT / 3;

/// Logs to standard error from now on.
pub(super) fn install(level: LevelFilter, clock: fn() -> SystemTime) {
    let write = |line: &str| {
        // A host that is gone reads no logs.
        let _ = io::stderr().lock().write_all(line.as_bytes());
    };
    let subscriber = Registry::default().with(HostLog {
        level,
        clock,
        write,
    });
    // It fails only where somebody logs elsewhere already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Turns events into lines.
struct HostLog<W> {
    level: LevelFilter,
    clock: fn() -> SystemTime,
    write: W,
}

impl<S, W> Layer<S> for HostLog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + Send + Sync + 'static,
{
    /// Other crates are held to warnings: their finer lines may quote headers and bodies, and
    /// with them secrets.
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let ours = metadata.target().starts_with(env!("CARGO_CRATE_NAME"));
        *metadata.level() <= self.level && (ours || *metadata.level() <= Level::WARN)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.values.extend(of_span.values.clone());
            }
        }
        event.record(&mut fields);
        (self.write)(&line((self.clock)(), event.metadata(), fields));
    }
}

/// The line for one event.
fn line(now: SystemTime, metadata: &Metadata<'_>, fields: Fields) -> String {
    let Fields {
        message,
        mut values,
    } = fields;
    let mut complete = |message: String| {
        // Each of these four must be text: go-plugin asserts their type and ends the host's
        // process where it is another (`log_entry.go`).
        values.insert("@level".to_owned(), level(*metadata.level()).into());
        values.insert("@message".to_owned(), message.into());
        values.insert(
            "@module".to_owned(),
            metadata.target().replace("::", ".").into(),
        );
        values.insert("@timestamp".to_owned(), timestamp(now).into());
        format!("{}\n", Json::from_iter(mem::take(&mut values)))
    };
    let whole = complete(message.clone());
    if whole.len() <= LINE_LIMIT {
        return whole;
    }
    let cut = message.floor_char_boundary(MESSAGE_LIMIT);
    complete(format!(
        "{} [shortened]",
        message.get(..cut).unwrap_or_default()
    ))
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// Exactly six digits of a second: hosts take a line with another form of time for plain text.
fn timestamp(now: SystemTime) -> String {
    let now = Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH);
    now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// An event's or span's fields.
#[derive(Default)]
struct Fields {
    message: String,
    values: BTreeMap<String, Json>,
}

impl Fields {
    /// The one way of texts into a line: hosts print them as they are.
    fn keep(&mut self, field: &Field, text: &str) {
        let text = printable(text).into_owned();
        if field.name() == "message" {
            self.message = text;
        } else {
            self.values.insert(field.name().to_owned(), text.into());
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.values.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.values.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.values.insert(field.name().to_owned(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.values.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;

    /// The lines that `events` logs at `level`.
    fn logged(level: LevelFilter, events: impl FnOnce()) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let write = move |line: &str| kept.lock().unwrap().push(line.to_owned());
        let clock = || SystemTime::UNIX_EPOCH + Duration::from_micros(1_800_000_000_000_120);
        tracing::subscriber::with_default(
            Registry::default().with(HostLog {
                level,
                clock,
                write,
            }),
            events,
        );
        lines.lock().unwrap().clone()
    }

    #[test]
    fn a_line_is_what_hosts_parse() {
        let lines = logged(LevelFilter::INFO, || {
            tracing::info!(
                resource.id = "/a",
                duration_ms = 12,
                again = false,
                "The cluster is \"up\""
            );
        });

        assert_eq!(
            lines,
            [concat!(
                r#"{"@level":"info","@message":"The cluster is \"up\"","@module":"secureaks.plugin.logging.tests","#,
                r#""@timestamp":"2027-01-15T08:00:00.000120Z","again":false,"duration_ms":12,"resource.id":"/a"}"#,
                "\n"
            )]
        );
    }

    #[test]
    fn a_line_has_the_fields_of_its_spans() {
        let lines = logged(LevelFilter::DEBUG, || {
            tracing::debug_span!("rpc", rpc = "ReadResource").in_scope(|| tracing::warn!("Slow"));
        });

        assert_eq!(
            lines,
            [concat!(
                r#"{"@level":"warn","@message":"Slow","@module":"secureaks.plugin.logging.tests","#,
                r#""@timestamp":"2027-01-15T08:00:00.000120Z","rpc":"ReadResource"}"#,
                "\n"
            )]
        );
    }

    #[test]
    fn what_is_finer_than_the_level_and_what_others_say_in_detail_is_left_out() {
        let lines = logged(LevelFilter::DEBUG, || {
            tracing::trace!("too fine");
            tracing::debug!(target: "hyper", "authorization: Bearer ..");
        });

        assert_eq!(lines, [""; 0]);
    }

    #[test]
    fn what_others_say_gives_no_orders_to_a_terminal() {
        let lines = logged(LevelFilter::INFO, || {
            let said = "no\u{1b}[2J\u{202e}on";
            tracing::warn!(reason = %said, text = said, "It said {said}");
        });

        assert_eq!(
            lines,
            [concat!(
                r#"{"@level":"warn","@message":"It said no[2Jon","@module":"secureaks.plugin.logging.tests","#,
                r#""@timestamp":"2027-01-15T08:00:00.000120Z","reason":"no[2Jon","text":"no[2Jon"}"#,
                "\n"
            )]
        );
    }

    #[test]
    fn a_long_line_loses_its_fields_and_its_end() {
        let lines = logged(LevelFilter::INFO, || {
            tracing::info!(body = "b", "{}", "\n".repeat(70_000));
        });

        let expected = format!(
            "{{\"@level\":\"info\",\"@message\":\"{} [shortened]\",\"@module\":\"secureaks.plugin.logging.tests\",\
             \"@timestamp\":\"2027-01-15T08:00:00.000120Z\"}}\n",
            "\\n".repeat(MESSAGE_LIMIT)
        );
        assert_eq!(lines, [expected]);
    }
}
