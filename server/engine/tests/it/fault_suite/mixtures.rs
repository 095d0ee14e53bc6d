//! Several troubles at once.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::{
    Trouble,
    rounds::{Case, Way},
    survive,
};

async fn mixtures(seeds: std::ops::Range<u64>, way: Way) {
    let (mut errors, mut failed) = (0, 0);
    for seed in seeds {
        let mut random = StdRng::seed_from_u64(seed);
        let kinds = random.random_range(2..8);
        let troubles: Vec<Trouble> = Trouble::ALL.choose_multiple(&mut random, kinds).copied().collect();
        let chance = random.random_range(0.02..0.5);
        let large = random.random_bool(0.1);
        let finished = survive(&Case { seed, troubles: &troubles, chance, way, large }).await;
        (errors, failed) = (errors + finished.0, failed + finished.1);
    }
    assert!(errors > 0 && failed > 0, "{errors} rounds with errors, {failed} with failures");
}

#[tokio::test]
async fn mixed_faults_lose_nothing_in_store_copies() {
    mixtures(1_000..1_040, Way::Copied).await;
}

#[tokio::test]
async fn mixed_faults_lose_nothing_in_streamed_copies() {
    mixtures(2_000..2_040, Way::Streamed).await;
}

#[tokio::test]
async fn all_faults_together_lose_nothing() {
    let (mut errors, mut failed) = (0, 0);
    for seed in 3_000..3_020 {
        let way = if seed % 2 == 0 { Way::Copied } else { Way::Streamed };
        let finished = survive(&Case { seed, troubles: &Trouble::ALL, chance: 0.3, way, large: seed % 10 == 0 }).await;
        (errors, failed) = (errors + finished.0, failed + finished.1);
    }
    assert!(errors > 0 && failed > 0, "{errors} rounds with errors, {failed} with failures");
}
