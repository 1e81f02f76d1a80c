//! Changes of bytes by a seed, and how long they go on.

use std::time::{Duration, Instant};

use crate::chance::{choose, seed};

/// How many inputs are tried where nobody says for how long.
const ROUNDS: u64 = 4000;

/// What parsers stumble over, put in somewhere.
const WORDS: [&[u8]; 16] = [
    b"1e999999999",
    b"-1e-99999",
    b"99999999999999999999999999999999999999",
    b"null",
    b"{}",
    b"[[[[[[[[",
    b"\"\"",
    b"\\ud800",
    b"/../",
    b"%2e%2e",
    "\u{202e}\u{1b}".as_bytes(),
    &[0x91; 64],
    &[0xdd, 0xff, 0xff, 0xff, 0xff],
    &[0xdf, 0xff, 0xff, 0xff, 0xff],
    &[0xc9, 0xff, 0xff, 0xff, 0xff, 0x0c],
    &[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
];

/// Gives changed samples to `read`, for as long as `SECUREAKS_FUZZ_SECONDS` says, else a fixed number of them.
pub(crate) fn fuzz(target: &'static str, samples: &[Vec<u8>], read: impl Fn(&[u8])) {
    let seed = seed();
    let mut tried = Tried {
        target,
        round: 0,
        input: Vec::new(),
    };
    let budget = budget();
    let begun = Instant::now();
    loop {
        let ended = match budget {
            Some(budget) => begun.elapsed() >= budget,
            None => tried.round == ROUNDS,
        };
        if ended {
            break;
        }
        let drawn = choose(
            seed,
            &format!("{target} {}", tried.round),
            u32::MAX as usize,
        );
        // A zero would stay one.
        let mut chance = Chance(drawn as u64 | 1 << 32);
        let sample = chance.below(samples.len());
        tried.input.clone_from(&samples[sample]);
        for _ in 0..=chance.below(8) {
            change(&mut tried.input, &mut chance);
        }
        read(&tried.input);
        tried.round += 1;
    }
    println!("{target}: {} inputs", tried.round);
}

/// What is being tried: shown when it ends badly.
struct Tried {
    target: &'static str,
    round: u64,
    input: Vec<u8>,
}

impl Drop for Tried {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!(
                "{} failed in round {} with {:?}",
                self.target,
                self.round,
                String::from_utf8_lossy(&self.input)
            );
        }
    }
}

fn change(input: &mut Vec<u8>, chance: &mut Chance) {
    let place = chance.below(input.len() + 1);
    let end = (place + 1 + chance.below(16)).min(input.len());
    let place = place.min(end);
    match chance.below(5) {
        0 if place < input.len() => input[place] ^= 1 << chance.below(8),
        1 => drop(input.drain(place..end)),
        2 => {
            let part = input[place..end].to_vec();
            let times = 1 + chance.below(200);
            input.splice(place..place, part.repeat(times));
        }
        3 => {
            let word = WORDS[chance.below(WORDS.len())];
            input.splice(place..place, word.iter().copied());
        }
        _ => {
            let word = WORDS[chance.below(WORDS.len())];
            input.splice(place..end, word.iter().copied());
        }
    }
}

/// Numbers that follow from the first (xorshift64*, Vigna 2016).
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).expect("31 bits") % count
    }
}

fn budget() -> Option<Duration> {
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever fuzzes says for how long"
    )]
    let given = std::env::var("SECUREAKS_FUZZ_SECONDS");
    let seconds = given.ok()?.parse();
    Some(Duration::from_secs(
        seconds.expect("SECUREAKS_FUZZ_SECONDS is a number"),
    ))
}
