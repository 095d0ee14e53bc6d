//! Text of an error as a sentence.

/// The text with a capital first letter and a full stop. A first word that is not plain letters, such as a key or a
/// URL, keeps its case.
pub fn sentence(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let is_word = first.chars().all(|letter| letter.is_ascii_lowercase() || letter == ',');
    let mut letters = text.chars();
    let mut sentence: String = match letters.next() {
        Some(letter) if is_word => letter.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    };
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_changes_case_and_end_only_where_needed() {
        assert_eq!(sentence("bucket logs is away"), "Bucket logs is away.");
        assert_eq!(sentence("Of 3 objects: 1 missing."), "Of 3 objects: 1 missing.");
        assert_eq!(sentence("a/b.gz: not found"), "a/b.gz: not found.");
        assert_eq!(sentence("https://x does not answer"), "https://x does not answer.");
    }
}
