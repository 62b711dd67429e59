import Postgres

/// The only door to `Sources/EventStore/SQL`: one handle a file, so that a missing file does not compile.
enum SQL {
    static let appendEvents = SQLStatement(name: "append_events", embedded: PackageResources.append_events_sql)
    static let insertStreamHeads = SQLStatement(
        name: "insert_stream_heads", embedded: PackageResources.insert_stream_heads_sql)
    static let advanceStreamHeads = SQLStatement(
        name: "advance_stream_heads", embedded: PackageResources.advance_stream_heads_sql)
    static let auditStream = SQLStatement(name: "audit_stream", embedded: PackageResources.audit_stream_sql)
    static let auditKey = SQLStatement(name: "audit_key", embedded: PackageResources.audit_key_sql)
    static let auditPatient = SQLStatement(name: "audit_patient", embedded: PackageResources.audit_patient_sql)
    static let auditEvent = SQLStatement(name: "audit_event", embedded: PackageResources.audit_event_sql)
    static let auditTime = SQLStatement(name: "audit_time", embedded: PackageResources.audit_time_sql)
    static let readAuditBound = SQLStatement(
        name: "read_audit_bound", embedded: PackageResources.read_audit_bound_sql)

    static let readStreamHead = SQLStatement(
        name: "read_stream_head", embedded: PackageResources.read_stream_head_sql)

    static let readStream = SQLStatement(name: "read_stream", embedded: PackageResources.read_stream_sql)
    static let readKey = SQLStatement(name: "read_key", embedded: PackageResources.read_key_sql)
    static let readLongTransactions = SQLStatement(
        name: "read_long_transactions", embedded: PackageResources.read_long_transactions_sql)
    static let readPositions = SQLStatement(name: "read_positions", embedded: PackageResources.read_positions_sql)
    static let readRowsToSeal = SQLStatement(
        name: "read_rows_to_seal", embedded: PackageResources.read_rows_to_seal_sql)
    static let prepareSealSession = SQLStatement(
        name: "prepare_seal_session", embedded: PackageResources.prepare_seal_session_sql)
    static let insertSealTiles = SQLStatement(
        name: "insert_seal_tiles", embedded: PackageResources.insert_seal_tiles_sql)
    static let readSealTiles = SQLStatement(name: "read_seal_tiles", embedded: PackageResources.read_seal_tiles_sql)
    static let readTileRoots = SQLStatement(name: "read_tile_roots", embedded: PackageResources.read_tile_roots_sql)
    static let countSealTiles = SQLStatement(name: "count_seal_tiles", embedded: PackageResources.count_seal_tiles_sql)
    static let readShardHeads = SQLStatement(
        name: "read_shard_heads", embedded: PackageResources.read_shard_heads_sql)
    static let exportSnapshot = SQLStatement(name: "export_snapshot", embedded: PackageResources.export_snapshot_sql)
    static let copyBaseline = SQLStatement(name: "copy_baseline", embedded: PackageResources.copy_baseline_sql)
    static let copyScan = SQLStatement(name: "copy_scan", embedded: PackageResources.copy_scan_sql)
    static let copyOutboxIDs = SQLStatement(name: "copy_outbox_ids", embedded: PackageResources.copy_outbox_ids_sql)
    static let listEventPartitions = SQLStatement(
        name: "list_event_partitions", embedded: PackageResources.list_event_partitions_sql)

    static let lookupAnswers = SQLStatement(name: "lookup_answers", embedded: PackageResources.lookup_answers_sql)
    static let insertAnswers = SQLStatement(name: "insert_answers", embedded: PackageResources.insert_answers_sql)
    static let completeAnswer = SQLStatement(name: "complete_answer", embedded: PackageResources.complete_answer_sql)
    static let purgeAnswers = SQLStatement(name: "purge_answers", embedded: PackageResources.purge_answers_sql)

    static let createMigrationTable = SQLStatement(
        name: "create_migration_table", embedded: PackageResources.create_migration_table_sql)
    static let lockMigrations = SQLStatement(name: "lock_migrations", embedded: PackageResources.lock_migrations_sql)
    static let readMigrations = SQLStatement(name: "read_migrations", embedded: PackageResources.read_migrations_sql)
    static let insertMigration = SQLStatement(
        name: "insert_migration", embedded: PackageResources.insert_migration_sql)
    static let findMissingPartitions = SQLStatement(
        name: "find_missing_partitions", embedded: PackageResources.find_missing_partitions_sql)
    static let makeHistoryPartition = SQLStatement(
        name: "make_history_partition", embedded: PackageResources.make_history_partition_sql)

    static let relayBatch = SQLStatement(name: "relay_batch", embedded: PackageResources.relay_batch_sql)
    static let prepareRelaySession = SQLStatement(
        name: "prepare_relay_session", embedded: PackageResources.prepare_relay_session_sql)
    static let lookForOutbox = SQLStatement(name: "look_for_outbox", embedded: PackageResources.look_for_outbox_sql)
    static let acquireShards = SQLStatement(name: "acquire_shards", embedded: PackageResources.acquire_shards_sql)
    static let renewShards = SQLStatement(name: "renew_shards", embedded: PackageResources.renew_shards_sql)
    static let advanceEpochs = SQLStatement(name: "advance_epochs", embedded: PackageResources.advance_epochs_sql)
    static let releaseShards = SQLStatement(name: "release_shards", embedded: PackageResources.release_shards_sql)
    static let announceRelayer = SQLStatement(name: "announce_relayer", embedded: PackageResources.announce_relayer_sql)
    static let endExpiredSessions = SQLStatement(
        name: "end_expired_sessions", embedded: PackageResources.end_expired_sessions_sql)
    static let pruneAcknowledged = SQLStatement(
        name: "prune_acknowledged", embedded: PackageResources.prune_acknowledged_sql)
    static let measureOutbox = SQLStatement(name: "measure_outbox", embedded: PackageResources.measure_outbox_sql)
    static let notifyOutbox = SQLStatement(name: "notify_outbox", embedded: PackageResources.notify_outbox_sql)
    static let notifyWithoutWaiting = SQLStatement(
        name: "notify_without_waiting", embedded: PackageResources.notify_without_waiting_sql)

    static let copyHistory = SQLStatement(name: "copy_history", embedded: PackageResources.copy_history_sql)
    static let copyStreamHeads = SQLStatement(
        name: "copy_stream_heads", embedded: PackageResources.copy_stream_heads_sql)
    static let readStamps = SQLStatement(name: "read_stamps", embedded: PackageResources.read_stamps_sql)
    static let findNextStamp = SQLStatement(name: "find_next_stamp", embedded: PackageResources.find_next_stamp_sql)
    static let readStampedReach = SQLStatement(
        name: "read_stamped_reach", embedded: PackageResources.read_stamped_reach_sql)
    static let findPositionsOfTime = SQLStatement(
        name: "find_positions_of_time", embedded: PackageResources.find_positions_of_time_sql)
    static let findEventNumbers = SQLStatement(
        name: "find_event_numbers", embedded: PackageResources.find_event_numbers_sql)
    static let writeSealEdge = SQLStatement(name: "write_seal_edge", embedded: PackageResources.write_seal_edge_sql)
    static let wasSealed = SQLStatement(name: "was_sealed", embedded: PackageResources.was_sealed_sql)
    static let readSealEdge = SQLStatement(name: "read_seal_edge", embedded: PackageResources.read_seal_edge_sql)
    static let readTileRanges = SQLStatement(name: "read_tile_ranges", embedded: PackageResources.read_tile_ranges_sql)
    static let describePositions = SQLStatement(
        name: "describe_positions", embedded: PackageResources.describe_positions_sql)
    static let findEventPlaces = SQLStatement(
        name: "find_event_places", embedded: PackageResources.find_event_places_sql)
    static let readRowAs = SQLStatement(name: "read_row_as", embedded: PackageResources.read_row_as_sql)
    static let findUnstamped = SQLStatement(name: "find_unstamped", embedded: PackageResources.find_unstamped_sql)
    static let findVersionGaps = SQLStatement(
        name: "find_version_gaps", embedded: PackageResources.find_version_gaps_sql)
}
