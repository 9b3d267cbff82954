//! Rust source as a flat list of tokens.
//!
//! Rules that search code for words read tokens instead of text: a comment or a string with `println!` in it is not a call, and unusual
//! spacing does not hide one.

use proc_macro2::{Delimiter, LexError, Spacing, TokenStream, TokenTree};

/// A token or a delimiter. `::` and `'lifetime` are one token each; any other sign is a token of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// As written.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
}

/// The tokens of a source, comments left out. A doc comment is the attribute that it stands for.
///
/// # Errors
///
/// The text is not Rust.
pub fn tokens(source: &str) -> Result<Vec<Token>, LexError> {
    let mut found = Vec::new();
    flatten(source.parse()?, &mut found);
    Ok(found)
}

fn flatten(stream: TokenStream, found: &mut Vec<Token>) {
    // The sign that may begin the next token: the first colon of a path, the tick of a lifetime.
    let mut joint = None;
    for tree in stream {
        let line = tree.span().start().line;
        let before = joint.take();
        let text = match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                found.push(Token { text: open.to_owned(), line });
                flatten(group.stream(), found);
                found.push(Token { text: close.to_owned(), line: group.span_close().start().line });
                continue;
            }
            TokenTree::Punct(punct) => {
                let sign = punct.as_char();
                if !(before == Some(':') && sign == ':') && punct.spacing() == Spacing::Joint {
                    joint = Some(sign);
                }
                sign.to_string()
            }
            TokenTree::Ident(word) => word.to_string(),
            TokenTree::Literal(literal) => literal.to_string(),
        };
        let completes = match before {
            Some(':') => text == ":",
            Some('\'') => true,
            _ => false,
        };
        match found.last_mut() {
            Some(last) if completes => last.text.push_str(&text),
            _ => found.push(Token { text, line }),
        }
    }
}

/// The indices where a pattern begins; its tokens are separated by spaces: `"static mut"`, `"std :: env"`, `"# [ ignore ]"`.
pub fn occurrences(tokens: &[Token], pattern: &str) -> Vec<usize> {
    let wanted: Vec<&str> = pattern.split_whitespace().collect();
    assert!(!wanted.is_empty(), "an empty pattern occurs everywhere");
    let matches = |window: &[Token]| window.iter().zip(&wanted).all(|(token, wanted)| token.text == *wanted);
    tokens.windows(wanted.len()).enumerate().filter(|(_, window)| matches(window)).map(|(index, _)| index).collect()
}

/// The index of the delimiter that closes the one at `open`.
pub fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    panic!("the lexer refuses source whose delimiters do not match")
}

/// The names of the functions that an attribute makes tests, in order.
pub fn test_functions(tokens: &[Token]) -> impl Iterator<Item = &Token> {
    let functions = tokens.windows(2).enumerate().filter(|(_, pair)| pair[0].text == "fn");
    functions.filter(|(index, _)| is_test(&tokens[..*index])).map(|(_, pair)| &pair[1])
}

/// Whether the function whose declaration follows these tokens carries an attribute that makes it a test.
fn is_test(before: &[Token]) -> bool {
    let words = |token: &&Token| matches!(token.text.as_str(), "pub" | "async" | "const");
    let mut rest = &before[..before.len() - before.iter().rev().take_while(words).count()];
    while rest.last().is_some_and(|token| token.text == "]") {
        let mut depth = 0;
        let opens = rest.iter().rposition(|token| {
            match token.text.as_str() {
                "]" => depth += 1,
                "[" => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let open = opens.expect("the lexer refuses source whose brackets do not match");
        let path = rest[open + 1..].iter().take_while(|token| !matches!(token.text.as_str(), "(" | "]" | "="));
        if path.last().is_some_and(|word| matches!(word.text.as_str(), "test" | "rstest")) {
            return true;
        }
        // A `#` precedes the bracket.
        rest = &rest[..open.saturating_sub(1)];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str, pattern: &str) -> Vec<usize> {
        let tokens = tokens(source).expect("the sample is Rust");
        occurrences(&tokens, pattern).into_iter().map(|index| tokens[index].line).collect()
    }

    #[test]
    fn spacing_does_not_hide_code() {
        assert_eq!(lines("fn f() {\n    std :: env::var(\"A\");\n    std::\n        env::vars();\n}", "std :: env"), [2, 3]);
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        let source = "//! std::env\n/// std::env\nfn f() -> &'static str {\n    // std::env\n    /* std::env */ r#\"std::env\"#\n}";
        assert_eq!(lines(source, "std :: env"), [0usize; 0]);
    }

    #[test]
    fn a_pattern_does_not_match_part_of_a_word() {
        assert_eq!(lines("use cluster_sim_node::Machine;", "cluster_sim"), [0usize; 0]);
    }

    #[test]
    fn a_lifetime_is_not_a_keyword() {
        assert_eq!(lines("fn f(a: &'static mut u8) {}", "static mut"), [0usize; 0]);
        assert_eq!(lines("static mut A: u8 = 0;", "static mut"), [1]);
    }

    #[test]
    fn the_closing_delimiter_of_a_group_is_found() {
        let tokens = tokens("f(a, [b]) { c }").expect("the sample is Rust");
        assert_eq!(tokens[closing(&tokens, 1)].text, ")");
        assert_eq!(closing(&tokens, 1), 7);
    }
}
