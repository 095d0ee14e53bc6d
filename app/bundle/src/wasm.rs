//! From the crate `hydrate` to a wasm module and the JavaScript that loads it.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm";

pub struct Page {
    /// An ES module: its default export loads the wasm from the URL it is given, then `hydrate()` takes over the page.
    pub js: String,
    pub wasm: Vec<u8>,
}

/// Compiles `hydrate`; cargo itself knows whether anything changed.
pub fn compile(root: &Path, target_dir: &Path) -> Result<Vec<u8>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--package", "hydrate", "--target", TARGET, "--profile", PROFILE, "--target-dir"])
        .arg(target_dir)
        .current_dir(root)
        .stdin(Stdio::null())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("compiling the interface to wasm failed");
    }
    let module = target_dir.join(TARGET).join(PROFILE).join("hydrate.wasm");
    fs::read(&module).with_context(|| format!("cannot read {}", module.display()))
}

/// Fails when a dependency brings JavaScript files of its own: they would need names by content, and nothing here does.
pub fn bind(module: Vec<u8>) -> Result<Page> {
    let mut output = Bindgen::new()
        .input_bytes("hydrate", module)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()?;
    let inline = output.snippets().iter().filter(|(_, scripts)| !scripts.is_empty()).map(|(name, _)| name);
    let scripts: Vec<&String> = inline.chain(output.local_modules().keys()).collect();
    if !scripts.is_empty() {
        bail!("these dependencies bring JavaScript files, which the bundle does not serve: {scripts:?}");
    }
    let js = output.js().to_owned();
    Ok(Page { js, wasm: output.wasm_mut().emit_wasm() })
}
