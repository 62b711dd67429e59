import AvailabilityProjection
import Configuration
import Domain
import EventStore
import Glibc
import JSON

/// What is remembered, in a file: a header in JSON, then the buckets as they lie in memory; all of it has checksums.
///
/// A file that is not whole is no file: what it would have saved is done again.
struct MemoryFile: Sendable {
    /// Why a file cannot be used, in words that follow "because".
    struct Unusable: Error, Hashable, CustomStringConvertible {
        let reason: String

        var description: String { reason }
    }

    private static let format = "appointments-models-verified/2"
    private static let magic = Array("MODELS1\n".utf8)
    private static let headerMax = 64 << 20

    let path: String
    private let folders: [String]

    /// In the state folder, which comes into being where it is missing.
    init(stateFolder: String) {
        folders = [stateFolder, stateFolder + "/models-verified"]
        path = folders[1] + "/fold.bin"
    }

    // MARK: reading

    /// Reads the file whole; partitions are read beside each other.
    ///
    /// - Throws: `Unusable`.
    func read() async throws -> RememberedModels {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw Unusable(reason: errno == ENOENT ? "nothing is remembered yet" : "\(path): \(Self.lastError)")
        }
        defer { close(file) }
        let (header, start) = try Self.header(file)
        guard let plan = Plan(header), plan.size(from: start) == Self.size(of: file) else { throw Self.damaged }
        let partitions = try await withThrowingTaskGroup(of: RememberedPartition.self) { group in
            for partition in plan.partitions {
                group.addTask { try Self.fill(partition, plan, file, start) }
            }
            return try await group.reduce(into: [RememberedPartition]()) { $0.append($1) }
        }
        return RememberedModels(
            foldedAt: plan.foldedAt, days: plan.days, zones: plan.zones,
            partitions: partitions.sorted { $0.shard.number < $1.shard.number })
    }

    private static func header(_ file: Int32) throws -> (JSONValue, start: Int) {
        var front = [UInt64](repeating: 0, count: 3)
        try front.withUnsafeMutableBytes { try read(file, $0, at: 0) }
        let length = Int(clamping: front[1])
        guard front.withUnsafeBytes({ $0.prefix(8).elementsEqual(magic) }), (2...headerMax).contains(length) else {
            throw damaged
        }
        var bytes = [UInt8](repeating: 0, count: length)
        try bytes.withUnsafeMutableBytes { try read(file, $0, at: 24) }
        let sum = bytes.withUnsafeBytes { BlockSum.of($0) }
        guard sum == front[2], let json = try? parseJSON(bytes) else { throw damaged }
        return (json, 24 + length)
    }

    private static func fill(
        _ partition: RememberedPartition, _ plan: Plan, _ file: Int32, _ start: Int
    ) throws -> RememberedPartition {
        let size = RememberedBucket.byteCount(days: partition.dayCount)
        for (place, bucket) in plan.buckets.enumerated() where bucket.id.partition == partition.shard.number {
            let read = try RememberedBucket(bucket.id, days: partition.dayCount) { memory in
                try Self.read(file, memory, at: start + place * size)
                guard BlockSum.of(UnsafeRawBufferPointer(memory)) == bucket.sum else { throw damaged }
            }
            partition.add(read)
        }
        return partition
    }

    private static func read(_ file: Int32, _ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(Unusable) {
        var done = 0
        while done < bytes.count {
            let count = pread(file, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw damaged }
            done += count
        }
    }

    private static func size(of file: Int32) -> Int {
        var status = stat()
        return fstat(file, &status) == 0 ? Int(status.st_size) : -1
    }

    private static var damaged: Unusable { Unusable(reason: "what is remembered is damaged") }
    private static var lastError: String { String(cString: strerror(errno)) }

    // MARK: writing

    /// Writes the file whole or not at all: to a neighbour first, then by `rename(2)`.
    ///
    /// - Throws: `Unusable`.
    func write(_ models: RememberedModels) throws(Unusable) {
        for folder in folders { mkdir(folder, 0o700) }  // where it fails, opening the file does, too
        let neighbour = "\(path).\(getpid()).new"
        let file = open(neighbour, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Unusable(reason: "\(neighbour): \(Self.lastError)") }
        defer { close(file) }
        do throws(Unusable) {
            let buckets = models.partitions.flatMap(\.buckets)
            let header = Plan.header(models, Self.format, buckets)
            let sum = header.withUnsafeBytes { BlockSum.of($0) }
            let words = [UInt64(header.count), sum]
            try Self.append(Self.magic + words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }, to: file)
            try Self.append(header, to: file)
            for bucket in buckets { try Self.append(UnsafeRawBufferPointer(bucket.memory), to: file) }
            guard rename(neighbour, path) == 0 else { throw Unusable(reason: "\(path): \(Self.lastError)") }
        } catch {
            unlink(neighbour)
            throw error
        }
    }

    private static func append(_ bytes: [UInt8], to file: Int32) throws(Unusable) {
        try bytes.span.withUnsafeBytes { (bytes) throws(Unusable) in try append(bytes, to: file) }
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, to file: Int32) throws(Unusable) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(file, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Unusable(reason: "it cannot be written: \(lastError)") }
            done += count
        }
    }
}

/// What the header of a file says.
private struct Plan {
    struct Bucket {
        let id: BucketID
        let sum: UInt64
    }

    private(set) var foldedAt = Instant(microseconds: 0)
    private(set) var days = LocalDate(days: 0)...LocalDate(days: 0)
    private(set) var zones: [String] = []
    private(set) var partitions: [RememberedPartition] = []
    private(set) var buckets: [Bucket] = []

    func size(from start: Int) -> Int {
        start + buckets.count
            * RememberedBucket.byteCount(days: days.lowerBound.days(until: days.upperBound) + 1)
    }

    init?(_ json: JSONValue) {
        guard let folded = json["foldedAt"]?.intValue, let first = json["firstDay"]?.intValue,
            let last = json["lastDay"]?.intValue, let zones = json["zones"]?.arrayValue,
            let partitions = json["partitions"]?.arrayValue, let buckets = json["buckets"]?.arrayValue,
            let first = Int32(exactly: first), let last = Int32(exactly: last), first <= last, last - first < 400
        else { return nil }
        foldedAt = Instant(microseconds: folded)
        days = LocalDate(days: first)...LocalDate(days: last)
        self.zones = zones.compactMap(\.stringValue)
        self.partitions = partitions.compactMap { Self.partition($0, days) }
        self.buckets = buckets.compactMap(Self.bucket)
        guard self.zones.count == zones.count, self.buckets.count == buckets.count,
            self.partitions.map(\.shard) == Shard.all
        else { return nil }
    }

    private static func partition(_ json: JSONValue, _ days: ClosedRange<LocalDate>) -> RememberedPartition? {
        guard let number = json["number"]?.intValue, Shard.all.indices.contains(Int(number)),
            let bookings = position(json["bookings"]), let calendars = position(json["calendars"]),
            let profiles = json["profiles"]?.intValue, let strays = json["strays"]?.arrayValue
        else { return nil }
        let partition = RememberedPartition(Shard(Int(number)), days: days)
        partition.bookings = bookings
        partition.calendars = calendars
        partition.profiles = profiles
        partition.strays = Set(strays.compactMap { $0.stringValue.flatMap { PractitionerID($0) } })
        return partition
    }

    private static func position(_ json: JSONValue?) -> RememberedPartition.Position? {
        guard let sequence = json?["sequence"]?.intValue, let id = json?["event"]?.stringValue.flatMap({ EventID($0) })
        else { return nil }
        return RememberedPartition.Position(sequence: sequence, event: id)
    }

    private static func bucket(_ json: JSONValue) -> Bucket? {
        guard let country = json["country"]?.stringValue.flatMap({ CountryCode($0) }),
            let partition = json["partition"]?.intValue, Shard.all.indices.contains(Int(partition)),
            let index = json["index"]?.intValue, index >= 0,
            let sum = json["sum"]?.stringValue.flatMap({ UInt64($0, radix: 16) })
        else { return nil }
        return Bucket(id: BucketID(country, Shard(Int(partition)), index: Int(index)), sum: sum)
    }

    static func header(_ models: RememberedModels, _ format: String, _ buckets: [RememberedBucket]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("format")
        writer.string(format)
        writer.member("foldedAt", models.foldedAt.microseconds)
        writer.member("firstDay", Int64(models.days.lowerBound.days))
        writer.member("lastDay", Int64(models.days.upperBound.days))
        writer.list("zones", models.zones) { $0.string($1) }
        writer.list("partitions", models.partitions) { writer, partition in
            writer.beginObject()
            writer.member("number", Int64(partition.shard.number))
            writer.position("bookings", partition.bookings)
            writer.position("calendars", partition.calendars)
            writer.member("profiles", partition.profiles)
            writer.list("strays", partition.strays.sorted()) { $0.string("\($1)") }
            writer.endObject()
        }
        writer.list("buckets", buckets) { writer, bucket in
            writer.beginObject()
            writer.key("country")
            writer.string(bucket.id.country.text)
            writer.member("partition", Int64(bucket.id.partition))
            writer.member("index", Int64(bucket.id.index))
            writer.key("sum")
            writer.string(String(BlockSum.of(UnsafeRawBufferPointer(bucket.memory)), radix: 16))
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func list<T>(_ name: StaticString, _ values: [T], _ body: (inout JSONWriter, T) -> Void) {
        key(name)
        beginArray()
        for value in values { body(&self, value) }
        endArray()
    }

    fileprivate mutating func position(_ name: StaticString, _ position: RememberedPartition.Position) {
        key(name)
        beginObject()
        member("sequence", position.sequence)
        key("event")
        string("\(position.event)")
        endObject()
    }
}

/// A checksum that is as fast as memory: it finds accidents, not forgers, who could write the file as a whole.
private enum BlockSum {
    private static let prime: UInt64 = 0x9E37_79B9_7F4A_7C15

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var lanes = (UInt64(bytes.count), UInt64(1), UInt64(2), UInt64(3))
        var at = 0
        while at + 32 <= bytes.count {
            lanes.0 = step(lanes.0, bytes, at)
            lanes.1 = step(lanes.1, bytes, at + 8)
            lanes.2 = step(lanes.2, bytes, at + 16)
            lanes.3 = step(lanes.3, bytes, at + 24)
            at += 32
        }
        while at < bytes.count {
            lanes.0 = (lanes.0 ^ UInt64(bytes[at])) &* prime
            at += 1
        }
        var sum = lanes.0
        for lane in [lanes.1, lanes.2, lanes.3] { sum = ((sum << 31 | sum >> 33) ^ lane) &* prime }
        return sum ^ sum >> 29
    }

    @inline(__always)
    private static func step(_ lane: UInt64, _ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        // The rotation brings high bits back, which a product by itself only ever moves upwards.
        let mixed = (lane ^ bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* prime
        return mixed << 29 | mixed >> 35
    }
}
