#!/bin/sh
# Stands in for valgrind: says that every event took as many instructions as $FAKE_STATE/instructions, beside what a start takes.
# Every second call stands for the longer run of a pair; $FAKE_STATE/events holds how many events the next one has.
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
