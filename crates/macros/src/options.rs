//! Parses the arguments of the attribute.

use std::ops::Range;

use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitBool, LitInt, Token};

/// Number of seeds by default.
const SEEDS: u64 = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) seeds: Range<u64>,
    pub(crate) max_failures: usize,
    /// `None` leaves it to the scenario.
    pub(crate) threads: Option<usize>,
    pub(crate) isolate: bool,
    pub(crate) check_determinism: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { seeds: 0..SEEDS, max_failures: 1, threads: None, isolate: false, check_determinism: true }
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        let mut given: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            if given.contains(&name) {
                return Err(syn::Error::new(name.span(), format!("`{name}` is given more than once; remove one")));
            }
            input.parse::<Token![=]>()?;
            match name.to_string().as_str() {
                "seeds" => options.seeds = seeds(input)?,
                "max_failures" => options.max_failures = count(input, "max_failures")?,
                "threads" => options.threads = Some(count(input, "threads")?),
                "isolate" => options.isolate = input.parse::<LitBool>()?.value,
                "check_determinism" => options.check_determinism = input.parse::<LitBool>()?.value,
                other => {
                    let message = format!(
                        "unknown option `{other}`; use `seeds`, `max_failures`, `threads`, `isolate` or `check_determinism`"
                    );
                    return Err(syn::Error::new(name.span(), message));
                }
            }
            given.push(name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// Parses a number of seeds, or a range of them.
fn seeds(input: ParseStream<'_>) -> syn::Result<Range<u64>> {
    let first: LitInt = input.parse()?;
    let number = number(&first)?;
    let seeds = if input.peek(Token![..]) && !input.peek(Token![..=]) {
        input.parse::<Token![..]>()?;
        number..self::number(&input.parse()?)?
    } else {
        0..number
    };
    if seeds.is_empty() {
        let message =
            "the range holds no seed, and a test without seeds proves nothing; use a number such as 64, or a range such as 5..64";
        return Err(syn::Error::new(first.span(), message));
    }
    Ok(seeds)
}

fn count(input: ParseStream<'_>, name: &str) -> syn::Result<usize> {
    let literal: LitInt = input.parse()?;
    match usize::try_from(number(&literal)?) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(syn::Error::new(literal.span(), format!("`{name}` is {literal}; use 1 or more"))),
    }
}

fn number(literal: &LitInt) -> syn::Result<u64> {
    let invalid =
        |_| syn::Error::new(literal.span(), format!("`{literal}` is not a number from 0 to 2^64 - 1; use one such as 64"));
    literal.base10_parse().map_err(invalid)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use syn::parse_str;

    use super::*;

    #[test]
    fn every_option_is_parsed() {
        assert_eq!(parse_str::<Options>("").unwrap(), Options::default());
        let all =
            parse_str::<Options>("seeds = 0x2a..64, max_failures = 3, threads = 2, isolate = true, check_determinism = false,")
                .unwrap();
        assert_eq!(all, Options { seeds: 42..64, max_failures: 3, threads: Some(2), isolate: true, check_determinism: false });
        assert_eq!(parse_str::<Options>("seeds = 1_000").unwrap().seeds, 0..1_000);
    }

    #[rstest]
    #[case("seed = 3", "unknown option `seed`; use `seeds`,")]
    #[case("seeds = 0", "the range holds no seed")]
    #[case("seeds = 5..5", "the range holds no seed")]
    #[case("max_failures = 0", "`max_failures` is 0; use 1 or more")]
    #[case("threads = 0", "`threads` is 0; use 1 or more")]
    #[case("check_determinism = false, check_determinism = true", "`check_determinism` is given more than once")]
    #[case("seeds = -1", "`-1` is not a number")]
    #[case("isolate", "expected `=`")]
    #[case("check_determinism = 1", "expected boolean literal")]
    fn an_invalid_option_yields_an_error_with_a_fix(#[case] text: &str, #[case] expected: &str) {
        let message = parse_str::<Options>(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}
