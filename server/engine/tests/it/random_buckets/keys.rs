//! Keys of any bytes that are legal.

use proptest::{collection, prelude::*, sample};

use crate::traps::ODD;

/// What joins into keys that others take for paths.
const PIECES: [&str; 22] = [
    "a",
    "b",
    "x",
    "/",
    "//",
    ".",
    "..",
    "./",
    "../",
    " ",
    "+",
    "%",
    "%2F",
    "?",
    "&",
    "é",
    "\u{1}",
    "\n",
    "\u{7f}",
    "\u{FFFF}",
    "\u{10FFFF}blank:",
    "log",
];

pub fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => collection::vec(sample::select(&PIECES[..]), 1..7).prop_map(|pieces| pieces.concat()),
        3 => "[x/]{1,5}",
        3 => "[a-c/ +]{1,6}(log)?",
        2 => "[\\x01-\\x7f]{1,10}",
        2 => "\\PC{1,20}",
        1 => any::<char>().prop_map(|one| one.to_string()).prop_filter("no NUL", |key| key != "\0"),
        1 => "[a-zé]".prop_map(|one| longest(&one)),
        2 => sample::select(&ODD[..]).prop_map(str::to_owned),
    ]
}

/// As many of a character as a key can hold: 1,024 bytes.
fn longest(one: &str) -> String {
    one.repeat(1_024 / one.len())
}

/// What stands before keys at either side.
pub fn prefix() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just(""), 1 => sample::select(&["in/", "in", "/", "p//", " é+/", "%41", "\u{1}/"][..])]
}
