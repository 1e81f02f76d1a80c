//! The life of one pair: something goes wrong twice, and then nothing any more.

use std::fmt::{self, Display};

use serde_json::Value as Json;

use crate::{
    chance::choose,
    client::{Client, Outcome},
    objects::{CLUSTER, Edition, TYPES},
    trouble::{Kind, Strike},
    world::World,
};

/// What is done while it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Create,
    Update,
    Destroy,
}

impl Verb {
    pub(crate) const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Destroy];

    fn edition(self) -> Edition {
        match self {
            Self::Create | Self::Destroy => Edition::First,
            Self::Update => Edition::Changed,
        }
    }

    fn run(self, client: &mut Client<'_>) -> Outcome {
        match self {
            Self::Create | Self::Update => client.apply(self.edition()),
            Self::Destroy => client.destroy(self.edition()),
        }
    }
}

/// What is seen where nothing goes wrong.
#[derive(Debug)]
pub(crate) struct Quiet {
    /// How many exchanges the verb takes.
    exchanges: u64,
    /// What there is afterwards.
    picture: Json,
}

/// Two things that go wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) verb: Verb,
    pub(crate) system_assigned: bool,
    strikes: [Strike; 2],
}

/// How a pair ended.
#[derive(Debug)]
pub(crate) struct Lived {
    /// Whether both things came about before the verb was done.
    pub(crate) is_struck_twice: bool,
    /// How much is left after the destroy.
    pub(crate) orphans: usize,
}

/// The runs in which something may go wrong.
const TROUBLED: usize = 4;
/// The runs after which all is to be well.
const CONVERGING: usize = 3;
const RUNS: usize = TROUBLED + CONVERGING;

/// Does a verb without trouble.
pub(crate) fn quiet(verb: Verb, system_assigned: bool) -> Quiet {
    let world = World::begin(system_assigned);
    let mut client = begin(&world, verb);
    client.expect(&[]);
    let outcome = verb.run(&mut client);
    assert!(matches!(outcome, Outcome::Done(4)), "{verb:?}: {outcome:?}");
    Quiet {
        exchanges: world.azure.journal().len() as u64,
        picture: world.picture(),
    }
}

/// A client whose next run does the verb.
fn begin(world: &World, verb: Verb) -> Client<'_> {
    let mut client = Client::new(world);
    if verb != Verb::Create {
        let made = client.apply(Edition::First);
        assert!(matches!(made, Outcome::Done(4)), "{made:?}");
    }
    client
}

impl Pair {
    /// The pair of a seed; `exchanges` says how many there are for what is done.
    pub(crate) fn of(seed: u64, exchanges: impl Fn(Verb, bool) -> u64) -> Self {
        let verb = Verb::ALL[choose(seed, "verb", Verb::ALL.len())];
        let system_assigned = choose(seed, "identity", 2) == 0;
        let count = exchanges(verb, system_assigned);
        // A share of the count, so that one exchange more or less leaves the pair as it is.
        let within = |what: &str, count: u64| choose(seed, what, 1000) as u64 * count / 1000 + 1;
        let kind = |what: &str| Kind::ALL[choose(seed, what, Kind::ALL.len())];
        let first = within("first", count);
        // The second one meets what follows at once as often as what comes much later.
        let gap = match choose(seed, "near", 2) {
            0 => within("gap", 8),
            _ => within("gap", count),
        };
        let strikes = [
            (first, kind("first kind")),
            (first + gap, kind("second kind")),
        ];
        Self {
            verb,
            system_assigned,
            strikes: strikes.map(|(exchange, kind)| Strike { exchange, kind }),
        }
    }

    /// Lives it. What does not converge panics.
    pub(crate) fn live(&self, quiet: &Quiet) -> Lived {
        let world = World::begin(self.system_assigned);
        let mut client = begin(&world, self.verb);
        let mut births = Births::default();
        births.see(&world);
        client.expect(&self.strikes);
        let mut story = Story::default();
        for _ in 0..TROUBLED {
            story.runs.push(self.verb.run(&mut client));
            births.see(&world);
            story.struck = self.struck(&world);
            if story.struck.len() == self.strikes.len() {
                break;
            }
        }
        let is_struck_twice = story.struck.len() == self.strikes.len();
        client.expect(&[]);
        self.converge(self.verb, &mut client, &mut story);
        births.see(&world);
        if self.verb != Verb::Destroy {
            births.assert_one_each(&client, &story);
            let plan = client.plan(self.verb.edition());
            let is_empty = matches!(plan, Outcome::Done(0));
            assert!(is_empty, "a plan: {plan:?} after {story}");
            assert_same(&world.picture(), &quiet.picture, &story);
            self.converge(Verb::Destroy, &mut client, &mut story);
        }
        assert_eq!(world.azure.unknown_requests(), Vec::<String>::new());
        let orphans = world.left();
        if !orphans.is_empty() {
            println!("left are {orphans:#?} after {story}");
        }
        Lived {
            is_struck_twice,
            orphans: orphans.len(),
        }
    }

    /// The requests that something has gone wrong with so far.
    fn struck(&self, world: &World) -> Vec<String> {
        let journal = world.azure.journal();
        let strikes = self.strikes.iter();
        strikes
            .filter_map(|strike| strike.struck(&journal))
            .collect()
    }

    fn converge(&self, verb: Verb, client: &mut Client<'_>, story: &mut Story) {
        for _ in 0..CONVERGING {
            let outcome = match verb {
                Verb::Destroy => client.destroy(self.verb.edition()),
                _ => client.apply(self.verb.edition()),
            };
            let is_done = matches!(outcome, Outcome::Done(_));
            story.runs.push(outcome);
            if is_done {
                return;
            }
        }
        panic!("{verb:?} does not converge: {story}");
    }
}

/// Fails with the parts that differ.
fn assert_same(found: &Json, wanted: &Json, story: &Story) {
    let parts = wanted.as_object().expect("a picture").iter();
    for (name, wanted) in parts {
        let found = &found[name];
        assert_eq!(found, wanted, "{name} after {story}");
    }
}

/// Which objects were seen.
#[derive(Default)]
struct Births(Vec<Vec<Json>>);

impl Births {
    fn see(&mut self, world: &World) {
        for (position, birth) in world.births().into_iter().enumerate() {
            if self.0.len() <= position {
                self.0.push(Vec::new());
            }
            let seen = &mut self.0[position];
            if !birth.is_null() && !seen.contains(&birth) {
                seen.push(birth);
            }
        }
    }

    /// Fails when one was made anew, unless its creation had failed halfway and the client therefore replaced it.
    fn assert_one_each(&self, client: &Client<'_>, story: &Story) {
        for (births, type_name) in self.0.iter().zip(TYPES) {
            let may_be_replaced = client.has_tainted(type_name) && type_name != CLUSTER;
            let at_most = if may_be_replaced { RUNS } else { 1 };
            let count = births.len();
            assert!(
                (1..=at_most).contains(&count),
                "{count} of {type_name} after {story}"
            );
        }
    }
}

/// What came about, for whoever reads why a pair does not converge.
#[derive(Debug, Default)]
struct Story {
    struck: Vec<String>,
    runs: Vec<Outcome>,
}

impl Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for struck in &self.struck {
            write!(f, "\n* {struck}")?;
        }
        self.runs.iter().try_for_each(|outcome| match outcome {
            Outcome::Done(changed) => write!(f, "\n* done, {changed} changed"),
            Outcome::Failed(text) => write!(f, "\n* failed: {text}"),
            Outcome::Killed => write!(f, "\n* killed"),
        })
    }
}

impl Quiet {
    pub(crate) fn exchanges(&self) -> u64 {
        self.exchanges
    }
}

impl Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.strikes;
        let identity = if self.system_assigned {
            "system-assigned"
        } else {
            "user-assigned"
        };
        write!(
            f,
            "{:?} with a {identity} identity, {:?} at exchange {} and {:?} at {}",
            self.verb, first.kind, first.exchange, second.kind, second.exchange
        )
    }
}
