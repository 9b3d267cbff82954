//! Texts in pictures.

/// Pixels of a letter, for cutting texts.
pub(crate) const LETTER: usize = 7;

/// Cuts a text to the letters that fit.
pub(crate) fn cut(text: &str, pixels: usize) -> String {
    let most = (pixels / LETTER).saturating_sub(1);
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Replaces the signs that HTML gives a meaning.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
