//! How many lines the runs of a pipeline usually read, by the size of their objects.
//!
//! Updated run by run and small enough to be stored as JSON in a row. Objects of about one size have nearly the same
//! number of lines per byte, so a run that reads far fewer lines than usual has lost the others without noticing.
//!
//! Always: only plausible runs are learned, so that a fault does not become normal. Old runs lose weight.

use serde::{Deserialize, Serialize};

/// Fewest known runs of a size class before any run is called unusual.
const ENOUGH: f64 = 20.0;
/// Most runs that count in a class; each further run reduces the weight of older ones.
const WEIGHT: f64 = 200.0;
/// Standard deviations beyond which a run is unusual. In a normal distribution one in a billion lies beyond on one
/// side.
const FAR: f64 = 6.0;
/// An unusual run also reads at least this many times more or fewer lines than usual.
const TIMES: f64 = 4.0;
/// Number of size classes, one per power of two; no object has 2^47 bytes.
const CLASSES: usize = 48;

/// Usual line counts per size class; updated by [`History::learn`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    classes: Vec<Class>,
}

/// Statistics of the logarithm of lines per byte, over objects of 2^n to 2^(n+1) bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Class {
    runs: f64,
    mean: f64,
    variance: f64,
}

impl History {
    /// Learns a plausible run that read `lines` lines of an object of `size` bytes.
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

    /// A sentence that says why reading `lines` lines of `size` bytes is unusual. `None` if it is not, or if too few
    /// runs are known.
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
    // Half a line stands for zero lines, so that the logarithm is finite.
    Some((class, (approximate(lines).max(0.5) / approximate(size)).ln()))
}

#[expect(clippy::cast_precision_loss, reason = "a logarithm of it is compared with others")]
fn approximate(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history of objects of about 10 kB with about 90 bytes per line, give or take a fifth.
    fn usual() -> History {
        let mut history = History::default();
        (0..60_u64).for_each(|run| history.learn(9_000 + 37 * run, (9_000 + 37 * run) / (75 + run % 30)));
        history
    }

    #[test]
    fn run_reading_far_too_few_lines_is_unusual() {
        let history = usual();
        assert_eq!(history.unusual(10_000, 110), None);
        assert_eq!(history.unusual(10_000, 70), None);
        let reason = history.unusual(10_000, 3).unwrap();
        assert!(reason.contains("read 3 lines of an object of 10000 bytes") && reason.contains("about 11"), "{reason}");
        assert!(history.unusual(10_000, 0).is_some(), "a summary of zeros");
        assert!(history.unusual(10_000, 5_000).is_some());
    }

    #[test]
    fn nothing_is_unusual_with_few_known_runs() {
        assert_eq!(usual().unusual(1_000_000, 1), None);
        assert_eq!(History::default().unusual(10_000, 0), None);
        assert_eq!(usual().unusual(0, 7), None);
    }

    #[test]
    fn history_survives_a_json_round_trip() {
        let kept = serde_json::to_string(&usual()).unwrap();
        assert!(kept.len() < 1_000, "{kept}");
        let history: History = serde_json::from_str(&kept).unwrap();
        assert!(history.unusual(10_000, 3).is_some());
    }
}
