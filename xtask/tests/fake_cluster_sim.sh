#!/bin/sh
# Stands in for the command line. For `digests --threads THREADS` it prints $FAKE_STATE/digests-THREADS; for `run` it writes down how it
# was called in $FAKE_STATE/calls, and plays the part that the files there ask for.
#   slow       how many seconds a run takes.
#   slow-once  the first run does not: it takes this file away.
#   fails      a run fails.
if [ "$1" = run ]; then
    printf '%s\n' "$*" >> "$FAKE_STATE/calls"
    [ ! -e "$FAKE_STATE/fails" ] || exit 3
    if [ -e "$FAKE_STATE/slow-once" ]; then
        /bin/rm "$FAKE_STATE/slow-once"
    elif [ -e "$FAKE_STATE/slow" ]; then
        read -r seconds < "$FAKE_STATE/slow"
        /bin/sleep "$seconds"
    fi
    exit 0
fi
while IFS= read -r line; do printf '%s\n' "$line"; done < "$FAKE_STATE/digests-$3"
