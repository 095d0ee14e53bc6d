//! `kill -9` of `logyard sync` and of a server at random moments, while the table is written to: what was done stays
//! done, and in the end both tables are equal.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    clone::command::{ended, said, summary},
    support::process::Server,
    sync::shop::{Shop, until},
};

const KILLS: usize = 12;

async fn write(shop: &Shop, round: u64) {
    let from = 10_000 * (round + 1);
    shop.insert(from, from + 800).await;
    shop.local.run(&format!("DELETE FROM orders WHERE id % 97 = {}", round % 97)).await;
    let bump = format!("UPDATE orders SET total = {round}, row_version = {} + id % 7 WHERE id % 7 = 3", from + 900);
    shop.local.run(&bump).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_killed_at_random_moments_goes_on_and_ends_with_equal_tables() {
    let (shop, mut dice) = (Shop::new().await, StdRng::seed_from_u64(7));
    shop.write(&shop.config("approve_above = 1000000"));
    shop.insert(1, 3_001).await;
    let (mut kills, mut round) = (0, 0);
    while kills < KILLS {
        let mut child = shop.sync(&[]).spawn().unwrap();
        // Real time: the moment of the kill is the subject.
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..600))).await;
        child.kill().unwrap();
        if ended(child).await.status.code().is_none() {
            kills += 1;
        }
        write(&shop, round).await;
        round += 1;
    }
    let output = ended(shop.sync(&[]).spawn().unwrap()).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(summary(&output)["outcome"], "in_step");
    assert!(shop.is_equal().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_at_random_moments_is_gone_on_for_by_the_next() {
    let (shop, mut dice) = (Shop::new().await, StdRng::seed_from_u64(8));
    let config = shop.write(&shop.config("approve_above = 1000000\nevery = '1s'"));
    shop.insert(1, 3_001).await;
    let data = shop.folder.path().join("data");
    for round in 0..4 {
        let server = Server::start(&config, &data);
        // Real time: the moment of the kill is the subject.
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..3_500))).await;
        server.kill();
        write(&shop, round).await;
    }
    let server = Server::start(&config, &data);
    until("equal", || shop.is_equal()).await;
    let db = shop.db().await;
    until("in step", || async {
        let status = db.sync(&Shop::table()).await.unwrap().map(|(status, ..)| status);
        status.is_some_and(|status| status.state == model::SyncState::InSync)
    })
    .await;
    assert!(server.terminate().await.success());
}
