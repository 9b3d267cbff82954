//! Expands the attribute into a test function.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemFn, Path, ReturnType, parse2};

use crate::options::Options;

/// Returns the test, or an error beside the unchanged function.
///
/// Keeping the function prevents further errors about a missing name.
pub(crate) fn expanded(options: TokenStream, function: TokenStream) -> TokenStream {
    let expanded = parse2::<ItemFn>(function.clone()).and_then(|item| test(&parse2::<Options>(options)?, &item));
    expanded.unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote! { #error #function }
    })
}

fn test(options: &Options, function: &ItemFn) -> syn::Result<TokenStream> {
    let entry = entry(function)?;
    let ItemFn { attrs, vis, sig, block } = function;
    let (name, inputs, output) = (&sig.ident, &sig.inputs, &sig.output);
    let Options { max_failures, isolate, check_determinism, require_coverage, require_sometimes, .. } = options;
    let (start, end) = (options.seeds.start, options.seeds.end);
    let threads = optional(options.threads);
    let minimize_runs = optional(options.minimize_runs);
    let [max_time, minimize_time] = [options.max_time, options.minimize_time].map(|time| optional(time.map(milliseconds)));
    let text = name.to_string();
    // The span of the call is where the test panics: at the function.
    let cluster_sim = spanned_at(name.span(), &options.cluster_sim);
    let test_macro = quote_spanned! { name.span() => #cluster_sim::explore::test_macro };
    // All in one expression, since a variable could have the name of the function.
    let test = quote! {
        #test_macro::TestCase {
            package: ::core::env!("CARGO_PKG_NAME"),
            module: ::core::module_path!(),
            name: #text,
            seeds: #start..#end,
            max_failures: #max_failures,
            threads: #threads,
            isolate: #isolate,
            check_determinism: #check_determinism,
            require_coverage: #require_coverage,
            require_sometimes: #require_sometimes,
            max_time_ms: #max_time,
            minimize_runs: #minimize_runs,
            minimize_time_ms: #minimize_time,
        }
    };
    let call = quote_spanned! { name.span() => #test_macro::#entry(&#test, #name) };
    Ok(quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #name() {
            fn #name(#inputs) #output #block
            #call
        }
    })
}

/// An `Option` of a literal.
fn optional(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote! { ::core::option::Option::Some(#value) },
        None => quote! { ::core::option::Option::None },
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The tokens of a path, all at one place.
fn spanned_at(span: Span, path: &Path) -> TokenStream {
    path.to_token_stream()
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

/// Selects the entry point by the form of the function.
fn entry(function: &ItemFn) -> syn::Result<TokenStream> {
    let sig = &function.sig;
    let error = |span, message: &str| Err(syn::Error::new(span, message));
    if let Some(asynchronous) = &sig.asyncness {
        return error(asynchronous.span(), "a scenario test cannot be an async function; its nodes can");
    }
    if !sig.generics.params.is_empty() {
        return error(sig.generics.span(), "a scenario test cannot have generics; call it from functions that name the types");
    }
    if let Some(attribute) = function.attrs.iter().find(|attribute| attribute.path().is_ident("test")) {
        return error(attribute.span(), "remove this: `#[cluster_sim::test]` makes it a test");
    }
    if matches!(sig.output, ReturnType::Default) {
        return error(
            sig.span(),
            "return the `Scenario` to sweep, or take a `Seed` or a `Trial` and return the `Report` of its run",
        );
    }
    match sig.inputs.len() {
        0 => Ok(quote! { scenario_test }),
        1 => Ok(quote! { report_test }),
        _ => {
            let cure = "take nothing and return a `Scenario`, or take one `Seed` or `Trial` and return the `Report` of its run";
            error(sig.inputs.span(), cure)
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn text(options: &str, function: &str) -> String {
        expanded(options.parse().unwrap(), function.parse().unwrap()).to_string()
    }

    #[rstest]
    #[case("fn a() -> Scenario { b() }", ":: cluster_sim :: explore :: test_macro :: scenario_test (& ")]
    #[case("fn a(seed: Seed) -> Report { b(seed) }", "test_macro :: report_test (& ")]
    #[case("fn a(trial: Trial) -> Report { b(trial) }", "test_macro :: report_test (& ")]
    #[case("#[should_panic] pub fn a() -> Scenario { b() }", "# [should_panic] # [:: core :: prelude :: v1 :: test] pub fn a ()")]
    fn a_function_becomes_a_test(#[case] function: &str, #[case] expected: &str) {
        let text = text("seeds = 7", function);
        assert!(text.contains(expected) && text.contains("seeds : 0u64 .. 7u64"), "{text}");
        assert!(!text.contains("compile_error"), "{text}");
    }

    #[rstest]
    #[case("async fn a() -> Scenario { b() }", "cannot be an async function")]
    #[case("fn a<T>() -> Scenario { b() }", "cannot have generics")]
    #[case("fn a() { b() }", "return the `Scenario` to sweep")]
    #[case("fn a(seed: Seed, more: u8) -> Report { b() }", "take nothing and return a `Scenario`")]
    #[case("#[test] fn a() -> Scenario { b() }", "remove this")]
    #[case("struct A;", "expected `fn`")]
    fn an_unsuitable_function_yields_an_error_and_stays_unchanged(#[case] function: &str, #[case] message: &str) {
        let text = text("", function);
        assert!(text.contains("compile_error") && text.contains(message), "{text}");
        let unchanged: TokenStream = function.parse().unwrap();
        assert!(text.ends_with(&unchanged.to_string()), "{text}");
    }

    #[test]
    fn every_path_is_absolute_or_that_of_the_option() {
        let expanded = text("crate = \"helper::sim\", minimize = false, max_time = \"1m\"", "fn test() -> Scenario { b() }");
        let expected = "fn test () { fn test () -> Scenario { b () } helper :: sim :: explore :: test_macro :: scenario_test (& ";
        assert!(expanded.contains(expected) && !expanded.contains("cluster_sim"), "{expanded}");
        let expected = "max_time_ms : :: core :: option :: Option :: Some (60000u64) , minimize_runs : :: core :: option :: Option :: Some (0u64) ,";
        assert!(expanded.contains(expected) && !expanded.contains("let "), "{expanded}");
    }

    #[test]
    fn an_unknown_option_is_an_error() {
        assert!(text("seed = 7", "fn a() -> Scenario { b() }").contains("unknown option `seed`"));
    }
}
