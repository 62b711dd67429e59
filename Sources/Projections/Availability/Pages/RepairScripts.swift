import Redis

/// The scripts by which pages are repaired from outside of the lane that writes them: each changes a page only where it
/// holds no more than what the repair knows of.
enum RepairScripts {
    /// Puts cells into pages of one bucket, each only if its page's header is still the one that was read.
    ///
    /// A page: both sequences of the header, first bit of the cell, its open plane, its booked plane, bytes needed.
    /// Answers a page: 1 done, 0 the header has moved, -2 there is no page.
    static let cells = RedisScript(
        name: "repair_cells",
        source: """
            local answers = {}
            for i = 1, #KEYS do
              local key, at = KEYS[i], i * 6 - 5
              local length = redis.call('STRLEN', key)
              if length < \(PageLayout.headerBytes) then
                answers[i] = -2
              else
                local seen = redis.call('BITFIELD', key, 'GET', 'i64', 0, 'GET', 'i64', 64)
                if seen[1] ~= tonumber(ARGV[at]) or seen[2] ~= tonumber(ARGV[at + 1]) then
                  answers[i] = 0
                else
                  if tonumber(ARGV[at + 5]) > length then
                    local old = redis.call('GET', key)
                    redis.call('SET', key, old .. string.rep('\\0', \(PageLayout.fullBytes) - length))
                  end
                  local bit = tonumber(ARGV[at + 2])
                  redis.call('BITFIELD', key, 'SET', 'u24', bit, ARGV[at + 3], 'SET', 'u24', bit + 24, ARGV[at + 4])
                  answers[i] = 1
                end
              end
            end
            return answers
            """)

    /// Puts whole pages of one bucket in the place of what is there, each only if that is not newer in either topic.
    ///
    /// ARGV: last sequence of booking-events, of practitioner-events, then one page a key. Answers a page: 1 done, 0 it
    /// is newer.
    static let pages = RedisScript(
        name: "repair_pages",
        source: """
            local bookings, practitioners = tonumber(ARGV[1]), tonumber(ARGV[2])
            local answers = {}
            for i = 1, #KEYS do
              answers[i] = 1
              if redis.call('STRLEN', KEYS[i]) >= \(PageLayout.headerBytes) then
                local seen = redis.call('BITFIELD', KEYS[i], 'GET', 'i64', 0, 'GET', 'i64', 64)
                if seen[1] > bookings or seen[2] > practitioners then answers[i] = 0 end
              end
              if answers[i] == 1 then redis.call('SET', KEYS[i], ARGV[i + 2]) end
            end
            return answers
            """)
}
