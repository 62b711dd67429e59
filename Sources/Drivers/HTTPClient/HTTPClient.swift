/// HTTP for the roles that ask each other and for services beside us: libcurl with kept-alive connections.
///
/// Redirects are not followed, certificates and host names are always checked, proxies of the environment are ignored.
package final class HTTPClient: Sendable {
    private let thread: HTTPTransferThread

    /// - Parameters:
    ///   - label: Names the client's thread.
    ///   - connectionsPerHostMax: More requests than this to one host wait for a connection; at least 1.
    ///   - certificateAuthorityPath: Trust anchors in PEM; nil: those of the machine.
    /// - Throws: `failed` when libcurl cannot start.
    package init(
        label: String, connectionsPerHostMax: Int = 64, certificateAuthorityPath: String? = nil
    ) throws(HTTPClientError) {
        precondition(connectionsPerHostMax >= 1, "a client needs a connection")
        thread = try HTTPTransferThread(
            label: label, connectionsPerHostMax: connectionsPerHostMax,
            certificateAuthorityPath: certificateAuthorityPath)
    }

    deinit { thread.beginClosing() }

    /// Sends `request` and returns the whole response, whatever its status; cancelling the task ends the transfer.
    ///
    /// A request is sent once, except that libcurl repeats it when a kept connection turns out to be closed before
    /// anything was answered.
    package func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        guard request.isWellFormed else { throw .invalidRequest }
        let transfer = HTTPTransfer(request)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.wait(continuation)
                thread.submit(transfer)
            }
        } onCancel: {
            thread.cancel(transfer)
        }
        return try outcome.get()
    }

    /// Refuses new requests, waits until those under way have ended, and disconnects.
    package func close() async { await thread.close() }
}
