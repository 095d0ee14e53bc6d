//! What runs of a pipeline usually read, by the size of their objects.
//!
//! Small enough to be kept as JSON in a row, and grown run by run. Lines a byte are nearly the same for objects of
//! about one size; a run that reads a small part of what its object must hold lost the rest without knowing.
//!
//! Always: only what looked right is learned, so that a fault does not become what is usual. Old runs fade.

use serde::{Deserialize, Serialize};

/// Runs of a class that must be known before anything is called unusual.
const ENOUGH: f64 = 20.0;
/// As many runs weigh; older ones fade.
const WEIGHT: f64 = 200.0;
/// How many standard deviations are far. Of a normal distribution one in five hundred million lies beyond on one side.
const FAR: f64 = 6.0;
/// And at least this many times more or fewer lines than usual.
const TIMES: f64 = 4.0;
/// Classes by powers of two; 2^47 bytes are more than an object can be.
const CLASSES: usize = 48;

/// Grown by [`History::learn`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    classes: Vec<Class>,
}

/// Of objects of between 2^n and 2^(n+1) bytes: the logarithm of lines a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Class {
    runs: f64,
    mean: f64,
    variance: f64,
}

impl History {
    /// A run over an object of `size` bytes that read `lines`, and of which nothing else is wrong.
    pub fn learn(&mut self, size: u64, lines: u64) {
        let Some((class, value)) = at(size, lines) else { return };
        if self.classes.len() <= class {
            self.classes.resize(class + 1, Class::default());
        }
        let class = &mut self.classes[class];
        class.runs = (class.runs + 1.0).min(WEIGHT);
        let off = value - class.mean;
        class.mean += off / class.runs;
        class.variance += (off * (value - class.mean) - class.variance) / class.runs;
    }

    /// What is unusual about reading so many lines of an object of so many bytes; `None`: nothing, or too little is
    /// known.
    pub fn unusual(&self, size: u64, lines: u64) -> Option<String> {
        let (class, value) = at(size, lines)?;
        let class = self.classes.get(class).filter(|class| class.runs >= ENOUGH)?;
        let off = value - class.mean;
        let far = off.abs() > (FAR * class.variance.max(0.0).sqrt()).max(TIMES.ln());
        let usual = (class.mean.exp() * approximate(size)).max(0.0);
        (far && (usual >= 10.0 || off > 0.0)).then(|| {
            format!("It read {lines} lines of an object of {size} bytes; objects of this size usually hold about {usual:.0}.")
        })
    }
}

fn at(size: u64, lines: u64) -> Option<(usize, f64)> {
    let class = usize::try_from(size.checked_ilog2()?).ok().filter(|class| *class < CLASSES)?;
    // Half a line stands for none: its logarithm is finite.
    Some((class, (approximate(lines).max(0.5) / approximate(size)).ln()))
}

#[expect(clippy::cast_precision_loss, reason = "a logarithm of it is compared with others")]
fn approximate(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Objects of about 10 kB with a line in about 90 bytes, a fifth more or less.
    fn usual() -> History {
        let mut history = History::default();
        (0..60_u64).for_each(|run| history.learn(9_000 + 37 * run, (9_000 + 37 * run) / (75 + run % 30)));
        history
    }

    #[test]
    fn a_run_that_reads_a_small_part_of_what_such_objects_hold_is_unusual() {
        let history = usual();
        assert_eq!(history.unusual(10_000, 110), None);
        assert_eq!(history.unusual(10_000, 70), None);
        let told = history.unusual(10_000, 3).unwrap();
        assert!(told.contains("read 3 lines of an object of 10000 bytes") && told.contains("about 11"), "{told}");
        assert!(history.unusual(10_000, 0).is_some(), "a summary of zeros");
        assert!(history.unusual(10_000, 5_000).is_some());
    }

    #[test]
    fn nothing_is_unusual_where_little_is_known() {
        assert_eq!(usual().unusual(1_000_000, 1), None);
        assert_eq!(History::default().unusual(10_000, 0), None);
        assert_eq!(usual().unusual(0, 7), None);
    }

    #[test]
    fn a_history_is_kept_as_json_and_goes_on_from_there() {
        let kept = serde_json::to_string(&usual()).unwrap();
        assert!(kept.len() < 1_000, "{kept}");
        let history: History = serde_json::from_str(&kept).unwrap();
        assert!(history.unusual(10_000, 3).is_some());
    }
}
