//! Checks a file that is written at the end of a command before the command starts.

use std::{
    fs::{OpenOptions, remove_file},
    path::Path,
};

/// Fails if the file cannot be written. Leaves it as it is; what is not a plain file, such as a pipe, is not opened.
pub fn check_writable(option: &str, path: &Path) -> Result<(), String> {
    let exists = path.exists();
    if exists && !path.is_file() && !path.is_dir() {
        return Ok(());
    }
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map_err(|error| {
        format!(
            "{option} {} cannot be written: {error}. Name a file in a folder that exists and is yours",
            path.display()
        )
    })?;
    if !exists {
        let _ = remove_file(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_leaves_files_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("failed.ndjson");
        check_writable("--failures", &file).unwrap();
        assert!(!file.exists());
        std::fs::write(&file, "old").unwrap();
        check_writable("--failures", &file).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"old");
        let refused = check_writable("--failures", &folder.path().join("none/failed.ndjson")).unwrap_err();
        assert!(refused.starts_with("--failures ") && refused.contains("none/failed.ndjson"), "{refused}");
        assert!(check_writable("--failures", folder.path()).is_err());
    }
}
