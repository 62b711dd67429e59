import Domain

/// What every measurement stands on.
struct BenchGround: Sendable {
    let settings: BenchSettings
    let tools: ToolChain
    let scale: Scale
    /// Where everything takes place.
    let country: CountryCode

    var databases: DatabaseServer { DatabaseServer(url: settings.databaseURL) }

    /// Bookings from tomorrow on, for figures without the HTTP edge.
    var history: BookingHistory { BookingHistory(country: country, firstDay: MachineClock.today.adding(days: 1)) }

    /// A file of the state folder.
    func path(_ name: String) -> String { "\(settings.stateFolder)/\(name)" }
}

/// Figures that share a set-up, in the order in which they are taken.
enum FigureGroup: CaseIterable {
    case system, relay, sealing, history, projection, replay, beside

    var title: String {
        switch self {
        case .system: "the system from outside"
        case .relay: "relay"
        case .sealing: "sealing"
        case .history: "a long history"
        case .projection: "projection"
        case .replay: "replay"
        case .beside: "others beside a rebuild"
        }
    }

    var figures: Set<Figure> {
        switch self {
        case .system: [.mixed, .reads, .race, .bookings]
        case .relay: [.relay]
        case .sealing: [.sealing]
        case .history: [.history]
        case .projection: [.projection]
        case .replay: [.replay, .verify]
        case .beside: [.beside]
        }
    }

    func measure(_ ground: BenchGround, _ figures: Set<Figure>, _ report: (FigureResult) -> Void) async throws {
        switch self {
        case .system: try await SystemFigures(ground: ground).measure(figures, report)
        case .relay: try await RelayFigures(ground: ground).measure(report)
        case .sealing: try await SealFigures(ground: ground).measure(report)
        case .history: try await HistoryFigures(ground: ground).measure(report)
        case .projection: try await ProjectionFigures(ground: ground).measure(report)
        case .replay: try await ReplayFigures(ground: ground).measure(figures, report)
        case .beside: try await BesideFigures(ground: ground, history: LargeHistory(ground)).measure(report)
        }
    }
}
