#!/bin/sh
# Stands in for cargo: writes down how it was called in $FAKE_STATE/calls, and plays the part that the files there ask for.
#   nextest   what `cargo nextest --version` answers; without it there is no nextest. `cargo install` writes it.
#   built     what cargo says that it built of the benches.
#   refuse    the first words of the call that fails.
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
    "install cargo-nextest --locked --version "*)
        printf 'cargo-nextest %s\n' "$5" > "$FAKE_STATE/nextest"
        ;;
    "bench -p cluster-sim-suites --bench product --no-run "*)
        read -r built < "$FAKE_STATE/built"
        printf '%s\n' "$built"
        ;;
esac
