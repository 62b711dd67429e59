import Foundation

/// The C programs of `Tools/`, compiled on this machine: cheap load, and limits with nothing of ours in them.
struct ToolChain: Sendable {
    let httpLoad: String
    let bareHTTP: String
    let bareProduce: String
    let bareConsume: String

    /// Compiles them with gcc into `folder/tools`.
    ///
    /// - Throws: `ChildProgram.Failed` with what the compiler said.
    static func build(in folder: String) async throws -> ToolChain {
        let tools = "\(folder)/tools"
        try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
        func compile(_ name: String, _ source: [UInt8], _ libraries: [String] = []) async throws -> String {
            try Data(source).write(to: URL(fileURLWithPath: "\(tools)/\(name).c"))
            _ = try await ChildProgram.run(
                "/usr/bin/gcc", ["-O2", "-o", "\(tools)/\(name)", "\(tools)/\(name).c"] + libraries,
                output: "\(tools)/\(name).log")
            return "\(tools)/\(name)"
        }
        return ToolChain(
            httpLoad: try await compile("http_load", PackageResources.http_load_c),
            bareHTTP: try await compile("bare_http", PackageResources.bare_http_c, ["-lmicrohttpd"]),
            bareProduce: try await compile("bare_produce", PackageResources.bare_produce_c, ["-lrdkafka"]),
            bareConsume: try await compile("bare_consume", PackageResources.bare_consume_c, ["-lrdkafka"]))
    }
}
