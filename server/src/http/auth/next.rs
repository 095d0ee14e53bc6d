//! The page after signing in: always a path of this server, never a URL that leads to another site.

/// Returns the path, or `/` for anything else. A second slash or backslash would start a host name, and browsers drop
/// tabs and line ends before they parse.
pub(super) fn local(path: &str) -> &str {
    let is_local = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_paths_are_followed() {
        for path in ["/", "/jobs?state=failed&text=a%20b", "/jobs/0198c0de#log", "/a//b"] {
            assert_eq!(local(path), path);
        }
        for path in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "jobs", "/\n", "/é"]
        {
            assert_eq!(local(path), "/", "{path:?}");
        }
    }
}
