import CRhonabwy

/// The signatures that are accepted; everything else is refused by not being here.
package enum SignatureAlgorithm: String, Sendable, CaseIterable {
    case es256 = "ES256"
    case rs256 = "RS256"
    case edDSA = "EdDSA"

    /// What RSA keys must at least have.
    static let rsaBitsMin: UInt32 = 2_048

    /// The one algorithm that a public key may be used with, so that a token cannot choose another; nil: none.
    init?(publicKey: OpaqueJWK) {
        var bits: UInt32 = 0
        let type = UInt32(bitPattern: r_jwk_key_type(publicKey, &bits, R_FLAG_IGNORE_REMOTE))
        guard type & UInt32(R_KEY_TYPE_PUBLIC) != 0, type & UInt32(R_KEY_TYPE_PRIVATE | R_KEY_TYPE_SYMMETRIC) == 0
        else { return nil }
        let curve = publicKey.text("crv")
        if type & UInt32(R_KEY_TYPE_EC) != 0, curve == "P-256" {
            self = .es256
        } else if type & UInt32(R_KEY_TYPE_RSA) != 0, bits >= Self.rsaBitsMin {
            self = .rs256
        } else if type & UInt32(R_KEY_TYPE_EDDSA) != 0, curve == "Ed25519" {
            self = .edDSA
        } else {
            return nil
        }
        if let named = publicKey.text("alg"), named != rawValue { return nil }
        if let use = publicKey.text("use"), use != "sig" { return nil }
    }

    var code: jwa_alg {
        switch self {
        case .es256: R_JWA_ALG_ES256
        case .rs256: R_JWA_ALG_RS256
        case .edDSA: R_JWA_ALG_EDDSA
        }
    }
}

/// librhonabwy keeps a key as a JSON object.
typealias OpaqueJWK = UnsafeMutablePointer<json_t>

extension UnsafeMutablePointer<json_t> {
    /// The member `name` if it is a string.
    func text(_ name: String) -> String? { json_object_get(self, name)?.text }

    /// The value if it is a string; read whole, also beyond a NUL.
    var text: String? {
        guard pointee.type == JSON_STRING, let start = json_string_value(self) else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: json_string_length(self)), as: UTF8.self)
    }

    /// The value if it is a number that fits; fractions of a second are cut off.
    var seconds: Int64? {
        switch pointee.type {
        case JSON_INTEGER: json_integer_value(self)
        case JSON_REAL: Int64(exactly: json_real_value(self).rounded(.down))
        default: nil
        }
    }

    /// The strings of an array of strings, else nil.
    var texts: [String]? {
        guard pointee.type == JSON_ARRAY else { return nil }
        var texts: [String] = []
        for index in 0..<json_array_size(self) {
            guard let text = json_array_get(self, index)?.text else { return nil }
            texts.append(text)
        }
        return texts
    }
}

/// What librhonabwy needs once a process.
enum Rhonabwy {
    static let isReady = r_global_init() == RHN_OK
}
