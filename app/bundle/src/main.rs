//! Builds what a browser downloads: `<target directory>/site`, which the server's build script takes into the binary.
//!
//! It compiles the crate `hydrate` to wasm, lets wasm-bindgen (as a library, so that its version is the locked one)
//! write the JavaScript around it, joins the style sheets, names these three by their content, and stores every file
//! plain, with Brotli and with gzip. `cargo leptos` does the same and takes ten minutes to install on two cores.
//!
//! Always: the folder changes as a whole, or not at all. The same inputs give the same names. A wasm over [`BUDGET`]
//! is an error, not a warning: a page that grew is noticed on the day it grew.

mod fingerprint;
mod inputs;
mod site;
mod wasm;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};

use crate::{inputs::Inputs, site::Site};

/// Bytes of wasm after Brotli: a second on a poor mobile line.
const BUDGET: usize = 120_000;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bundle: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    // As Cargo says now, not as it said when this was compiled: checkouts may share a target directory.
    let package =
        env::var_os("CARGO_MANIFEST_DIR").context("to be run by Cargo: `cargo run --release --package bundle`")?;
    let root = Path::new(&package).join("../..").canonicalize()?;
    let target = target_dir()?;
    let folder = target.join("site");

    let inputs = Inputs::read(&root, wasm::compile(&root, &target)?)?;
    if site::fingerprint(&folder).is_some_and(|found| found == inputs.fingerprint) {
        println!("bundle: {} is up to date", folder.display());
        return Ok(());
    }

    let site = build(inputs)?;
    print!("{}", site.sizes());
    let wasm = site.compressed_wasm();
    if wasm > BUDGET {
        bail!("the wasm is {wasm} bytes after Brotli, over the budget of {BUDGET}: find what made it grow");
    }
    replace(&folder, &site)?;
    println!("bundle: wrote {}", folder.display());
    Ok(())
}

fn build(inputs: Inputs) -> Result<Site> {
    let page = wasm::bind(inputs.wasm)?;
    let mut site = Site::new(inputs.fingerprint);
    site.add_hashed("js", page.js.into_bytes())?;
    site.add_hashed("wasm", page.wasm)?;
    site.add_hashed("css", inputs.css.into_bytes())?;
    for (name, content) in inputs.public {
        site.add_public(&name, content)?;
    }
    Ok(site)
}

/// This program lies in `<target directory>/<profile>/`, however cargo was told where that is.
fn target_dir() -> Result<PathBuf> {
    let program = env::current_exe()?;
    program.ancestors().nth(2).map(Path::to_owned).context("this program does not lie in a target directory")
}

/// Writes beside the old folder first: a build that reads it meets the old files or the new ones, never some of each.
fn replace(folder: &Path, site: &Site) -> Result<()> {
    let new = folder.with_extension("new");
    let old = folder.with_extension("old");
    for leftover in [&new, &old] {
        if leftover.exists() {
            fs::remove_dir_all(leftover)?;
        }
    }
    site.write(&new)?;
    if folder.exists() {
        fs::rename(folder, &old)?;
    }
    fs::rename(&new, folder)?;
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    Ok(())
}
