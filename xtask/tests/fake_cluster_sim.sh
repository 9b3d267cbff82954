#!/bin/sh
# Stands in for the command line: prints $FAKE_STATE/digests-THREADS for `digests --threads THREADS`.
while IFS= read -r line; do printf '%s\n' "$line"; done < "$FAKE_STATE/digests-$3"
