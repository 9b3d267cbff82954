#!/bin/sh
# A fake cargo: appends its arguments to $FAKE_STATE/calls. Files there select its behaviour:
#   nextest   the output of `cargo nextest --version`, which fails without it. `cargo install` writes it.
#   metadata  the output of `cargo metadata`, which fails without it.
#   built     the message about the built bench.
#   refuse    the first words of the call that must fail.
printf '%s\n' "$*" >> "$FAKE_STATE/calls"
if [ -e "$FAKE_STATE/refuse" ]; then
    read -r refused < "$FAKE_STATE/refuse"
    case "$*" in "$refused"*) exit 101 ;; esac
fi
case "$*" in
    "nextest --version")
        [ -e "$FAKE_STATE/nextest" ] || exit 101
        read -r answer < "$FAKE_STATE/nextest"
        printf '%s\n' "$answer"
        ;;
    "metadata "*)
        [ -e "$FAKE_STATE/metadata" ] || exit 101
        read -r answer < "$FAKE_STATE/metadata"
        printf '%s\n' "$answer"
        ;;
    "install cargo-nextest --locked --version "*)
        printf 'cargo-nextest %s\n' "$5" > "$FAKE_STATE/nextest"
        ;;
    "bench -p cluster-sim-cli -p cluster-sim-suites --bench product --no-run "*)
        read -r built < "$FAKE_STATE/built"
        printf '%s\n' "$built"
        ;;
esac
