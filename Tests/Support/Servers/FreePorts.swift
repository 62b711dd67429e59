import Glibc
import Synchronization

/// Ports for the processes of a test, below the range that the kernel gives to outgoing connections.
package enum FreePorts {
    private static let handedOut = Mutex<Set<Int>>([])

    /// A port on which nobody listens, never the same twice in one run.
    ///
    /// - Parameter distances: Ports behind it that must be free, too, and are nobody else's then.
    /// - Returns: The port.
    /// - Throws: `NoPortFree`.
    package static func next(with distances: [Int] = []) throws -> Int {
        for _ in 0..<500 {
            let port = Int.random(in: 20_000..<32_000)
            let ports = [port] + distances.map { port + $0 }
            guard ports.allSatisfy(isFree) else { continue }
            let isOurs = handedOut.withLock { taken in
                guard taken.isDisjoint(with: ports) else { return false }
                taken.formUnion(ports)
                return true
            }
            if isOurs { return port }
        }
        throw NoPortFree()
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// Every port that was tried is taken.
package struct NoPortFree: Error, CustomStringConvertible {
    /// Where was looked.
    package var description: String { "no free port was found between 20000 and 32000" }
}
