import Postgres

/// The only door to `Sources/Projections/Runner/SQL`: one handle a file, so that a missing file does not compile.
enum SQL {
    static let beginEpochDrop = SQLStatement(
        name: "begin_epoch_drop", embedded: PackageResources.begin_epoch_drop_sql)
    static let beginEpochLane = SQLStatement(
        name: "begin_epoch_lane", embedded: PackageResources.begin_epoch_lane_sql)
    static let changeEpochState = SQLStatement(
        name: "change_epoch_state", embedded: PackageResources.change_epoch_state_sql)
    static let deletePart = SQLStatement(name: "delete_part", embedded: PackageResources.delete_part_sql)
    static let findParts = SQLStatement(name: "find_parts", embedded: PackageResources.find_parts_sql)
    static let insertPart = SQLStatement(name: "insert_part", embedded: PackageResources.insert_part_sql)
    static let renewPart = SQLStatement(name: "renew_part", embedded: PackageResources.renew_part_sql)
    static let endAdoption = SQLStatement(name: "end_adoption", embedded: PackageResources.end_adoption_sql)
    static let failEpoch = SQLStatement(name: "fail_epoch", embedded: PackageResources.fail_epoch_sql)
    static let findUnfinishedEpochs = SQLStatement(
        name: "find_unfinished_epochs", embedded: PackageResources.find_unfinished_epochs_sql)
    static let finishEpochDrop = SQLStatement(
        name: "finish_epoch_drop", embedded: PackageResources.finish_epoch_drop_sql)
    static let giveEpochWord = SQLStatement(name: "give_epoch_word", embedded: PackageResources.give_epoch_word_sql)
    static let insertEpoch = SQLStatement(name: "insert_epoch", embedded: PackageResources.insert_epoch_sql)
    static let insertRebuildEnds = SQLStatement(
        name: "insert_rebuild_ends", embedded: PackageResources.insert_rebuild_ends_sql)
    static let readRebuildEnds = SQLStatement(
        name: "read_rebuild_ends", embedded: PackageResources.read_rebuild_ends_sql)
    static let insertProgress = SQLStatement(name: "insert_progress", embedded: PackageResources.insert_progress_sql)
    static let keepSwappedEpoch = SQLStatement(
        name: "keep_swapped_epoch", embedded: PackageResources.keep_swapped_epoch_sql)
    static let lockEpochLane = SQLStatement(name: "lock_epoch_lane", embedded: PackageResources.lock_epoch_lane_sql)
    static let lockEpochLanes = SQLStatement(
        name: "lock_epoch_lanes", embedded: PackageResources.lock_epoch_lanes_sql)
    static let lockProjectionModel = SQLStatement(
        name: "lock_projection_model", embedded: PackageResources.lock_projection_model_sql)
    static let notifyEpochs = SQLStatement(name: "notify_epochs", embedded: PackageResources.notify_epochs_sql)
    static let pruneProgress = SQLStatement(name: "prune_progress", embedded: PackageResources.prune_progress_sql)
    static let readAdoptions = SQLStatement(name: "read_adoptions", embedded: PackageResources.read_adoptions_sql)
    static let readEpochAt = SQLStatement(name: "read_epoch_at", embedded: PackageResources.read_epoch_at_sql)
    static let readEpochLanes = SQLStatement(
        name: "read_epoch_lanes", embedded: PackageResources.read_epoch_lanes_sql)
    static let readModelEpochs = SQLStatement(
        name: "read_model_epochs", embedded: PackageResources.read_model_epochs_sql)
    static let readPreviousEpoch = SQLStatement(
        name: "read_previous_epoch", embedded: PackageResources.read_previous_epoch_sql)
    static let readProgress = SQLStatement(name: "read_progress", embedded: PackageResources.read_progress_sql)
    static let readServedEpochs = SQLStatement(
        name: "read_served_epochs", embedded: PackageResources.read_served_epochs_sql)
    static let readSwaps = SQLStatement(name: "read_swaps", embedded: PackageResources.read_swaps_sql)
    static let recordEpochDigests = SQLStatement(
        name: "record_epoch_digests", embedded: PackageResources.record_epoch_digests_sql)
    static let releaseEpochLease = SQLStatement(
        name: "release_epoch_lease", embedded: PackageResources.release_epoch_lease_sql)
    static let requestAdoption = SQLStatement(
        name: "request_adoption", embedded: PackageResources.request_adoption_sql)
    static let serveSwappedEpoch = SQLStatement(
        name: "serve_swapped_epoch", embedded: PackageResources.serve_swapped_epoch_sql)
    static let swapEpoch = SQLStatement(name: "swap_epoch", embedded: PackageResources.swap_epoch_sql)
    static let takeEpochLease = SQLStatement(
        name: "take_epoch_lease", embedded: PackageResources.take_epoch_lease_sql)
    static let touchEpochLanes = SQLStatement(
        name: "touch_epoch_lanes", embedded: PackageResources.touch_epoch_lanes_sql)
    static let withdrawEpochWord = SQLStatement(
        name: "withdraw_epoch_word", embedded: PackageResources.withdraw_epoch_word_sql)

    // MARK: quarantine

    static let readQuarantine = SQLStatement(name: "read_quarantine", embedded: PackageResources.read_quarantine_sql)
    static let readQuarantineAt = SQLStatement(
        name: "read_quarantine_at", embedded: PackageResources.read_quarantine_at_sql)
    static let readQuarantineSkips = SQLStatement(
        name: "read_quarantine_skips", embedded: PackageResources.read_quarantine_skips_sql)
    static let insertQuarantine = SQLStatement(
        name: "insert_quarantine", embedded: PackageResources.insert_quarantine_sql)
    static let insertQuarantineWaiting = SQLStatement(
        name: "insert_quarantine_waiting", embedded: PackageResources.insert_quarantine_waiting_sql)
    static let readQuarantineRequests = SQLStatement(
        name: "read_quarantine_requests", embedded: PackageResources.read_quarantine_requests_sql)
    static let readQuarantineSkipped = SQLStatement(
        name: "read_quarantine_skipped", embedded: PackageResources.read_quarantine_skipped_sql)
    static let insertQuarantineSkip = SQLStatement(
        name: "insert_quarantine_skip", embedded: PackageResources.insert_quarantine_skip_sql)
    static let endQuarantine = SQLStatement(name: "end_quarantine", embedded: PackageResources.end_quarantine_sql)
    static let changeQuarantineCause = SQLStatement(
        name: "change_quarantine_cause", embedded: PackageResources.change_quarantine_cause_sql)
    static let finishQuarantineRequest = SQLStatement(
        name: "finish_quarantine_request", embedded: PackageResources.finish_quarantine_request_sql)
    static let insertQuarantineForeign = SQLStatement(
        name: "insert_quarantine_foreign", embedded: PackageResources.insert_quarantine_foreign_sql)
    static let listQuarantine = SQLStatement(name: "list_quarantine", embedded: PackageResources.list_quarantine_sql)
    static let listQuarantineSkips = SQLStatement(
        name: "list_quarantine_skips", embedded: PackageResources.list_quarantine_skips_sql)
    static let listQuarantineForeign = SQLStatement(
        name: "list_quarantine_foreign", embedded: PackageResources.list_quarantine_foreign_sql)
    static let insertQuarantineRequests = SQLStatement(
        name: "insert_quarantine_requests", embedded: PackageResources.insert_quarantine_requests_sql)
    static let readQuarantineOutcomes = SQLStatement(
        name: "read_quarantine_outcomes", embedded: PackageResources.read_quarantine_outcomes_sql)
    static let withdrawQuarantineRequests = SQLStatement(
        name: "withdraw_quarantine_requests", embedded: PackageResources.withdraw_quarantine_requests_sql)
    static let readQuarantineWaiting = SQLStatement(
        name: "read_quarantine_waiting", embedded: PackageResources.read_quarantine_waiting_sql)
    static let listQuarantineRequests = SQLStatement(
        name: "list_quarantine_requests", embedded: PackageResources.list_quarantine_requests_sql)
    static let locateEvents = SQLStatement(name: "locate_events", embedded: PackageResources.locate_events_sql)

    // MARK: baselines in the log

    static let ensureBaselineRounds = SQLStatement(
        name: "ensure_baseline_rounds", embedded: PackageResources.ensure_baseline_rounds_sql)
    static let claimBaselineRound = SQLStatement(
        name: "claim_baseline_round", embedded: PackageResources.claim_baseline_round_sql)
    static let renewBaselineRound = SQLStatement(
        name: "renew_baseline_round", embedded: PackageResources.renew_baseline_round_sql)
    static let endBaselineRound = SQLStatement(
        name: "end_baseline_round", embedded: PackageResources.end_baseline_round_sql)
    static let releaseBaselineRound = SQLStatement(
        name: "release_baseline_round", embedded: PackageResources.release_baseline_round_sql)
    static let readBaselineRounds = SQLStatement(
        name: "read_baseline_rounds", embedded: PackageResources.read_baseline_rounds_sql)
}
