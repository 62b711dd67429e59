import Redis

/// The scripts that touch pages: each sees and changes all that it is about in one step.
enum PageScripts {
    /// Applies edits to pages of one bucket, each page only if its header is older than all of them.
    ///
    /// A page: plane (0 booked, 1 open), first and last sequence, bytes needed, number of arguments, arguments of
    /// BITFIELD. Answers a page: -2 there is none, -1 done, else the sequence in the header.
    static let edit = RedisScript(
        name: "edit_pages",
        source: """
            local answers = {}
            local at = 1
            for i = 1, #KEYS do
              local key = KEYS[i]
              local header = ARGV[at] * 64
              local first, last = tonumber(ARGV[at + 1]), ARGV[at + 2]
              local needed, count = tonumber(ARGV[at + 3]), ARGV[at + 4]
              local start = at + 5
              at = start + count
              local length = redis.call('STRLEN', key)
              if length < \(PageLayout.headerBytes) then
                answers[i] = -2
              else
                local seen = redis.call('BITFIELD', key, 'GET', 'i64', header)[1]
                if seen < first then
                  if needed > length then
                    local old = redis.call('GET', key)
                    redis.call('SET', key, old .. string.rep('\\0', \(PageLayout.fullBytes) - length))
                  end
                  for from = start, at - 1, 4000 do
                    redis.call('BITFIELD', key, unpack(ARGV, from, math.min(from + 3999, at - 1)))
                  end
                  redis.call('BITFIELD', key, 'SET', 'i64', header, last)
                  answers[i] = -1
                else
                  answers[i] = seen
                end
              end
            end
            return answers
            """)

    /// Writes whole pages of one bucket, except where a page is at least as new in both topics and as long.
    ///
    /// ARGV: last sequence of booking-events, of practitioner-events, then one page a key.
    static let write = RedisScript(
        name: "write_pages",
        source: """
            local bookings, practitioners = tonumber(ARGV[1]), tonumber(ARGV[2])
            for i = 1, #KEYS do
              local page = ARGV[i + 2]
              local length = redis.call('STRLEN', KEYS[i])
              local isNewer = false
              if length >= \(PageLayout.headerBytes) and length >= #page then
                local seen = redis.call('BITFIELD', KEYS[i], 'GET', 'i64', 0, 'GET', 'i64', 64)
                isNewer = seen[1] >= bookings and seen[2] >= practitioners
              end
              if not isNewer then redis.call('SET', KEYS[i], page) end
            end
            return #KEYS
            """)

    /// Sets fields of a checkpoint that exists; one that is further, by the sum of its sequences, is left alone.
    ///
    /// ARGV: that sum, what was announced (empty: as before), then fields and values. Who announces says how far,
    /// however far the pages are. Answers 0 where there is no checkpoint: the model is gone.
    static let advance = RedisScript(
        name: "advance_checkpoint",
        source: """
            local stored = redis.call('HGET', KEYS[1], 'total')
            if not stored then return 0 end
            if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'announced', ARGV[2]) end
            if tonumber(stored) > tonumber(ARGV[1]) then return 2 end
            redis.call('HSET', KEYS[1], 'total', ARGV[1], unpack(ARGV, 3))
            return 1
            """)

    /// Puts a checkpoint in the place of any other.
    static let replace = RedisScript(
        name: "replace_checkpoint",
        source: """
            redis.call('DEL', KEYS[1])
            if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'announced', ARGV[2]) end
            redis.call('HSET', KEYS[1], 'total', ARGV[1])
            for from = 3, #ARGV, 4000 do
              redis.call('HSET', KEYS[1], unpack(ARGV, from, math.min(from + 3999, #ARGV)))
            end
            return 1
            """)
}
