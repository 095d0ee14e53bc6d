//! What a site is made of, read whole: the compiled wasm, the style sheets, the public files, and a fingerprint of all.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::fingerprint::Fingerprint;

pub struct Inputs {
    /// As the compiler left it, before wasm-bindgen.
    pub wasm: Vec<u8>,
    /// The files of `style/` in the order of their names, which is the order of the cascade.
    pub css: String,
    /// Name and content of each file of `public/`, served under `/` as they are.
    pub public: Vec<(String, Vec<u8>)>,
    /// Changes when one of them does, or this program. Hexadecimal.
    pub fingerprint: String,
}

impl Inputs {
    pub fn read(root: &Path, wasm: Vec<u8>) -> Result<Self> {
        let mut css = String::new();
        for (name, content) in files(&root.join("style"))? {
            if Path::new(&name).extension().is_some_and(|extension| extension == "css") {
                css.push_str(str::from_utf8(&content).with_context(|| format!("style/{name} is not UTF-8"))?);
                css.push('\n');
            }
        }
        let public = files(&root.join("public"))?;

        let program = fs::read(std::env::current_exe()?)?;
        let built = Fingerprint::default().with(&program).with(&wasm).with(css.as_bytes());
        let fingerprint =
            public.iter().fold(built, |all, (name, content)| all.with(name.as_bytes()).with(content)).to_string();
        Ok(Self { wasm, css, public, fingerprint })
    }
}

/// Name and content of every visible file right in `folder`, ordered by name.
fn files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().into_string().ok().context("a file name is not UTF-8")?;
        if entry.file_type()?.is_file() && !name.starts_with('.') {
            files.push((name, fs::read(entry.path())?));
        }
    }
    files.sort();
    Ok(files)
}
