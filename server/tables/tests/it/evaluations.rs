//! Evaluations of the engine over two real tables.

use std::time::Duration;

use db::testing::Scratch;
use engine::sync::{Checkpoint, Endpoints, Evaluation, Local as _, Options, Span, Step, TableEndpoint as _, Verdict};
use tables::Table;

use crate::test_table::TestTable;

on_both_databases!(copy_with_missing_and_stale_rows_gets_in_sync);

pub async fn evaluate(checkpoint: &mut Checkpoint, local: &Table, remote: &Table) -> Verdict {
    let mut evaluation = Evaluation::new(Options::default(), checkpoint.clone(), 1);
    let ends = Endpoints { local, remote, timeout: Duration::from_mins(1) };
    loop {
        let answer = match evaluation.step() {
            Step::Ask(question) => ends.ask(&question).await,
            Step::Apply(change) => ends.apply(&change).await,
            Step::Done(verdict) => {
                *checkpoint = evaluation.checkpoint().clone();
                return verdict;
            }
        };
        evaluation.answer(answer, 1);
    }
}

/// From SQLite into either database, with summaries in the copy.
async fn copy_with_missing_and_stale_rows_gets_in_sync(scratch: Scratch) {
    assert_copy_gets_in_sync(Scratch::sqlite(), scratch).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_of_mysql_table_gets_in_sync() {
    assert_copy_gets_in_sync(Scratch::mariadb_alone().await, Scratch::postgres().await).await;
}

async fn assert_copy_gets_in_sync(source: Scratch, copy: Scratch) {
    let [mut source, copy] = [TestTable::new(source).await, TestTable::new(copy).await];
    for key in 1..400 {
        source.write(key, key.unsigned_abs() * 31).await;
    }
    copy.run("INSERT INTO orders VALUES (5, 155, 'c5'), (1000, 200, 'ghost'), (1001, 7000, 'ghost'), (9, 1, 'old')")
        .await;
    let [local, remote] = [source.open().await, copy.open().await];
    remote.migrate().await.unwrap();
    let mut checkpoint = Checkpoint::default();
    for round in 0..5 {
        let verdict = evaluate(&mut checkpoint, &local, &remote).await;
        assert!(matches!(verdict, Verdict::Working(_) | Verdict::InSync { quarantined: 0, .. }), "{verdict:?}");
        // Concurrent writes and deletes.
        source.write(round + 500, 20_000 + round.unsigned_abs()).await;
        source.delete(round + 100).await;
    }
    let mut verdict = evaluate(&mut checkpoint, &local, &remote).await;
    for _ in 0..5 {
        if matches!(verdict, Verdict::Working(_)) {
            verdict = evaluate(&mut checkpoint, &local, &remote).await;
        }
    }
    assert!(matches!(verdict, Verdict::InSync { quarantined: 0, .. }), "{verdict:?}");
    let marks = local.list(&[Span::ALL], Span::END).await.unwrap();
    assert_eq!(marks, [source.marks(Span::ALL)]);
    assert_eq!(remote.list(&[Span::ALL], Span::END).await.unwrap(), marks);
    let mut sides = [local.rows(&marks[0]).await.unwrap().rows, remote.rows(&marks[0]).await.unwrap().rows];
    for rows in &mut sides {
        rows.sort_by_key(|row| row.version);
    }
    assert_eq!(sides[0], sides[1], "to the last value");
}
