/// Why a cryptographic operation was refused; never says anything about keys or contents.
package enum CryptoError: Error, Equatable, Sendable {
    /// A key has the wrong length or is not of the expected kind.
    case invalidKey
    /// Sealed bytes are shorter than nonce and tag, were changed, or belong to another key or other additional data.
    case notAuthentic
    /// A PEM text does not hold the expected key.
    case invalidPEM
    /// OpenSSL refused; `operation` names its function.
    case failed(operation: StaticString)

    package static func == (left: CryptoError, right: CryptoError) -> Bool {
        switch (left, right) {
        case (.invalidKey, .invalidKey), (.notAuthentic, .notAuthentic), (.invalidPEM, .invalidPEM): true
        case (.failed(let left), .failed(let right)): left.description == right.description
        default: false
        }
    }
}
