import Domain
import Postgres

extension PostgresSearchEngine {
    package func search(_ request: SearchRequest) async throws -> [SearchHit] {
        let slots = try await slots(of: request.country, window: request.window, now: request.now)
        for radius in radii(request) {
            let found = try await hits(ranked(request, slots, radiusMetres: radius), request)
            if found.count == request.limit { return found }
        }
        return try await hits(step(for: request, slots), request)
    }

    /// The statement that has the whole answer.
    func step(for request: SearchRequest, _ slots: GridSlots) -> PGStep {
        simpleWindow(request).map { soonest(request, slots, until: $0) }
            ?? ranked(request, slots, radiusMetres: request.circle?.radiusMetres)
    }

    /// Smaller circles to look at first: where there are many practitioners, the nearest are found without measuring
    /// all.
    private func radii(_ request: SearchRequest) -> [Double] {
        guard let circle = request.circle, request.order == .distance else { return [] }
        return [circle.radiusMetres / 16, circle.radiusMetres / 4].filter { $0 > request.after?.rank ?? 0 }
    }

    /// Always planned for what is asked: a plan for every question takes half a second where there are many documents.
    private func hits(_ step: PGStep, _ request: SearchRequest) async throws -> [SearchHit] {
        let rows = try await pool.pipeline([PGStep(.begin), PGStep(.planAnew), step, PGStep(.commit)])[2]
        return (0..<rows.count).compactMap { hit(rows, $0, request) }
    }

    /// The grids of a country with their slots around the present; one whose zone cannot be read is left out, so that
    /// the free slots of its practices count as unknown.
    func slots(of country: Country, window: SearchWindow, now: Instant) async throws -> GridSlots {
        let rows = try await pool.query(SQL.readGrids, [.text(country.code.text)])
        let grids = (0..<rows.count).compactMap { row -> NumberedGrid? in
            guard let dayStart = LocalTime(minutes: Int(rows.int(row, 2))),
                let grid = try? zones.grid(
                    zone: rows.text(row, 1), dayStart: dayStart, slotMinutes: Int(rows.int(row, 3)))
            else { return nil }
            return NumberedGrid(number: rows.int(row, 0), grid: grid)
        }
        return GridSlots(grids, window: window, country: country, now: now, cache: starts)
    }

    /// The last moment that counts where the index has the answer in order; nil where candidates have to be looked at.
    private func simpleWindow(_ request: SearchRequest) -> Instant? {
        guard request.circle == nil, request.nameWords.isEmpty, request.order != .distance, request.window.from == nil
        else { return nil }
        switch request.window.to {
        case nil: return Instant(microseconds: .max)
        case .instant(let end): return Instant(microseconds: max(end.microseconds, .min + 1) - 1)
        case .date: return nil  // another moment in each zone
        }
    }

    private func soonest(_ request: SearchRequest, _ slots: GridSlots, until end: Instant) -> PGStep {
        let after = request.after ?? .start(request.order)
        let earliest = request.now.adding(minutes: request.country.minimumNoticeMinutes)
        return PGStep(
            SQL.searchSoonest,
            [
                .int(epoch), .text(request.country.code.text), .optional(request.specialtyKey),
                .optional(request.language), .timestamp(earliest.microseconds), .timestamp(end.microseconds),
                .date(slots.origin.days), .intArray(slots.numbers), .intArray(slots.from), .intArray(slots.to),
                .doubleArray(slots.starts), .int4(Int32(GridSlots.count)), .timestamp(microseconds(after.rank)),
                .uuid(after.practitioner.high, after.practitioner.low), .int4(Int32(clamping: request.limit)),
            ])
    }

    private func ranked(_ request: SearchRequest, _ slots: GridSlots, radiusMetres: Double?) -> PGStep {
        let after = request.after ?? .start(request.order)
        let box = request.circle.map { SearchBox($0, radiusMetres: radiusMetres ?? $0.radiusMetres) }
        return PGStep(
            rankedStatement(request),
            [
                .int(epoch), .text(request.country.code.text), .optional(request.specialtyKey),
                .optional(request.language), .textArray(request.nameWords),
                .optional(request.circle?.latitude), .optional(request.circle?.longitude),
                .double(radiusMetres ?? 0), .double(box?.south ?? 0), .double(box?.north ?? 0),
                .double(box?.west ?? 0), .double(box?.east ?? 0), .double(box?.secondWest ?? 0),
                .double(box?.secondEast ?? 0), .date(slots.origin.days), .intArray(slots.numbers),
                .intArray(slots.from), .intArray(slots.to), .doubleArray(slots.starts),
                .int4(Int32(GridSlots.count)), .bool(!request.window.isOpen), .text("\(request.order)"),
                .int4(after.grade), .double(after.rank), .uuid(after.practitioner.high, after.practitioner.low),
                .int4(Int32(clamping: request.limit)), .timestampArray(slots.fromTimes),
                .timestampArray(slots.toTimes),
            ])
    }

    private func rankedStatement(_ request: SearchRequest) -> SQLStatement {
        if !request.nameWords.isEmpty { return SQL.searchRankedNamed }
        if request.circle != nil {
            return request.specialtyKey == nil ? SQL.searchRankedNear : SQL.searchRankedNearSpecialty
        }
        return request.specialtyKey == nil ? SQL.searchRankedAll : SQL.searchRankedSpecialty
    }

    private func hit(_ rows: PGRows, _ row: Int, _ request: SearchRequest) -> SearchHit? {
        guard let document = SearchDocument(rows, row), let profile = document.profile else { return nil }
        let free = freeStarts(document, profile, request)
        return SearchHit(
            document: document, profile: profile, distanceMetres: rows.doubleOrNil(row, 28), nextAvailable: free?.first,
            freeSlots: free?.count,
            position: SearchPosition(
                order: request.order, grade: Int32(rows.int(row, 26)), rank: rows.double(row, 27),
                practitioner: document.key.practitioner))
    }

    /// By the one judge of what is free; nil where it is not known.
    private func freeStarts(
        _ document: SearchDocument, _ profile: SearchProfile, _ request: SearchRequest
    ) -> (first: Instant?, count: Int)? {
        guard let days = document.freeDays,
            let grid = try? zones.grid(
                zone: profile.timeZone, dayStart: profile.dayStart, slotMinutes: profile.slotMinutes)
        else { return nil }
        let limits = SlotLimits(request.window, country: request.country, grid: grid, now: request.now)
        var first: Instant?
        var count = 0
        for index in days.masks.indices where !days.masks[index].isEmpty {
            let date = days.firstDate.adding(days: index)
            let starts = limits.starts(free: days.masks[index], on: date, grid: grid)
            count += starts.count
            if first == nil { first = starts.first.flatMap { grid.start(of: $0, on: date) } }
        }
        // Behind the hot days only the next start is known, as the projector looked further.
        return (first ?? document.nextAvailable.flatMap { limits.contains($0) ? $0 : nil }, count)
    }

    /// A rank as the moment that it was made of; the infinities are PostgreSQL's.
    private func microseconds(_ rank: Double) -> Int64 {
        Int64(exactly: rank.rounded()) ?? (rank < 0 ? .min : .max)
    }
}

extension PGValue {
    fileprivate static func optional(_ text: String?) -> PGValue { text.map { .text($0) } ?? .null }
    fileprivate static func optional(_ number: Double?) -> PGValue { number.map { .double($0) } ?? .null }
}

/// The degrees within which a circle lies: what an index can look up before distances are computed.
struct SearchBox: Hashable {
    let south: Double
    let north: Double
    let west: Double
    let east: Double
    /// Beyond 180 degrees, where longitudes begin anew; the same as the first stretch where the circle does not reach
    /// it.
    let secondWest: Double
    let secondEast: Double

    private static let metresPerDegree = 111_195.0

    init(_ circle: SearchRequest.Circle, radiusMetres: Double) {
        let height = radiusMetres / Self.metresPerDegree * 1.001  // the index may find too many, never too few
        south = max(circle.latitude - height, -90)
        north = min(circle.latitude + height, 90)
        let narrowest = min(SearchBox.cosine(degrees: south), SearchBox.cosine(degrees: north))
        guard height < 180 * narrowest else {  // a pole is inside, or nearly
            (west, east, secondWest, secondEast) = (-180, 180, -180, 180)
            return
        }
        let width = height / narrowest
        let (left, right) = (circle.longitude - width, circle.longitude + width)
        west = max(left, -180)
        east = min(right, 180)
        if left < -180 {
            (secondWest, secondEast) = (left + 360, 180)
        } else if right > 180 {
            (secondWest, secondEast) = (-180, right - 360)
        } else {
            (secondWest, secondEast) = (west, east)
        }
    }

    /// A lower bound of the cosine, at least 0: enough for a box, and needs no library.
    ///
    /// 1 - x²/2 + x⁴/24 - x⁶/720.
    private static func cosine(degrees: Double) -> Double {
        let radians = degrees * .pi / 180
        let square = radians * radians
        return max(1 - square / 2 + square * square / 24 - square * square * square / 720, 0)
    }
}
