//! What the attribute makes of a function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemFn, ReturnType, parse2};

use crate::options::Options;

/// The test, or the error that says what does not fit, beside the function as it is, so that nothing else is complained of.
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
    let Options { seeds, max_failures, threads, isolate, check_determinism } = options;
    let (start, end) = (seeds.start, seeds.end);
    let threads = threads
        .map_or_else(|| quote! { ::core::option::Option::None }, |threads| quote! { ::core::option::Option::Some(#threads) });
    let text = name.to_string();
    // Where the call stands is where the test panics: at the function.
    let call = quote_spanned! { name.span() => ::cluster_sim::test_macro::#entry(&test, #name) };
    Ok(quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #name() {
            fn #name(#inputs) #output #block
            let test = ::cluster_sim::test_macro::TestCase {
                package: ::core::env!("CARGO_PKG_NAME"),
                module: ::core::module_path!(),
                name: #text,
                seeds: #start..#end,
                max_failures: #max_failures,
                threads: #threads,
                isolate: #isolate,
                check_determinism: #check_determinism,
            };
            #call
        }
    })
}

/// What runs a function of that form.
fn entry(function: &ItemFn) -> syn::Result<TokenStream> {
    let sig = &function.sig;
    let refused = |span, message: &str| Err(syn::Error::new(span, message));
    if let Some(asynchronous) = &sig.asyncness {
        return refused(asynchronous.span(), "a test of a scenario is no async function; the nodes of the scenario may be");
    }
    if !sig.generics.params.is_empty() {
        return refused(sig.generics.span(), "a test of a scenario has no generics; call it from functions that name the types");
    }
    if let Some(again) = function.attrs.iter().find(|attribute| attribute.path().is_ident("test")) {
        return refused(again.span(), "leave this out: `#[cluster_sim::test]` makes it a test");
    }
    if matches!(sig.output, ReturnType::Default) {
        return refused(sig.span(), "give the `Scenario` to sweep, or take a `Seed` and give the `Report` of its run");
    }
    match sig.inputs.len() {
        0 => Ok(quote! { scenario_test }),
        1 => Ok(quote! { report_test }),
        _ => refused(sig.inputs.span(), "take nothing and give a `Scenario`, or take one `Seed` and give the `Report` of its run"),
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
    #[case("fn a() -> Scenario { b() }", "test_macro :: scenario_test (& test , a)")]
    #[case("fn a(seed: Seed) -> Report { b(seed) }", "test_macro :: report_test (& test , a)")]
    #[case("#[should_panic] pub fn a() -> Scenario { b() }", "# [should_panic] # [:: core :: prelude :: v1 :: test] pub fn a ()")]
    fn a_function_becomes_a_test(#[case] function: &str, #[case] holds: &str) {
        let text = text("seeds = 7", function);
        assert!(text.contains(holds) && text.contains("seeds : 0u64 .. 7u64"), "{text}");
        assert!(!text.contains("compile_error"), "{text}");
    }

    #[rstest]
    #[case("async fn a() -> Scenario { b() }", "is no async function")]
    #[case("fn a<T>() -> Scenario { b() }", "has no generics")]
    #[case("fn a() { b() }", "give the `Scenario` to sweep")]
    #[case("fn a(seed: Seed, more: u8) -> Report { b() }", "take nothing and give a `Scenario`")]
    #[case("#[test] fn a() -> Scenario { b() }", "leave this out")]
    #[case("struct A;", "expected `fn`")]
    fn what_cannot_be_one_is_refused_and_stays_as_it_is(#[case] function: &str, #[case] says: &str) {
        let text = text("", function);
        assert!(text.contains("compile_error") && text.contains(says), "{text}");
        let same: TokenStream = function.parse().unwrap();
        assert!(text.ends_with(&same.to_string()), "{text}");
    }

    #[test]
    fn options_that_do_not_fit_are_refused() {
        assert!(text("seed = 7", "fn a() -> Scenario { b() }").contains("`seed` is no option"));
    }
}
