//! The keys between a range's cursor and the furthest key planned, in order, and which of them are settled.
//!
//! Copies finish in any order; a cursor may only pass a key when every key below it is settled too. So settled keys
//! wait here for the slower ones before them, with their outcomes: counts and failures move on together with the cursor,
//! never before it.

use std::collections::VecDeque;

use model::{Failure, Key};

/// Outcome of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    Copied { bytes: u64 },
    Skipped,
    Failed(Box<Failure>),
}

#[derive(Debug)]
struct Slot {
    key: Key,
    /// In bytes, as listed.
    size: u64,
    outcome: Option<Outcome>,
}

/// A key that the cursor has just passed.
#[derive(Debug, PartialEq)]
pub(super) struct Passed {
    pub key: Key,
    pub size: u64,
    pub outcome: Outcome,
}

#[derive(Debug, Default)]
pub(super) struct Window {
    /// The number of the first slot.
    first: u64,
    slots: VecDeque<Slot>,
}

impl Window {
    /// Adds a key; keys must come in order. Returns the number to settle it by.
    pub fn admit(&mut self, key: Key, size: u64) -> u64 {
        self.slots.push_back(Slot { key, size, outcome: None });
        self.first + self.slots.len() as u64 - 1
    }

    pub fn settle(&mut self, number: u64, outcome: Outcome) {
        let index = number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some(slot) = index.and_then(|index| self.slots.get_mut(index)) {
            slot.outcome = Some(outcome);
        }
    }

    /// Removes and returns the lowest key if it is settled: the cursor passes it next.
    pub fn pass(&mut self) -> Option<Passed> {
        self.slots.front()?.outcome.as_ref()?;
        let Slot { key, size, outcome } = self.slots.pop_front()?;
        self.first += 1;
        Some(Passed { key, size, outcome: outcome? })
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cursor_passes_keys_in_order_once_all_below_settled(
            order in Just((0..40_usize).collect::<Vec<_>>()).prop_shuffle()
        ) {
            let mut window = Window::default();
            let key = |index: usize| format!("{index:03}").parse::<Key>().unwrap();
            let numbers: Vec<u64> = (0..40).map(|index| window.admit(key(index), 1)).collect();
            let mut settled = [false; 40];
            let mut passed = 0;
            for index in order {
                window.settle(numbers[index], Outcome::Skipped);
                settled[index] = true;
                while let Some(one) = window.pass() {
                    prop_assert_eq!(one.key, key(passed));
                    passed += 1;
                }
                prop_assert_eq!(passed, settled.iter().take_while(|settled| **settled).count());
            }
            prop_assert!(window.is_empty());
        }
    }
}
