#!/bin/sh
# A fake valgrind: reports $FAKE_STATE/instructions per event plus a constant for the start. A run of scale 0.1 has 1,000 events.
[ "$1" = --version ] && exit 0
printf 'valgrind %s\n' "$*" >> "$FAKE_STATE/calls"
read -r each < "$FAKE_STATE/instructions"
for word in "$@"; do
    case "$word" in
        --callgrind-out-file=*) file="${word#*=}" ;;
        0.?) events="${word#0.}000" ;;
        0.0?) events="${word#0.0}00" ;;
    esac
done
printf 'version: 1\ntotals: %s\n' $((5000 + events * each)) > "$file"
printf 'w1 runs=1 events=%s digest=0000000000000000\n' "$events"
