//! Normalises texts that differ only in numbers and nodes.

/// Replaces words with a digit, hexadecimal words of 8 digits and more, and lists of them by `#`.
///
/// For example `n0, n1 and n3 lead term 4` becomes `# lead term #`.
pub fn without_numbers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = word_length(rest);
        let (word, after) = rest.split_at(if length == 0 { first.len_utf8() } else { length });
        let is_number = word.contains(|sign: char| sign.is_ascii_digit())
            || (word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if is_number {
            let before = plain.strip_suffix(", ").or_else(|| plain.strip_suffix(" and ")).or_else(|| plain.strip_suffix(' '));
            match before.filter(|before| before.ends_with('#')).map(str::len) {
                Some(length) => plain.truncate(length),
                None => plain.push('#'),
            }
        } else {
            plain.push_str(word);
        }
        rest = after;
    }
    plain
}

/// The length in bytes of the word at the start; a point before a digit belongs to the word.
fn word_length(text: &str) -> usize {
    let is_sign = |sign: char| sign.is_alphanumeric() || sign == '_';
    let mut signs = text.char_indices().peekable();
    while let Some((index, sign)) = signs.next() {
        let joins = sign == '.' && index > 0 && signs.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !is_sign(sign) && !joins {
            return index;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("n0 and n2 both lead term 4", "# both lead term #")]
    #[case("n0, n1 and n3 lead term 0x1f", "# lead term #")]
    #[case("worker/1 shows 7.", "worker/# shows #.")]
    #[case("digest 9f263273e34a7ab1, after 2.491259s", "digest #, after #")]
    #[case("deadbeef is a number and dead is none", "# is a number and dead is none")]
    #[case("äöü: 3 µs", "äöü: # µs")]
    #[case("", "")]
    fn numbers_and_nodes_become_one_sign(#[case] text: &str, #[case] plain: &str) {
        assert_eq!(without_numbers(text), plain);
    }
}
