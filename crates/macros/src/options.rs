//! Parses the arguments of the attribute.

use std::ops::Range;
use std::time::Duration;

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitBool, LitInt, LitStr, Path, Token};

/// Number of seeds by default.
const SEEDS: u64 = 64;

/// Every option, in the order of the documentation.
const NAMES: [&str; 12] = [
    "seeds",
    "max_failures",
    "threads",
    "isolate",
    "check_determinism",
    "require_coverage",
    "require_sometimes",
    "max_time",
    "minimize",
    "minimize_runs",
    "minimize_time",
    "crate",
];

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    pub(crate) seeds: Range<u64>,
    pub(crate) max_failures: usize,
    /// `None` leaves it to the scenario.
    pub(crate) threads: Option<usize>,
    pub(crate) isolate: bool,
    pub(crate) check_determinism: bool,
    pub(crate) require_coverage: bool,
    pub(crate) require_sometimes: bool,
    pub(crate) max_time: Option<Duration>,
    pub(crate) minimize_runs: Option<u64>,
    pub(crate) minimize_time: Option<Duration>,
    /// Where the expansion finds cluster-sim.
    pub(crate) cluster_sim: Path,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seeds: 0..SEEDS,
            max_failures: 1,
            threads: None,
            isolate: false,
            check_determinism: true,
            require_coverage: false,
            require_sometimes: false,
            max_time: None,
            minimize_runs: None,
            minimize_time: None,
            cluster_sim: syn::parse_quote!(::cluster_sim),
        }
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        let mut given: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            // A keyword, as `crate`, is the name of an option too.
            let name = input.call(Ident::parse_any)?;
            if given.contains(&name) {
                return Err(syn::Error::new(name.span(), format!("`{name}` is given more than once; remove one")));
            }
            if !NAMES.contains(&name.to_string().as_str()) {
                return Err(syn::Error::new(name.span(), unknown(&name.to_string())));
            }
            input.parse::<Token![=]>()?;
            options.set(&name, &given, input)?;
            given.push(name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl Options {
    /// Parses the value of an option; `given` are those before it.
    fn set(&mut self, name: &Ident, given: &[Ident], input: ParseStream<'_>) -> syn::Result<()> {
        let was_off = self.minimize_runs == Some(0);
        match name.to_string().as_str() {
            "seeds" => self.seeds = seeds(input)?,
            "max_failures" => self.max_failures = count(input, "max_failures")?,
            "threads" => self.threads = Some(count(input, "threads")?),
            "isolate" => self.isolate = flag(input)?,
            "check_determinism" => self.check_determinism = flag(input)?,
            "require_coverage" => self.require_coverage = flag(input)?,
            "require_sometimes" => self.require_sometimes = flag(input)?,
            "max_time" => self.max_time = Some(time(input, "max_time")?),
            "minimize_runs" => self.minimize_runs = Some(count(input, "minimize_runs")? as u64),
            "minimize_time" => self.minimize_time = Some(time(input, "minimize_time")?),
            "crate" => self.cluster_sim = path(input)?,
            _ => {
                if !flag(input)? {
                    self.minimize_runs = Some(0);
                }
            }
        }
        let of_minimizing = |name: &Ident| name.to_string().starts_with("minimize");
        let is_off = was_off || self.minimize_runs == Some(0);
        match given.iter().find(|earlier| is_off && of_minimizing(name) && of_minimizing(earlier)) {
            Some(earlier) => {
                let message = format!("`{earlier}` and `{name}` contradict each other: nothing is minimized; remove one");
                Err(syn::Error::new(name.span(), message))
            }
            None => Ok(()),
        }
    }
}

/// An option that does not exist: the closest one, and all of them.
fn unknown(name: &str) -> String {
    let distance = |known: &&&str| strsim::osa_distance(name, known);
    let closest = NAMES.iter().min_by_key(distance).filter(|known| distance(known) * 3 <= name.len().max(3));
    let suggested = closest.map_or_else(String::new, |known| format!("; did you mean `{known}`"));
    format!("unknown option `{name}`{suggested}; known: `{}`", NAMES.join("`, `"))
}

fn flag(input: ParseStream<'_>) -> syn::Result<bool> {
    Ok(input.parse::<LitBool>()?.value)
}

/// Parses the path of the crate, as text, which stands for this crate in the expansion.
fn path(input: ParseStream<'_>) -> syn::Result<Path> {
    let text: LitStr = input.parse()?;
    text.parse_with(Path::parse_mod_style).map_err(|_| {
        let message =
            format!("{:?} is no path of a crate; use the name by which you import cluster-sim, such as \"sim\"", text.value());
        syn::Error::new(text.span(), message)
    })
}

/// Parses a time with its unit, as text.
fn time(input: ParseStream<'_>, name: &str) -> syn::Result<Duration> {
    let invalid = |span, value: &str| {
        let message = format!("`{name}` is {value}; use a number and a unit as text, as in \"500ms\", \"10s\" or \"2m\"");
        syn::Error::new(span, message)
    };
    let text: LitStr = input.parse().map_err(|error: syn::Error| invalid(error.span(), "no text"))?;
    let value = text.value();
    let unit = value.trim_start_matches(|character: char| character.is_ascii_digit());
    let number = value[..value.len() - unit.len()].parse::<u64>().ok();
    let milliseconds = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let time = number.zip(milliseconds).and_then(|(number, unit)| number.checked_mul(unit)).filter(|time| *time > 0);
    time.map(Duration::from_millis).ok_or_else(|| invalid(text.span(), &format!("{value:?}")))
}

/// Parses a number of seeds, or a range of them.
fn seeds(input: ParseStream<'_>) -> syn::Result<Range<u64>> {
    let no_number =
        |error: syn::Error| syn::Error::new(error.span(), "no number of seeds; use one such as 64, or a range such as 5..64");
    let first: LitInt = input.parse().map_err(no_number)?;
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
        let all = parse_str::<Options>(
            "seeds = 0x2a..64, max_failures = 3, threads = 2, isolate = true, check_determinism = false, require_coverage = true, \
             require_sometimes = true, max_time = \"2m\", minimize = true, minimize_runs = 500, minimize_time = \"1500ms\", crate = \"helper::sim\",",
        );
        let expected = Options {
            seeds: 42..64,
            max_failures: 3,
            threads: Some(2),
            isolate: true,
            check_determinism: false,
            require_coverage: true,
            require_sometimes: true,
            max_time: Some(Duration::from_secs(120)),
            minimize_runs: Some(500),
            minimize_time: Some(Duration::from_millis(1_500)),
            cluster_sim: syn::parse_quote!(helper::sim),
        };
        assert_eq!(all.unwrap(), expected);
        assert_eq!(parse_str::<Options>("seeds = 1_000").unwrap().seeds, 0..1_000);
        assert_eq!(parse_str::<Options>("minimize = false").unwrap().minimize_runs, Some(0));
    }

    #[rstest]
    #[case("seed = 3", "unknown option `seed`; did you mean `seeds`; known: `seeds`, `max_failures`, ")]
    #[case("time = 3", "unknown option `time`; known: `seeds`, ")]
    #[case("seeds = 0", "the range holds no seed")]
    #[case("seeds = 5..5", "the range holds no seed")]
    #[case("max_failures = 0", "`max_failures` is 0; use 1 or more")]
    #[case("threads = 0", "`threads` is 0; use 1 or more")]
    #[case("check_determinism = false, check_determinism = true", "`check_determinism` is given more than once")]
    #[case("seeds = -1", "`-1` is not a number")]
    #[case("isolate", "expected `=`")]
    #[case("check_determinism = 1", "expected boolean literal")]
    #[case("max_time = 10", "`max_time` is no text; use a number and a unit as text, as in \"500ms\"")]
    #[case("max_time = \"10\"", "`max_time` is \"10\"; use a number and a unit")]
    #[case("minimize_time = \"0s\"", "`minimize_time` is \"0s\"; use a number and a unit")]
    #[case("minimize_time = \"18446744073709551615h\"", "use a number and a unit")]
    #[case("minimize = false, minimize_runs = 5", "`minimize` and `minimize_runs` contradict each other")]
    #[case("minimize_time = \"1s\", minimize = false", "`minimize_time` and `minimize` contradict each other")]
    #[case("minimize_runs = 0", "`minimize_runs` is 0; use 1 or more")]
    #[case("crate = \"a b\"", "\"a b\" is no path of a crate; use the name by which you import cluster-sim")]
    fn an_invalid_option_yields_an_error_with_a_fix(#[case] text: &str, #[case] expected: &str) {
        let message = parse_str::<Options>(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}
