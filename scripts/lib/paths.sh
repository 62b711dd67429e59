# shellcheck shell=bash disable=SC2034
# Sourced by every script: where things are, and how the scripts speak.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
state=$root/.run
engines=$root/../shared/engines
release=$root/.build/release

say() { printf '%s\n' "$*"; }
step() { printf '== %s\n' "$*"; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Prints the comment at the head of the calling script when its first argument asks for it.
help_when_asked() {
    case ${1:-} in
    -h | --help | help)
        awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
        exit 0
        ;;
    esac
}

# For scripts that take nothing: what was not understood must not be done.
no_arguments() { [ $# -eq 0 ] || die "takes no arguments, not '$*'; --help says what it does"; }

# logged LOG WHAT COMMAND...: runs quietly; when it fails, one clear line, the log's end and where the log is.
logged() {
    local log=$1 what=$2
    shift 2
    mkdir -p "$(dirname "$log")"
    if "$@" >"$log" 2>&1 </dev/null; then return 0; fi
    grep -E 'error:|ERROR|FATAL|fatal' "$log" | tail -n 5 >&2 || tail -n 5 "$log" >&2
    die "$what failed; the whole story is in $log"
}
