//! Sorts the listing of a store that lists in an order of its own.
//!
//! One reader reads it to its end, in runs that are sorted in memory and written to unnamed temporary files, which vanish
//! with the process; then the runs are merged. So memory is bounded whatever the store lists, and disk is not: about 150
//! bytes an object in the folder for temporary files.
//!
//! Always: complete or an error. A key that is listed twice, or a token that leads back, is an error.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
    fs::File,
    hash::{BuildHasher, RandomState},
    io::{self, BufRead, BufReader, BufWriter, Lines, Seek, Write},
};

use model::{BucketName, Key, Prefix, Time};
use tokio::{sync::mpsc, task::spawn_blocking};

use crate::s3::{Action, Context, ETag, ListPage, Listed, OddKey, Order, S3Client, S3Error, S3Fault, Start};

/// Objects sorted in memory at once: about ten megabytes.
const RUN: usize = 50_000;
const PAGE: usize = 1_000;
/// Most objects whose keys are none: they are kept in memory.
const MOST_ODD: usize = 100_000;
/// Bytes read ahead in each run: a hundred million objects make two thousand runs.
const AHEAD: usize = 16 << 10;

type Line = (Key, u64, Option<String>, i64, Option<String>);

/// Sorted objects on disk.
struct Run(Lines<BufReader<File>>);

impl S3Client {
    /// Sends the pages of a sorted listing; an error is the last.
    pub(super) async fn send_sorted(
        &self,
        bucket: &BucketName,
        prefix: &Prefix,
        pages: mpsc::Sender<Result<ListPage, S3Error>>,
    ) {
        let context = self.context(Action::List, Some(bucket));
        let (runs, odd) = match self.runs(&context, bucket, prefix).await {
            Ok(sorted) => sorted,
            Err(error) => return drop(pages.send(Err(error)).await),
        };
        let merged = spawn_blocking(move || {
            if let Err(error) = merge(runs, odd, &context, &pages) {
                let _ = pages.blocking_send(Err(error)); // fails if nobody listens any more
            }
        });
        drop(merged.await);
    }

    /// The objects in sorted runs, and the objects whose keys Logyard cannot use.
    async fn runs(
        &self,
        context: &Context,
        bucket: &BucketName,
        prefix: &Prefix,
    ) -> Result<(Vec<Run>, Vec<OddKey>), S3Error> {
        let (mut runs, mut waiting, mut odd) = (Vec::new(), Vec::new(), Vec::new());
        let (mut tokens, hasher) = (HashSet::new(), RandomState::new());
        let mut next = Some(Start::Key(None));
        while let Some(from) = next {
            let page = self.page_in(Order::Any, bucket, prefix, &from).await?;
            if let Some(Start::Token { token, .. }) = &page.next
                && !tokens.insert(hasher.hash_one(token))
            {
                return Err(context.listing("a page leads back to one before it", None));
            }
            waiting.extend(page.objects);
            odd.extend(page.odd);
            if odd.len() > MOST_ODD {
                return Err(context.listing(&format!("more than {MOST_ODD} keys are not UTF-8, or too long"), None));
            }
            next = page.next;
            if waiting.len() >= RUN || next.is_none() {
                let objects = std::mem::take(&mut waiting);
                let run = spawn_blocking(move || write(objects)).await;
                runs.push(run.map_err(io::Error::other).and_then(|run| run).map_err(|error| on_disk(context, &error))?);
            }
        }
        Ok((runs, odd))
    }
}

fn on_disk(context: &Context, error: &io::Error) -> S3Error {
    context.error(S3Fault::Broken { why: format!("its objects could not be sorted in the temporary folder: {error}") })
}

fn write(mut objects: Vec<Listed>) -> io::Result<Run> {
    objects.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let mut file = BufWriter::new(tempfile::tempfile()?);
    for Listed { key, size, etag, modified, class } in objects {
        let line: Line = (key, size, etag.map(|etag| etag.to_string()), modified.0, class);
        serde_json::to_writer(&mut file, &line)?;
        file.write_all(b"\n")?;
    }
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(Run(BufReader::with_capacity(AHEAD, file).lines()))
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Listed>> {
        let Some(line) = self.0.next() else { return Ok(None) };
        let (key, size, etag, modified, class): Line = serde_json::from_str(&line?)?;
        let etag = etag.as_deref().and_then(ETag::parse);
        Ok(Some(Listed { key, size, etag, modified: Time(modified), class }))
    }
}

/// The next object of each run, the lowest first.
struct Merge {
    runs: Vec<Run>,
    heads: Vec<Option<Listed>>,
    lowest: BinaryHeap<Reverse<(Key, usize)>>,
}

impl Merge {
    fn of(runs: Vec<Run>) -> io::Result<Self> {
        let mut merge = Self { heads: runs.iter().map(|_| None).collect(), runs, lowest: BinaryHeap::new() };
        for index in 0..merge.runs.len() {
            merge.refill(index)?;
        }
        Ok(merge)
    }

    fn refill(&mut self, index: usize) -> io::Result<()> {
        self.heads[index] = self.runs[index].next()?;
        self.lowest.extend(self.heads[index].as_ref().map(|head| Reverse((head.key.clone(), index))));
        Ok(())
    }

    fn next(&mut self) -> io::Result<Option<Listed>> {
        let Some(Reverse((_, index))) = self.lowest.pop() else { return Ok(None) };
        let head = self.heads[index].take();
        self.refill(index)?;
        Ok(head)
    }
}

fn merge(
    runs: Vec<Run>,
    odd: Vec<OddKey>,
    context: &Context,
    pages: &mpsc::Sender<Result<ListPage, S3Error>>,
) -> Result<(), S3Error> {
    let failed = |error| on_disk(context, &error);
    let mut merge = Merge::of(runs).map_err(failed)?;
    let (mut objects, mut last): (Vec<Listed>, Option<Key>) = (Vec::new(), None);
    while let Some(object) = merge.next().map_err(failed)? {
        if last.as_ref() == Some(&object.key) {
            return Err(context.listing(&format!("{:?} is listed twice", object.key.as_str()), None));
        }
        last = Some(object.key.clone());
        objects.push(object);
        if objects.len() == PAGE {
            let (objects, next) = (std::mem::take(&mut objects), Some(Start::Key(None)));
            let page = ListPage { objects, odd: Vec::new(), next };
            if pages.blocking_send(Ok(page)).is_err() {
                return Ok(());
            }
        }
    }
    let _ = pages.blocking_send(Ok(ListPage { objects, odd, next: None })); // or nobody listens any more
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn object(key: &str, size: u64) -> Listed {
        let class = size.is_multiple_of(2).then(|| "GLACIER".to_owned());
        Listed { key: key.parse().unwrap(), size, etag: ETag::parse("e"), modified: Time(7), class }
    }

    fn merged(runs: Vec<Vec<Listed>>) -> Result<Vec<Listed>, S3Error> {
        let (sender, mut pages) = mpsc::channel(1_000);
        let runs = runs.into_iter().map(|run| write(run).unwrap()).collect();
        merge(runs, Vec::new(), &Context::for_tests(), &sender)?;
        let (mut all, mut ended) = (Vec::new(), false);
        while let Ok(page) = pages.try_recv() {
            let page = page?;
            assert!(!ended, "nothing comes after the last page");
            ended = page.next.is_none();
            all.extend(page.objects);
        }
        assert!(ended);
        Ok(all)
    }

    proptest! {
        #[test]
        fn merged_runs_are_complete_and_in_order(
            keys in proptest::collection::btree_set("\\PC{1,9}|[\u{1}-\u{20}]{1,3}", 0..60), cuts: u8
        ) {
            let mut objects: Vec<Listed> = (0..).zip(&keys).map(|(size, key)| object(key, size)).collect();
            let sorted = objects.clone();
            objects.reverse();
            let runs = objects.chunks(usize::from(cuts % 7) + 1).map(<[Listed]>::to_vec).collect();
            prop_assert_eq!(merged(runs).unwrap(), sorted);
        }
    }

    #[test]
    fn duplicate_key_is_an_error() {
        let twice = merged(vec![vec![object("a", 1), object("b", 1)], vec![object("a", 2)]]);
        assert!(twice.unwrap_err().to_string().contains("\"a\" is listed twice"));
    }
}
