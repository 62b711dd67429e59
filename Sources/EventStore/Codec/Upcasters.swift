package import Domain
package import JSON

/// Turns old versions of events' data into the present one, a version at a time, whenever they are read.
///
/// What is stored is never rewritten: bytes are sealed. So when the data of an event changes its shape, its
/// `dataVersion` grows by one, its golden file stays, and the step from the old version is added to `standard`.
package struct Upcasters: Sendable {
    /// Changes the data of one version into that of the next.
    ///
    /// - Throws: `JSONError` when the data is not what the version says.
    package typealias Step = @Sendable (JSONValue) throws(JSONError) -> JSONValue

    /// The steps of all events; none has had a second version yet.
    package static let standard = Upcasters([:])

    private let steps: [WireType: Step]
    private let readers: [WireType: Step]

    /// Takes steps by the type and version that they start from.
    ///
    /// - Parameters:
    ///   - steps: From each old version to the next.
    ///   - readers: How data of versions that are newer than this program is read by it, straight into the present
    ///     version: a program that reads before another one writes.
    package init(_ steps: [WireType: Step], readers: [WireType: Step] = [:]) {
        self.steps = steps
        self.readers = readers
    }

    /// Brings data to the present version.
    ///
    /// - Parameters:
    ///   - data: As it is stored.
    ///   - type: Its name and version.
    ///   - version: The present version.
    /// - Returns: Data of the present version.
    /// - Throws: `EventDecodingError` when a step is missing or refuses.
    func upcast(
        _ data: UnsafeRawBufferPointer, of type: WireType, to version: Int
    ) throws(EventDecodingError) -> [UInt8] {
        let reader = readers[type]
        guard type.dataVersion < version || reader != nil else { throw .unknownVersion(type) }
        do {
            var value = try parseJSON(Array(data))
            if let reader { return try reader(value).serialized() }
            for old in type.dataVersion..<version {
                guard let step = steps[WireType(type.name, dataVersion: old)] else {
                    throw EventDecodingError.unknownVersion(type)
                }
                value = try step(value)
            }
            return value.serialized()
        } catch let error as JSONError {
            throw .malformed(type, error.fault)
        } catch {
            throw .unknownVersion(type)
        }
    }
}
