import Configuration
import Crypto
import Domain
import EventStore

/// The sealers of all three databases, beside the relayers whose shards they seal.
struct HistorySeals: Sendable {
    private let sealers: [Sealer]

    /// A key file has room for nothing else.
    private static let keyBytesMax = 4_096

    /// - Throws: `SettingsError` where the key or the folder of heads is missing or cannot be used.
    init(_ settings: Settings, _ process: ProcessContext, beside relayers: [SealedDatabase]) throws(SettingsError) {
        let key = try Self.key(settings.history)
        let heads = try Self.heads(settings.history, process.clock)
        let metrics = SealMetrics(process.metrics)
        do {
            sealers = try relayers.map { database in
                try Sealer(
                    SealerSettings(databaseURL: database.url, database: database.name), key: key, heads: heads,
                    shards: { database.relayer.shards }, clock: process.clock, metrics: metrics, log: process.log)
            }
        } catch {
            throw SettingsError(lines: ["HISTORY_KEY cannot be used: \(error)"])
        }
    }

    /// A database with the relayer that holds its shards.
    struct SealedDatabase {
        let name: String
        let url: String
        let relayer: Relayer
    }

    /// What was found altered, for operators; nil while all is well.
    var fault: String? {
        let faults = sealers.compactMap(\.fault)
        return faults.isEmpty ? nil : faults.joined(separator: "; ")
    }

    func start() async {
        for sealer in sealers { await sealer.start() }
    }

    /// Signs what has a position; call it while the relayers still hold their shards.
    func stop() async {
        await withDiscardingTaskGroup { group in
            for sealer in sealers { group.addTask { await sealer.stop() } }
        }
    }

    private static func key(_ settings: HistorySettings) throws(SettingsError) -> Ed25519PrivateKey {
        let path = try HistorySettings.needed(
            settings.keyFile, "HISTORY_KEY", "file:PATH of the key that signs the heads of the history")
        do {
            let pem = try FileBytes.read(path, bytesMax: keyBytesMax)
            return try Ed25519PrivateKey(pem: String(decoding: pem, as: UTF8.self))
        } catch let fault as FileBytes.Fault {
            throw SettingsError(lines: ["HISTORY_KEY: cannot read \(fault)"])
        } catch {
            throw SettingsError(lines: ["HISTORY_KEY: \(path) holds no Ed25519 private key (PEM)"])
        }
    }

    private static func heads(
        _ settings: HistorySettings, _ clock: any WallClock
    ) throws(SettingsError) -> FileHeadLog {
        let folder = try HistorySettings.needed(
            settings.headsFolder, "HISTORY_HEADS", "file:FOLDER in which signed heads of the history are kept")
        let log = FileHeadLog(folder: folder, clock: clock)
        do { try log.checkWritable() } catch { throw SettingsError(lines: ["HISTORY_HEADS: \(error)"]) }
        return log
    }
}
