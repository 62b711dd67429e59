/// The topic that models put all that they hold into now and then, so that a rebuild can do without older events.
///
/// It is none of the contract's three: nobody but a rebuild from the log alone reads it, and it is there only where
/// somebody asked for it. Keys, partitions and retention are those of the others.
package enum BaselineTopic {
    /// The name in Kafka.
    package static let name = "model-baselines"
}
