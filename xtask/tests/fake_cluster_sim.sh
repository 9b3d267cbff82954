#!/bin/sh
# A fake cluster-sim. `digests --threads THREADS` prints $FAKE_STATE/digests-THREADS; `run` appends its arguments to
# $FAKE_STATE/calls. Files there select its behaviour:
#   slow       the seconds that a run takes.
#   slow-once  the first run is fast; it removes this file.
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
