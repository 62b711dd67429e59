/// Finds the route of a path: a tree of segments, compared as the raw bytes that were sent.
///
/// A trailing slash or an empty segment is another path, and no route has one.
struct PathMatcher: Sendable {
    /// What a method and a path lead to.
    enum Match: Sendable {
        case route(Int, PathParameters)
        /// The path exists, for the methods of this `Allow` header.
        case otherMethods(allow: String)
        case nothing
    }

    private struct Node: Sendable {
        var literals: [(text: [UInt8], child: Int)] = []
        var variable: Int?
        var routes: [(method: String, route: Int)] = []
        var allow = ""
    }

    private var nodes = [Node()]

    /// - Parameter routes: Method and template of each route, `/{country}/v1/bookings/{bookingId}`.
    init(_ routes: [(method: String, template: String)]) {
        for (index, route) in routes.enumerated() { insert(route.template, route.method, index) }
        for index in nodes.indices { nodes[index].allow = Self.allow(nodes[index].routes.map(\.method)) }
    }

    /// Looks a request up; `HEAD` goes where `GET` goes.
    func match(method: String, path: String) -> Match {
        var parameters = PathParameters()
        var native = path
        guard let node = native.withUTF8({ walk($0, path, &parameters) }) else { return .nothing }
        let wanted = method == "HEAD" ? "GET" : method
        for candidate in nodes[node].routes where candidate.method == wanted {
            return .route(candidate.route, parameters)
        }
        return nodes[node].routes.isEmpty ? .nothing : .otherMethods(allow: nodes[node].allow)
    }

    private func walk(
        _ bytes: UnsafeBufferPointer<UInt8>, _ path: String, _ parameters: inout PathParameters
    ) -> Int? {
        guard bytes.first == UInt8(ascii: "/") else { return nil }
        var node = 0
        var start = 1
        while start <= bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "/") { end += 1 }
            if end == start { return nil }
            guard let child = child(of: node, UnsafeBufferPointer(rebasing: bytes[start..<end])) else { return nil }
            if child.isVariable { parameters.append(Self.slice(path, start, end)) }
            node = child.node
            start = end + 1
        }
        return node
    }

    private func child(of node: Int, _ segment: UnsafeBufferPointer<UInt8>) -> (node: Int, isVariable: Bool)? {
        for literal in nodes[node].literals where literal.text.elementsEqual(segment) { return (literal.child, false) }
        return nodes[node].variable.map { ($0, true) }
    }

    private static func slice(_ path: String, _ start: Int, _ end: Int) -> Substring {
        let first = path.utf8.index(path.startIndex, offsetBy: start)
        return path[first..<path.utf8.index(first, offsetBy: end - start)]
    }

    private mutating func insert(_ template: String, _ method: String, _ route: Int) {
        var node = 0
        for segment in template.split(separator: "/") {
            if segment.hasPrefix("{") {
                node = nodes[node].variable ?? addChild(of: node) { $0.variable = $1 }
            } else {
                let text = Array(segment.utf8)
                let known = nodes[node].literals.first { $0.text == text }?.child
                node = known ?? addChild(of: node) { $0.literals.append((text, $1)) }
            }
        }
        precondition(!nodes[node].routes.contains { $0.method == method }, "two routes for \(method) \(template)")
        nodes[node].routes.append((method, route))
    }

    private mutating func addChild(of node: Int, _ link: (inout Node, Int) -> Void) -> Int {
        nodes.append(Node())
        link(&nodes[node], nodes.count - 1)
        return nodes.count - 1
    }

    private static func allow(_ methods: [String]) -> String {
        methods.flatMap { $0 == "GET" ? ["GET", "HEAD"] : [$0] }.joined(separator: ", ")
    }
}
