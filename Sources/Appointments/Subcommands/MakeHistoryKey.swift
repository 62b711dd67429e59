import Configuration
import Crypto
import EventStore
import Glibc

/// `appointments history-key`: makes what sealing needs where it is missing, and shows the public keys.
///
/// The key is made once, readable by its owner only; a key that is there is never replaced. The public half goes to
/// `HISTORY_PUBLIC_KEY` (SubjectPublicKeyInfo PEM; by default `public.pem` beside the folder of heads), and next to it
/// `verifiers.vkey`: a verifier key a line, one for each tree and one for the lists, since C2SP tlog-checkpoint wants
/// the signer's name to be the origin.
struct MakeHistoryKey {
    private static let databases = ["booking", "practitioner", "patient"]

    init(_ arguments: inout ArraySlice<String>) throws(UsageError) {
        try arguments.finish()
    }

    func run(_ environment: [String: String]) async throws -> ExitCode {
        var environment = Environment(environment)
        let settings = HistorySettings(&environment)
        guard environment.faults.isEmpty else { throw SettingsError(lines: environment.faults) }
        let keyPath = try HistorySettings.needed(settings.keyFile, "HISTORY_KEY", "file:PATH of the key to make")
        let heads = try HistorySettings.needed(
            settings.headsFolder, "HISTORY_HEADS", "file:FOLDER in which signed heads are to be kept")
        try Self.makeFolder(heads)
        if access(keyPath, F_OK) != 0 {
            try FileBytes.create(Array(Ed25519PrivateKey().pem.utf8), at: keyPath)
        }
        let pem = try FileBytes.read(keyPath, bytesMax: 4_096)
        guard let key = try? Ed25519PrivateKey(pem: String(decoding: pem, as: UTF8.self)) else {
            throw SettingsError(lines: ["HISTORY_KEY: \(keyPath) holds no Ed25519 private key (PEM)"])
        }
        let publicKey = try key.publicKey
        let publicPath = settings.publicKeyFile ?? "\(Self.parent(of: heads))/public.pem"
        let verifiersPath = "\(Self.parent(of: publicPath))/verifiers.vkey"
        let lines = try Self.origins.map { try NoteKey(name: $0, publicKey: publicKey).vkey + "\n" }
        try FileBytes.write(Array(publicKey.pem.utf8), to: publicPath)
        try FileBytes.write(Array(lines.joined().utf8), to: verifiersPath)
        for path in [publicPath, verifiersPath] { chmod(path, 0o644) }  // auditors have accounts of their own
        write("\(publicPath)\n\(verifiersPath)\n", to: STDOUT_FILENO)
        return .success
    }

    /// The origin of every tree, and that of the lists.
    private static var origins: [String] {
        databases.flatMap { database in
            Shard.sealed.map { SealedTree(database: database, shard: $0).origin }
        } + [HeadList.origin]
    }

    private static func parent(of folder: String) -> String {
        let trimmed = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// Makes the folder and the one that it is in.
    private static func makeFolder(_ path: String) throws(SettingsError) {
        for folder in [parent(of: path), path] where mkdir(folder, 0o755) != 0 && errno != EEXIST {
            throw SettingsError(
                lines: ["HISTORY_HEADS: cannot make the folder \(folder): \(String(cString: strerror(errno)))"])
        }
    }
}
