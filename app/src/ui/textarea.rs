//! What a `textarea` holds, as HTML of our own: Leptos takes a text inside one for harmless, and does not escape it.
//!
//! Always: whatever was typed stays text. Every `inner_html` of a page comes from here.

/// The text, to be given to `inner_html`.
pub fn in_textarea(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_cannot_leave_the_field() {
        assert_eq!(in_textarea("</textarea><b>&"), "&lt;/textarea>&lt;b>&amp;");
    }
}
