//! The digest of an object that is read in order and written in parts which are not those of its source.
//!
//! An ETag holds the MD5 of an object that was written as a whole, or the digest of the digests of its parts. A copy that is
//! cut in another way gets another ETag; but its bytes still have the digest of their source, if they are those.
//!
//! Always: the result depends on the bytes and on the sizes of the source's parts only, not on where the bytes break.

use md5::{Digest, Md5};

use super::digest::{Md5Sum, of_parts};

/// The digest that an ETag holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// The digest of the digests of its parts.
    Parts(String),
    /// The MD5 of the whole.
    Whole(Md5Sum),
}

/// The digest of an object whose bytes come in order, in the form that its ETag has: of the whole, or of the pieces that it
/// was cut in, wherever the parts of its copy end.
#[derive(Clone)]
pub(super) struct Running {
    md5: Md5,
    /// Sizes of the pieces, from the last to the one under way; `None` for the whole.
    pieces: Option<Vec<u64>>,
    done: Vec<Md5Sum>,
}

impl Running {
    pub fn of_whole() -> Self {
        Self { md5: Md5::new(), pieces: None, done: Vec::new() }
    }

    pub fn of_pieces(mut sizes: Vec<u64>) -> Self {
        sizes.reverse();
        Self { pieces: Some(sizes), ..Self::of_whole() }
    }

    pub fn update(&mut self, mut bytes: &[u8]) {
        while let Some(left) = self.pieces.as_mut().and_then(|pieces| pieces.last_mut()) {
            let (now, later) = bytes.split_at(usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len())));
            self.md5.update(now);
            *left -= now.len() as u64;
            bytes = later;
            if *left > 0 {
                return;
            }
            self.done.push(self.md5.finalize_reset().into());
            self.pieces.as_mut().map(Vec::pop);
        }
        self.md5.update(bytes);
    }

    pub fn finish(self) -> Promise {
        match self.pieces {
            Some(_) => Promise::Parts(of_parts(&self.done)),
            None => Promise::Whole(self.md5.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_digested_wherever_the_bytes_break() {
        let abc: Md5Sum = Md5::digest("abc").into();
        for breaks in [&["abcabc"][..], &["a", "bcab", "c"], &["abc", "", "abc"], &["ab", "ca", "bc"]] {
            let mut running = Running::of_pieces(vec![3, 3]);
            for bytes in breaks {
                running.update(bytes.as_bytes());
            }
            assert_eq!(running.finish(), Promise::Parts(of_parts(&[abc, abc])), "{breaks:?}");
        }
        let mut whole = Running::of_whole();
        for bytes in ["a", "bc"] {
            whole.update(bytes.as_bytes());
        }
        assert_eq!(whole.finish(), Promise::Whole(abc));
    }
}
