//! The upper limit for `make bench-ship`: decompresses the same objects with the library that Logyard uses and copies the
//! bytes once, nothing else. Arguments: gzip files. Prints the number of decompressed bytes.

use std::{env, fs, hint::black_box, io::Read};

use flate2::bufread::MultiGzDecoder;

fn main() {
    let mut chunk = vec![0; 256 * 1024]; // the engine's read size
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
