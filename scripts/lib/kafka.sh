# shellcheck shell=bash disable=SC2154
# Sourced after paths.sh: the real Kafka of ../shared/engines, for tests and bench where that folder is present.

# start_kafka FOLDER: prints the bootstrap list, or nothing where there is no engine to start.
start_kafka() {
    local attempt port
    [ -x "$engines/kafka-engine" ] && command -v java >/dev/null || return 0
    for attempt in 1 2 3; do # its ports P, P+100 and P+200 may be taken by chance
        port=$((12000 + RANDOM % 7000))
        if "$engines/kafka-engine" start "$1/kafka" --port "$port" 2>>"$1/logs/kafka.log"; then return 0; fi
        "$engines/kafka-engine" stop "$1/kafka" >>"$1/logs/kafka.log" 2>&1 || true
        rm -rf "$1/kafka"
    done
    die "Kafka did not start in $attempt attempts; see $1/logs/kafka.log"
}

# stop_kafka FOLDER: stops it and forgets its data.
stop_kafka() {
    [ -d "$1/kafka" ] || return 0
    "$engines/kafka-engine" stop "$1/kafka" >/dev/null 2>&1 || true
    rm -rf "$1/kafka"
}
