//! Evaluations of the engine over two real tables.

use db::testing::Scratch;
use engine::sync::{
    Answer, Change, Checkpoint, EndpointRole, Evaluation, Local as _, Options, PerEndpoint, Question, Remote as _,
    Span, Step, SyncFault, TableEndpoint as _, Verdict,
};
use tables::Table;

use crate::test_table::TestTable;

on_both_databases!(copy_with_missing_and_stale_rows_gets_in_sync);

async fn ask(question: Question, local: &Table, remote: &Table) -> Result<Answer, SyncFault> {
    Ok(match question {
        Question::Meta => Answer::Meta(PerEndpoint { local: local.meta().await?, remote: remote.meta().await? }),
        Question::Cells { spans, split, local_below } => {
            let here = local.cells(&spans, split, local_below).await?;
            let there = remote.cells(&spans, split, Span::END).await?;
            Answer::Cells(here.into_iter().zip(there).map(|(local, remote)| PerEndpoint { local, remote }).collect())
        }
        Question::Counts { below, local_below } => {
            let here = Span { from: 0, until: below.min(local_below) };
            let there = Span { from: 0, until: below };
            Answer::Counts(PerEndpoint { local: local.count(here).await?, remote: remote.count(there).await? })
        }
        Question::Lists { spans, local_below } => {
            let here = local.list(&spans, local_below).await?;
            let there = remote.list(&spans, Span::END).await?;
            Answer::Lists(here.into_iter().zip(there).map(|(local, remote)| PerEndpoint { local, remote }).collect())
        }
        Question::Page { endpoint: EndpointRole::Local, span, order, limit } => {
            Answer::Page(local.page(span, order, limit).await?)
        }
        Question::Page { endpoint: EndpointRole::Remote, span, order, limit } => {
            Answer::Page(remote.page(span, order, limit).await?)
        }
        Question::Versions { keys } => Answer::Versions(local.current_versions(&keys).await?),
    })
}

async fn apply(change: Change, local: &Table, remote: &Table) -> Result<Answer, SyncFault> {
    match change {
        Change::Upload { marks } => Ok(Answer::Uploaded { refused: remote.upload(local.rows(&marks).await?).await? }),
        Change::Delete { marks } => remote.delete(&marks).await.map(|()| Answer::Deleted),
    }
}

async fn evaluate(checkpoint: &mut Checkpoint, local: &Table, remote: &Table) -> Verdict {
    let mut evaluation = Evaluation::new(Options::default(), checkpoint.clone(), 1);
    loop {
        let answer = match evaluation.step() {
            Step::Ask(question) => ask(question, local, remote).await,
            Step::Apply(change) => apply(change, local, remote).await,
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
    let mut sides = [local.rows(&marks[0]).await.unwrap(), remote.rows(&marks[0]).await.unwrap()];
    for rows in &mut sides {
        rows.sort_by_key(|row| row.version);
    }
    assert_eq!(sides[0], sides[1], "to the last value");
}
