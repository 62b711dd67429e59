import Foundation
import JOSE
import Testing

@Suite("LocalIssuer")
struct LocalIssuerTests {
    let folder = URL.temporaryDirectory.appending(path: "issuer-\(UUID().uuidString)")

    private func makeFolder() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private var keyPath: String { folder.appending(path: "issuer.jwk").path }

    @Test func createsAKeyOnceThatOnlyItsOwnerReads() throws {
        try makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try LocalIssuer(keyPath: keyPath, issuer: TokenFixture.issuer)
        let attributes = try FileManager.default.attributesOfItem(atPath: keyPath)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let second = try LocalIssuer(keyPath: keyPath, issuer: TokenFixture.issuer)
        #expect(first.jwks == second.jwks)
        let token = try first.sign(TokenFixture.claims())
        #expect(try TokenFixture.verifier(second.jwks).verify(token, nowSeconds: TokenFixture.now).role == "patient")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["issuer.jwk"])
        #expect(!String(decoding: first.jwks, as: UTF8.self).contains("\"d\""))
    }

    @Test func refusesAKeyThatOthersCanRead() throws {
        try makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try LocalIssuer(keyPath: keyPath, issuer: TokenFixture.issuer)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: keyPath)
        #expect(throws: IssuerError.keyFileIsOpenToOthers) {
            try LocalIssuer(keyPath: keyPath, issuer: TokenFixture.issuer)
        }
    }

    @Test(arguments: ["", "{}", "not json", #"{"kty":"oct","k":"c2VjcmV0"}"#])
    func refusesAFileWithoutAKey(_ content: String) throws {
        try makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(
            FileManager.default.createFile(
                atPath: keyPath, contents: Data(content.utf8), attributes: [.posixPermissions: 0o600]))
        #expect(throws: IssuerError.invalidKey) { try LocalIssuer(keyPath: keyPath, issuer: TokenFixture.issuer) }
    }

    @Test func saysWhenTheFolderIsMissing() {
        #expect(throws: IssuerError.file(code: ENOENT)) {
            try LocalIssuer(keyPath: "/nonexistent/folder/key", issuer: TokenFixture.issuer)
        }
    }

    @Test(arguments: ["", "[]", "text", "{\"a\":1,\"a\":2}"])
    func signsOnlyObjects(_ claims: String) throws {
        let key = try SigningKey(.es256)
        #expect(throws: IssuerError.claimsAreNotAnObject) { try key.sign(Array(claims.utf8)) }
    }
}
