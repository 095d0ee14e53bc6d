//! Runs the checks of the fuzz target on its seeds and on a thousand reproducible mutations of them.

use std::{fs, path::Path};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::promises;

const MUTATIONS: usize = 1_000;

/// Byte sequences that are difficult for parsers.
const TOKENS: [&[u8]; 14] = [
    b"\"",
    b"\\",
    b"\\\"",
    b"\n",
    b"\r\n",
    b" ",
    b"-",
    b"\\x",
    b"\\xe2\\x82",
    b"\0",
    b"\xFF\xFE",
    b"2026-03-09T14:00:00.000000Z ",
    b"tls 2.0 ",
    b"\x1F\x8B\x08\0",
];

fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Mutates an input as libFuzzer does: changes bytes, inserts tokens, and removes, repeats or copies pieces.
fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut StdRng) {
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..=input.len());
        let end = random.random_range(at..=input.len().min(at + 200));
        match random.random_range(0..6) {
            0 if at < input.len() => input[at] = random.random(),
            0 | 1 => drop(input.splice(at..at, TOKENS[random.random_range(0..TOKENS.len())].iter().copied())),
            2 => drop(input.drain(at..end)),
            3 => {
                let piece = input[at..end].to_vec();
                input.splice(at..at, piece);
            }
            4 => {
                let other = &seeds[random.random_range(0..seeds.len())];
                let from = random.random_range(0..other.len());
                let piece = &other[from..random.random_range(from..=other.len().min(from + 400))];
                input.splice(at..end, piece.iter().copied());
            }
            _ => input.truncate(at),
        }
    }
}

#[test]
fn promises_hold_for_every_seed() {
    let seeds = seeds();
    assert!(seeds.len() >= 10);
    for seed in &seeds {
        promises::hold(seed);
    }
}

#[test]
fn promises_hold_for_mutated_seeds() {
    let (seeds, mut random) = (seeds(), StdRng::seed_from_u64(7));
    for number in 0..MUTATIONS {
        let mut input = seeds[number % seeds.len()].clone();
        input[0] = random.random();
        mutate(&mut input, &seeds, &mut random);
        let held = std::panic::catch_unwind(|| promises::hold(&input));
        assert!(held.is_ok(), "mutation {number}: {}", input.escape_ascii());
    }
}
