#!/bin/sh
# A fake valgrind: reports $FAKE_STATE/instructions per event plus a constant for the start. Every second call is the longer
# run of a pair; $FAKE_STATE/events holds the number of events of the next one.
[ "$1" = --version ] && exit 0
printf 'valgrind %s\n' "$*" >> "$FAKE_STATE/calls"
read -r each < "$FAKE_STATE/instructions"
read -r events < "$FAKE_STATE/events"
printf '%s\n' $((4000 - events)) > "$FAKE_STATE/events"
for word in "$@"; do
    case "$word" in
        --callgrind-out-file=*) printf 'version: 1\ntotals: %s\n' $((5000 + events * each)) > "${word#*=}" ;;
    esac
done
printf 'w1 runs=1 events=%s digest=0000000000000000\n' "$events"
