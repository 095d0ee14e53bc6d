//! Escapes the content of a `textarea`, because Leptos does not.
//!
//! Always: user input stays text. Every `inner_html` of a page comes from here.

/// Escapes a text for `inner_html` of a `textarea`.
pub fn in_textarea(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_cannot_close_the_textarea() {
        assert_eq!(in_textarea("</textarea><b>&"), "&lt;/textarea>&lt;b>&amp;");
    }
}
