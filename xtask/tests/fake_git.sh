#!/bin/sh
# A fake git. Files in $FAKE_STATE select its behaviour:
#   upstream  the commit at which the branch left its upstream; without it there is no upstream.
#   diff-C    the files changed since the commit C; without it `git diff` fails.
#   new       the files that are not committed yet; may be left out.
show() {
    while read -r line; do printf '%s\n' "$line"; done < "$FAKE_STATE/$1"
}
case "$1" in
    merge-base) [ -e "$FAKE_STATE/upstream" ] && show upstream ;;
    diff) [ -e "$FAKE_STATE/diff-$4" ] && show "diff-$4" ;;
    ls-files) [ ! -e "$FAKE_STATE/new" ] || show new ;;
esac
