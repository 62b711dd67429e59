# shellcheck shell=bash
# Sourced: starts, finds and stops one background process by a pid file.
# The file holds the pid and the kernel's start time of it, so that a number that was given to another process after
# a crash or a reboot is never taken for ours.

# start_time PID: clock ticks since boot, field 22 of its stat line; empty when there is no such process.
start_time() {
    local line
    { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
    line=${line##*) } # the name in brackets may hold spaces; what follows begins with field 3
    # shellcheck disable=SC2086 # the fields are to be split
    set -- $line
    [ "$1" = Z ] || printf '%s' "${20}"
}

# is_running PIDFILE
is_running() {
    local pid started
    [ -s "$1" ] || return 1
    read -r pid started <"$1" || return 1
    [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ]
}

# remember PIDFILE PID
remember() { printf '%s %s\n' "$2" "$(start_time "$2")" >"$1"; }

# start_background PIDFILE LOG COMMAND...: detached from the terminal, output appended to LOG.
start_background() {
    local pidfile=$1 log=$2
    shift 2
    setsid "$@" >>"$log" 2>&1 </dev/null &
    remember "$pidfile" $!
}

# stop_process NAME PIDFILE [SECONDS]: SIGTERM, wait, and only then SIGKILL; says how it went.
stop_process() {
    local name=$1 pidfile=$2 seconds=${3:-20} pid tick
    if ! is_running "$pidfile"; then
        rm -f "$pidfile"
        return 0
    fi
    read -r pid _ <"$pidfile"
    kill -TERM "$pid" 2>/dev/null || true
    for ((tick = 0; tick < seconds * 10; tick++)); do
        if ! is_running "$pidfile"; then
            rm -f "$pidfile"
            say "$name stopped"
            return 0
        fi
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    rm -f "$pidfile"
    say "$name did not stop within $seconds s and was killed"
}

# wait_until SECONDS COMMAND...: polls until it succeeds; fails when the time is over.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}
