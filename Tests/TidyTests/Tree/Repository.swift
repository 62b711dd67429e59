import Foundation

/// Every file of the checkout that people write, by its path below the root.
struct Repository {
    let root: URL
    let files: [SourceFile]

    /// The checkout that these tests were built from.
    static let checkout = Repository(
        root: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent())

    init(root: URL) {
        self.root = root
        let skipped: Set<String> = [".git", ".build", ".run"]
        var files: [SourceFile] = []
        let walk = FileManager.default.enumerator(atPath: root.path)
        while let path = walk?.nextObject() as? String {
            if skipped.contains(path) {
                walk?.skipDescendants()
            } else if let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) {
                files.append(SourceFile(path: path, text: text))
            }
        }
        self.files = files.sorted { $0.path < $1.path }
    }

    /// Files below a folder, `Sources/Domain` for example.
    func files(in folder: String) -> [SourceFile] { files.filter { $0.path.hasPrefix(folder + "/") } }

    func file(_ path: String) -> SourceFile? { files.first { $0.path == path } }
}
