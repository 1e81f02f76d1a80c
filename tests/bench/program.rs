//! Measures the provider and a small plugin written in Go with the same rulers:
//! `bench CLIENT PROVIDER OTHER`, the paths of three executables. `run` builds them first.

mod client;
mod fleet;
mod plugin;
mod table;

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secureaks_simulator::{Options, Simulator};

use client::{Program, Workspace};
use plugin::Plugin;
use table::{Row, Target, print};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How often short things are measured.
const MANY: usize = 30;
/// How often commands that take seconds are measured.
const FEW: usize = 5;
/// How often commands of the client are measured.
const SOME: usize = 15;

/// How many times as fast as reality clusters are created. Faster, the limits that Azure sets in
/// requests a second, which the provider keeps in real time, would be what is measured.
const PACE: f64 = 10.0;

fn main() -> Outcome<()> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [client, provider, other] = arguments.as_slice() else {
        return Err("wanted are the paths of a client and of two plugins".into());
    };
    let ours = Program::secureaks(provider);
    let theirs = Program::time(other);

    let mut rows = vec![size(provider, other)?];
    rows.extend(started(&ours, &theirs)?);
    rows.extend(commands(client, &ours, &theirs)?);
    rows.push(many_resources(client, &ours, &theirs)?);
    rows.extend(many_bindings(client, &ours)?);
    rows.push(many_clusters(client, &ours)?);
    print(&mut io::stdout(), "secureaks", &theirs.title, &rows)?;
    Ok(())
}

/// Says what is being done, beside the table.
fn tell(text: &str) {
    // Without a standard error there is nobody to tell.
    drop(writeln!(io::stderr(), "{text}"));
}

fn size(provider: &Path, other: &Path) -> Outcome<Row> {
    #[expect(clippy::cast_precision_loss, reason = "sizes of files")]
    let megabytes = |path: &Path| -> Outcome<f64> { Ok(path.metadata()?.len() as f64 / 1e6) };
    Ok(Row::new(
        "executable, stripped",
        "MB",
        megabytes(provider)?,
        Some(megabytes(other)?),
    )
    .target(Target::AtMost(12.0)))
}

/// Start, memory and schema, without a client.
fn started(ours: &Program, theirs: &Program) -> Outcome<Vec<Row>> {
    tell("starting each plugin");
    let measure = |program: &Program| -> Outcome<(f64, f64, f64)> {
        let mut starts = Vec::new();
        let mut memory = Vec::new();
        for _ in 0..MANY {
            let plugin = Plugin::start(&program.executable)?;
            starts.push(milliseconds(plugin.start));
            memory.push(plugin.memory()?);
        }
        let calls = Plugin::start(&program.executable)?.time_calls(program.schema, MANY)?;
        Ok((
            median(starts),
            median(memory),
            median(calls.into_iter().map(milliseconds).collect()),
        ))
    };
    let (ours, theirs) = (measure(ours)?, measure(theirs)?);
    Ok(vec![
        Row::new("from exec to handshake", "ms", ours.0, Some(theirs.0))
            .target(Target::AtMost(3.0)),
        Row::new(
            "resident memory at handshake",
            "MiB",
            ours.1,
            Some(theirs.1),
        )
        .target(Target::AtMost(10.0)),
        Row::new("schema, one call", "ms", ours.2, Some(theirs.2)),
    ])
}

/// What a person waits for, and what of it is the plugin's work.
fn commands(client: &Path, ours: &Program, theirs: &Program) -> Outcome<Vec<Row>> {
    let azure = Simulator::start(Options::default())?;
    let mut rows = Vec::new();
    for (command, target) in [("validate", Some(Target::TimesOther(1.03))), ("plan", None)] {
        tell(&format!("{command}, {SOME} times each"));
        let (ours, theirs) = (
            Workspace::of_one(client, ours, &azure)?,
            Workspace::of_one(client, theirs, &azure)?,
        );
        let (mut our_walls, mut their_walls) = (Vec::new(), Vec::new());
        // By turns, so that whatever else the machine does strikes both.
        for _ in 0..SOME {
            our_walls.push(milliseconds(ours.run(&[command])?));
            their_walls.push(milliseconds(theirs.run(&[command])?));
        }
        let mut wall = Row::new(
            &format!("{command}, wall"),
            "ms",
            median(our_walls),
            Some(median(their_walls)),
        );
        if let Some(target) = target {
            wall = wall.target(target);
        }
        rows.push(wall);
        let cpu = (
            milliseconds(ours.run_measured(&[command])?),
            milliseconds(theirs.run_measured(&[command])?),
        );
        rows.push(Row::new(
            &format!("{command}, processor time of the plugin"),
            "ms",
            cpu.0,
            Some(cpu.1),
        ));
    }
    Ok(rows)
}

fn many_resources(client: &Path, ours: &Program, theirs: &Program) -> Outcome<Row> {
    tell("plan of 1,000 resources");
    let azure = Simulator::start(Options::default())?;
    let each = |program: &Program| -> Outcome<f64> {
        let one = Workspace::of_one(client, program, &azure)?.run_measured(&["plan"])?;
        let thousand =
            Workspace::of_many(client, program, &azure, 1000)?.run_measured(&["plan"])?;
        Ok(milliseconds(thousand.saturating_sub(one)) / 999.0)
    };
    let row = Row::new(
        "plan of 1,000, processor time a resource",
        "ms",
        each(ours)?,
        Some(each(theirs)?),
    );
    Ok(row.target(Target::AtMost(0.2)))
}

/// The refresh of a thousand bindings in ten clusters.
fn many_bindings(client: &Path, ours: &Program) -> Outcome<Vec<Row>> {
    tell("apply of 1,000 bindings, and their plan");
    let azure = Simulator::start(Options::default())?;
    let configuration = fleet::configuration(&fleet::make(&azure)?);
    let workspace = Workspace::of(client, ours, &azure, &configuration)?;
    workspace.run(&["apply", "-auto-approve"])?;
    let mut walls = Vec::new();
    for _ in 0..FEW {
        walls.push(workspace.run(&["plan"])?.as_secs_f64());
    }
    let processor = milliseconds(workspace.run_measured(&["plan"])?) / 1000.0;
    Ok(vec![
        Row::new("plan of 1,000 bindings, wall", "s", median(walls), None)
            .target(Target::AsKubernetes(5.6)),
        Row::new(
            "plan of 1,000 bindings, processor a binding",
            "ms",
            processor,
            None,
        )
        .target(Target::AsKubernetes(3.1)),
    ])
}

/// Fifty clusters at once take as long as the slowest of them.
fn many_clusters(client: &Path, ours: &Program) -> Outcome<Row> {
    tell("apply of 50 clusters, which takes a minute or two");
    let azure = Simulator::start(Options {
        speed: PACE,
        ..Options::default()
    })?;
    let workspace = Workspace::of_many(client, ours, &azure, 50)?;
    let wall = workspace.run(&["apply", "-auto-approve", "-parallelism=200"])?;
    let slowest = azure
        .operation_durations()
        .into_iter()
        .max()
        .ok_or("no operation was begun")?
        .div_f64(PACE);
    tell(&format!(
        "{:.1} s; the slowest cluster took Azure {:.1} s",
        wall.as_secs_f64(),
        slowest.as_secs_f64()
    ));
    let unknown = azure.unknown_requests();
    if !unknown.is_empty() {
        return Err(format!("the simulator does not know {unknown:?}").into());
    }
    let ratio = wall.as_secs_f64() / slowest.as_secs_f64();
    Ok(Row::new(
        "apply of 50 clusters, to the slowest one's",
        "times",
        ratio,
        None,
    )
    .target(Target::AtMost(1.05)))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The middle one, 0 of none.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
