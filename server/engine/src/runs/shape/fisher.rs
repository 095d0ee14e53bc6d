//! Fisher's exact test: the probability that chance alone puts at least this many of the losses into a part.

use super::Table;

/// Natural logarithm of the one-sided p-value, as the value itself may be too small for a float.
#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
pub fn ln_p(table: Table) -> f64 {
    let Table { lost, of, elsewhere_lost, elsewhere_of } = table;
    let (all_lost, all) = (lost + elsewhere_lost, of + elsewhere_of);
    // Exactly `lost` losses inside the part: choose them there, and the other losses elsewhere.
    let first = ln_choose(of, lost) + ln_choose(elsewhere_of, elsewhere_lost) - ln_choose(all, all_lost);
    let (mut sum, mut term) = (1.0_f64, 1.0_f64);
    for more in lost..of.min(all_lost) {
        // From `more` losses inside the part to one more.
        let grow = (of - more) as f64 * (all_lost - more) as f64;
        let shrink = (more + 1) as f64 * (elsewhere_of + more + 1 - all_lost) as f64;
        term *= grow / shrink;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (first + sum.ln()).min(0.0)
}

fn ln_choose(of: u64, chosen: u64) -> f64 {
    ln_factorial(of) - ln_factorial(chosen) - ln_factorial(of - chosen)
}

/// Exact for small numbers, Stirling's series for others, to more than twelve digits.
#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn ln_factorial(number: u64) -> f64 {
    if number < 20 {
        return (1..=number).map(|factor| factor as f64).product::<f64>().ln();
    }
    let n = number as f64;
    let series = 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3)) + 1.0 / (1_260.0 * n.powi(5));
    n * n.ln() - n + 0.5 * (2.0 * std::f64::consts::PI * n).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(lost: u64, of: u64, elsewhere_lost: u64, elsewhere_of: u64) -> f64 {
        ln_p(Table { lost, of, elsewhere_lost, elsewhere_of }).exp()
    }

    #[test]
    fn p_values_match_hand_counted_cases() {
        // Of 8 cups 4 are drawn, and all 4 are right: 1 of 70; at least 3: 17 of 70.
        assert!((p(4, 4, 0, 4) - 1.0 / 70.0).abs() < 1e-12);
        assert!((p(3, 4, 1, 4) - 17.0 / 70.0).abs() < 1e-12);
        assert!((p(0, 4, 4, 4) - 1.0).abs() < 1e-12);
        // 3 of 150 chosen: one of 551,300.
        assert!((p(3, 3, 0, 147) * 551_300.0 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn series_matches_the_exact_product() {
        let product: f64 = (1..=40_u32).map(|factor| f64::from(factor).ln()).sum();
        assert!((ln_factorial(40) - product).abs() < 1e-9);
        assert!(ln_p(Table { lost: 5_000, of: 5_000, elsewhere_lost: 0, elsewhere_of: 5_000 }).is_finite());
    }
}
