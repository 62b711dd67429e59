import Domain
import Redis
import TestSupport
import Testing

@testable import AvailabilityProjection

/// The bytes of a page: others read them, too.
@Suite("Pages: bytes are as CONTRACT and DESIGN say")
struct PageLayoutTests {
    @Test("slot 0 is the most significant bit of each plane, open before booked")
    func laysBitsOut() {
        var page = [UInt8](repeating: 0, count: PageLayout.fullBytes)
        let cell = DayCell(open: SlotMask(first: 0, count: 9), booked: SlotMask(first: 23, count: 1))
        cell.write(to: &page, at: PageLayout.offset(ofCell: 2))
        #expect(Array(page[28..<34]) == [0xFF, 0x80, 0x00, 0x00, 0x00, 0x01])
        #expect(DayCell(page, at: 28) == cell)
        #expect(page.count == 16 + 1_024 * 6)
    }

    @Test("every cell reads back as it was written")
    func readsBack() {
        var random = SeededRandom()
        for _ in 0..<1_000 {
            let cell = DayCell(
                open: SlotMask(rawValue: UInt32.random(in: 0...0xFF_FFFF, using: &random)),
                booked: SlotMask(rawValue: UInt32.random(in: 0...0xFF_FFFF, using: &random)))
            var bytes = [UInt8](repeating: 0, count: PageLayout.cellBytes)
            cell.write(to: &bytes, at: 0)
            #expect(DayCell(bytes) == cell, "seed \(random.seed)")
        }
    }

    @Test("a page that ends before a cell does not know it")
    func knowsItsEnd() {
        #expect(DayCell([UInt8](repeating: 0, count: 16 + 5), at: 16) == nil)
        #expect(DayCell([UInt8](), at: 0) == nil)
    }

    @Test("the days of a bucket share a hash tag")
    func tagsKeys() {
        let bucket = BucketID(country: .fr, partition: 3, index: 2)
        #expect(bucket.key(epoch: 7, LocalDate(days: 20_777)) == "av:7:{fr:3.2}:2026-11-20")
        let place = CellPlace(country: .fr, partition: 3, number: 2_049)
        #expect(place.bucket == bucket)
        #expect(place.cell == 1)
    }

    @Test("an edit of scattered slots changes exactly those, and comes again without effect")
    func editsExactly() async throws {
        try await TestRedis.with { server in
            let redis = try RedisClient(url: server.url, label: "edits")
            let store = PageStore(redis: redis, epoch: 1)
            let (bucket, date) = (BucketID(country: .fr, partition: 0, index: 0), LocalDate(days: 20_777))
            let header = PageHeader(bookings: 4, practitioners: 9)
            let empty = header.bytes + [UInt8](repeating: 0, count: 3 * PageLayout.cellBytes)
            try await store.write([(bucket, [(date, empty)])], header)

            let slots = try #require(SlotMask(indices: [0, 1, 5, 23]))
            let page = PageEdit.Page(bucket: bucket, date: date)
            let edit = PageEdit(
                page, .booked,
                [
                    PageEdit.Change(cell: 1, slots: SlotMask(first: 3, count: 1), value: true, sequence: 4),
                    PageEdit.Change(cell: 1, slots: slots, value: true, sequence: 5),
                    PageEdit.Change(cell: 1, slots: SlotMask(first: 5, count: 1), value: false, sequence: 7),
                ])
            let open = PageEdit(page, .open, [PageEdit.Change(cell: 700, slots: slots, value: true, sequence: 10)])
            for _ in 1...2 {
                try await store.apply([edit, open])
                let cells = try await store.cells(bucket, [0, 1, 700], [date]).map(\.first)
                #expect(cells[0] == DayCell())
                // The change at 4 was in the page before; those at 5 and 7 were not.
                #expect(cells[1] == DayCell(booked: try #require(SlotMask(indices: [0, 1, 23]))))
                #expect(cells[2] == DayCell(open: slots))
                #expect(try await store.pages(bucket, [date])[0]?.count == PageLayout.fullBytes)
                #expect(
                    try await store.pages(bucket, [date])[0]?.prefix(16).elementsEqual(
                        PageHeader(bookings: 7, practitioners: 10).bytes) == true)
            }
            await redis.close()
        }
    }
}
