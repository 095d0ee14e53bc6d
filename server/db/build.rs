//! A new migration is compiled in, although no Rust file names it.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
