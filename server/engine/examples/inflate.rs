//! The limit that `make bench-ship` holds shipping against: the same objects uncompressed and copied once, and nothing
//! else. Arguments: gzip files. Prints how many plain bytes they hold.

use std::{env, fs, hint::black_box};

use engine::ship::Inflater;

fn main() {
    let mut chunk = vec![0; 64 * 1024];
    let mut copy = vec![0; chunk.len()];
    let mut plain = 0;
    for file in env::args().skip(1) {
        let object = fs::read(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (mut inflater, mut bytes) = (Inflater::default(), object.as_slice());
        loop {
            let written = inflater.inflate(&mut bytes, &mut chunk).unwrap_or_else(|error| panic!("{file}: {error}"));
            if written == 0 && bytes.is_empty() {
                break;
            }
            copy[..written].copy_from_slice(&chunk[..written]);
            black_box(&copy);
            plain += written;
        }
    }
    println!("{plain}");
}
