/// What the sealer found that must not be: the history, or what is kept of its tree, is not what it was.
package enum SealFault: Error, Hashable, Sendable {
    /// A position was given, and its row is not there.
    case rowMissing(SealedTree, position: Int64)
    /// A position has two rows.
    case rowDoubled(SealedTree, position: Int64)
    /// A tile was written before with other hashes than the rows give now.
    case tileDiffers(SealedTree, level: Int, tile: Int64)
    /// The store ends before the last signed head: it was cut, or an old copy was put in its place.
    case storeBehindHead(SealedTree, size: Int64, headSize: Int64)
    /// The rows up to a signed head do not come to its root.
    case rootDiffers(SealedTree, size: Int64)
    /// The last head in the log is not signed by this system's key, or is no head.
    case headNotOurs(SealedTree)
}

extension SealFault: CustomStringConvertible {
    /// The origin and the place; nothing of a row.
    package var description: String {
        switch self {
        case .rowMissing(let tree, let position): "\(tree.origin): the row of position \(position) is missing"
        case .rowDoubled(let tree, let position): "\(tree.origin): position \(position) has two rows"
        case .tileDiffers(let tree, let level, let tile):
            "\(tree.origin): the rows are not those that tile \(tile) of level \(level) was made from"
        case .storeBehindHead(let tree, let size, let headSize):
            "\(tree.origin): the store has \(size) positions, the last signed head \(headSize)"
        case .rootDiffers(let tree, let size):
            "\(tree.origin): the first \(size) positions are not those that were signed"
        case .headNotOurs(let tree): "\(tree.origin): the last head in the log is not signed by this system's key"
        }
    }
}
