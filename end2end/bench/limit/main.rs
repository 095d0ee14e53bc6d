//! The limit that `make bench-ship` holds shipping against: the same objects uncompressed and copied once, by the library
//! that Logyard uses, and nothing else. Arguments: gzip files. Prints how many plain bytes they hold.

use std::{env, fs, hint::black_box, io::Read};

use flate2::bufread::MultiGzDecoder;

fn main() {
    let mut chunk = vec![0; 256 * 1024]; // what the engine reads at once
    let mut copy = vec![0; chunk.len()];
    let mut plain = 0;
    for file in env::args().skip(1) {
        let object = fs::read(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut object = MultiGzDecoder::new(object.as_slice());
        loop {
            let read = object.read(&mut chunk).unwrap_or_else(|error| panic!("{file}: {error}"));
            if read == 0 {
                break;
            }
            copy[..read].copy_from_slice(&chunk[..read]);
            black_box(&copy);
            plain += read;
        }
    }
    println!("{plain}");
}
