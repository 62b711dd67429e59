/// What `--help` says.
enum HelpTexts {
    static let program = """
        replay: watches the read models and proves them against the event stores. It changes nothing.

          replay status          where every model, store, log and outbox stands
          replay verify models   compares what the models hold with a fold of the event stores
          replay help            this text; each command has --help with examples

        Not built yet: plan, rebuild, diff, swap, rollback, drop, verify history, quarantine, audit.

        Settings come from the environment (CONTRACT section 1); 'make up' writes them to .run/env:

          set -a; . .run/env; set +a; .build/release/replay status

        \(exitCodes)

        """

    static let status = """
        replay status: where every model, store, log and outbox stands.

          --model availability|search|all   only these models (default all)
          --country CC                      outboxes and contents of one country only
          --watch                           draw again every second, until Ctrl-C
          --json                            one JSON object a line: partition, database, transaction,
                                            unreachable, status

        A partition of a model is caught-up, behind (it is on its way), needs-baseline (the log lost what it needs next;
        the runner fetches it from the store), ahead-of-store (another store, or an older copy of it), never-built, or
        unknown (its own store cannot be asked). Events behind are counted from the last position that the store has
        stamped; what still waits in an outbox is shown with its database. Age is that of the oldest missing event.
        The calendars of booking are a model, too, but booking's own: its metrics and /readyz speak of them.

        Examples:
          replay status
          replay status --model search --country fr
          replay status --watch
          replay status --json | jq 'select(.record == "partition" and .lagEvents > 0)'

        Exit codes: 0 done · 2 wrong usage · 3 a dependency is unreachable (the rest is shown) · 130 interrupted

        """

    static let verify = """
        replay verify models: compares what the models hold with a fold of the event stores at the same positions.

          --model availability|search|all   only these models (default all)
          --country CC                      one country only
          --json                            one JSON object a line: proof, difference, verification

        A line a partition: the positions compared at, a digest of what the model holds and one of what it must hold.
        Where they differ, the first 20 differences follow, each with practitioner and day. Models are read while they
        live; what seems to differ is looked at again until two looks agree, so that an event on its way is no
        difference. The history is read from PostgreSQL alone: Kafka is not needed.

        Examples:
          replay verify models
          replay verify models --model availability --country de
          replay verify models --json | jq 'select(.record == "difference")'

        \(exitCodes)

        """

    private static let exitCodes = """
        Exit codes: 0 done · 1 a difference was found · 2 wrong usage · 3 a dependency is unreachable
                    4 refused, because the source does not cover what is asked · 130 interrupted
        """
}
