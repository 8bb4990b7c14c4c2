# SPDX-License-Identifier: MIT
# Shared by the guards: where the tree is, how a finding is told, and that a
# guard which looked at nothing fails.
# shellcheck shell=sh
set -eu
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
guard_name=$(basename "$0")
guard_found=0
guard_looked=0

# Counts one thing looked at.
looked() {
    guard_looked=$((guard_looked + 1))
}

# Tells one finding.
finding() {
    guard_found=$((guard_found + 1))
    printf '%s: %s\n' "$guard_name" "$*"
}

# Ends the guard: 0 sound, 1 findings or nothing looked at.
finish() {
    if [ "$guard_looked" -eq 0 ]; then
        printf '%s: found nothing to check\n' "$guard_name"
        exit 1
    fi
    printf '%s: looked at %s, found %s\n' "$guard_name" "$guard_looked" \
        "$guard_found"
    [ "$guard_found" -eq 0 ]
}

# Every C source and header of src/, one a line.
sources() {
    find "$top_srcdir/src" -name '*.[ch]' | LC_ALL=C sort
}
