//! The endpoints of [`TestTables`] as trait objects, queried one after the other or concurrently, with events before
//! and after each question and answers that get lost.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use engine::sync::{
    Answer, Cell, ContentSum, EndpointRole, Local, Mark, Meta, Order, Page, PerEndpoint, Question, Refusal, Remote,
    Row, RowBatch, Span, SyncFault, TableEndpoint, Usage,
};
use serde_json::Map;

use super::test_tables::TestTables;

/// Called before and after each question: changes the tables, or loses the question or its answer.
pub type Disturbance = Box<dyn FnMut(&mut TestTables) -> Result<(), SyncFault> + Send>;

/// Test tables shared by both endpoints.
pub struct Shared {
    pub tables: Mutex<TestTables>,
    pub disturbance: Mutex<Disturbance>,
}

pub struct TestEndpoint {
    shared: Arc<Shared>,
    endpoint: EndpointRole,
    requests: AtomicU64,
}

pub fn ends(tables: TestTables, disturbance: Disturbance) -> (Arc<Shared>, TestEndpoint, TestEndpoint) {
    let shared = Arc::new(Shared { tables: Mutex::new(tables), disturbance: Mutex::new(disturbance) });
    let end = |endpoint| TestEndpoint { shared: Arc::clone(&shared), endpoint, requests: AtomicU64::new(0) };
    (Arc::clone(&shared), end(EndpointRole::Local), end(EndpointRole::Remote))
}

pub fn undisturbed() -> Disturbance {
    Box::new(|_| Ok(()))
}

impl Shared {
    pub fn tables(&self) -> MutexGuard<'_, TestTables> {
        self.tables.lock().unwrap()
    }
}

impl TestEndpoint {
    /// Runs the disturbance, the operation and the disturbance again.
    async fn reach<T>(&self, ask: impl FnOnce(&mut TestTables) -> Result<T, SyncFault>) -> Result<T, SyncFault> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.pass()?;
        tokio::task::yield_now().await;
        let answer = ask(&mut self.shared.tables())?;
        tokio::task::yield_now().await;
        self.pass()?;
        Ok(answer)
    }

    fn pass(&self) -> Result<(), SyncFault> {
        (self.shared.disturbance.lock().unwrap())(&mut self.shared.tables())
    }

    fn of<T>(&self, sides: PerEndpoint<T>) -> T {
        if self.endpoint == EndpointRole::Local { sides.local } else { sides.remote }
    }

    /// Answers a question for both endpoints.
    async fn ask(&self, question: Question) -> Result<Answer, SyncFault> {
        self.reach(|tables| Ok(tables.ask(&question))).await
    }
}

#[async_trait]
impl TableEndpoint for TestEndpoint {
    fn location(&self) -> String {
        format!("the {} table", if self.endpoint == EndpointRole::Local { "local" } else { "remote" })
    }

    fn usage(&self) -> Usage {
        let requests = self.requests.load(Ordering::Relaxed);
        if self.endpoint == EndpointRole::Local {
            Usage { rows: requests, ..Usage::default() }
        } else {
            Usage { requests, ..Usage::default() }
        }
    }

    async fn meta(&self) -> Result<Meta, SyncFault> {
        let Answer::Meta(meta) = self.ask(Question::Meta).await? else { unreachable!() };
        Ok(self.of(*meta))
    }

    async fn cells(&self, spans: &[Span], split: bool, below: u64) -> Result<Vec<Cell>, SyncFault> {
        let question = Question::Cells { spans: spans.to_vec(), split, local_below: below };
        let Answer::Cells(cells) = self.ask(question).await? else { unreachable!() };
        Ok(cells.into_iter().map(|cell| self.of(cell)).collect())
    }

    async fn count(&self, span: Span) -> Result<u64, SyncFault> {
        let rows = self.list(&[span], Span::END).await?;
        Ok(rows[0].len() as u64)
    }

    async fn list(&self, spans: &[Span], below: u64) -> Result<Vec<Vec<Mark>>, SyncFault> {
        let question = Question::Lists { spans: spans.to_vec(), local_below: below };
        let Answer::Lists(lists) = self.ask(question).await? else { unreachable!() };
        Ok(lists.into_iter().map(|list| self.of(list)).collect())
    }

    async fn page(&self, span: Span, order: Order, limit: usize) -> Result<Page, SyncFault> {
        let question = Question::Page { endpoint: self.endpoint, span, order, limit };
        let Answer::Page(page) = self.ask(question).await? else { unreachable!() };
        Ok(page)
    }

    async fn contents(&self, spans: &[Span], columns: &[String], below: u64) -> Result<Vec<ContentSum>, SyncFault> {
        let question = Question::Contents { spans: spans.to_vec(), columns: columns.to_vec(), local_below: below };
        let Answer::Contents(sums) = self.ask(question).await? else { unreachable!() };
        Ok(sums.into_iter().map(|sum| self.of(sum)).collect())
    }

    async fn content_rows(&self, span: Span, columns: &[String], below: u64) -> Result<Vec<(Mark, u128)>, SyncFault> {
        let question = Question::ContentRows { span, columns: columns.to_vec(), local_below: below };
        let Answer::ContentRows(rows) = self.ask(question).await? else { unreachable!() };
        Ok(self.of(rows))
    }
}

#[async_trait]
impl Local for TestEndpoint {
    async fn current_versions(&self, keys: &[u64]) -> Result<Vec<Option<u64>>, SyncFault> {
        let Answer::Versions(versions) = self.ask(Question::Versions { keys: keys.to_vec() }).await? else {
            unreachable!()
        };
        Ok(versions)
    }

    async fn rows(&self, marks: &[Mark]) -> Result<RowBatch, SyncFault> {
        let present = self.reach(|tables| Ok(tables.present(marks))).await?;
        let row = |mark: Mark| Row { key: mark.key.into(), version: mark.version, values: Map::new() };
        Ok(RowBatch { taken: marks.len(), rows: present.into_iter().map(row).collect() })
    }
}

#[async_trait]
impl Remote for TestEndpoint {
    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        let mark = |row: Row| Mark { version: row.version, key: row.key.as_u64().unwrap() };
        self.reach(|tables| tables.take(rows.into_iter().map(mark).collect())).await
    }

    async fn delete(&self, marks: &[Mark]) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        self.reach(|tables| Ok(tables.delete(marks))).await
    }
}
