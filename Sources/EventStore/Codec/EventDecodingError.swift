package import Domain
package import JSON

/// Why stored or received bytes are no event that this program knows.
package enum EventDecodingError: Error, Hashable, Sendable {
    /// No event has this name, or not in this place.
    case unknownType(WireType)
    /// The name is known, this version of its data is not: it was written by a newer program.
    case unknownVersion(WireType)
    /// The data is not what its name and version say.
    case malformed(WireType, JSONError.Fault)
}
