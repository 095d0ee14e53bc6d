//! Takes the site that the crate `bundle` built into the binary, as a table of `include_bytes!`.
//!
//! Where there is no site yet, as in a test build of a fresh clone, the table is empty: the server then renders its
//! pages without script and style.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let site = target_dir(&out)?.join("site");
    // Cargo can only watch what exists.
    fs::create_dir_all(&site)?;
    println!("cargo::rerun-if-changed={}", site.display());
    println!("cargo::rerun-if-changed=build.rs");

    let mut files = Vec::new();
    collect(&site, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let path = file.strip_prefix(&site)?.to_str().ok_or("a file of the site has a name that is not UTF-8")?;
        let place = file.to_str().ok_or("the target directory has a name that is not UTF-8")?;
        writeln!(table, "    ({path:?}, include_bytes!({place:?})),")?;
    }
    table.push(']');
    fs::write(out.join("site.rs"), table)?;
    Ok(())
}

/// `OUT_DIR` is `<target directory>[/<triple>]/<profile>/build/…`.
fn target_dir(out: &Path) -> Result<&Path, Box<dyn Error>> {
    let build = out.ancestors().find(|path| path.ends_with("build")).ok_or("OUT_DIR has no folder `build`")?;
    let above_profile = build.ancestors().nth(2).ok_or("OUT_DIR lies too high")?;
    if above_profile.file_name() == env::var_os("TARGET").as_deref() {
        return above_profile.parent().ok_or_else(|| "OUT_DIR lies too high".into());
    }
    Ok(above_profile)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
