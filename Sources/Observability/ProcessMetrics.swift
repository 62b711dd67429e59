import Glibc

extension Metrics {
    /// Registers what is worth knowing about the process itself, under the names that Prometheus' own clients use.
    ///
    /// - Parameter startedAt: Microseconds since 1970 UTC, by the clock of the composition root.
    package func registerProcess(startedAt: Int64) {
        let start = Double(startedAt) / 1_000_000
        gauge("process_start_time_seconds", "When the process started, in seconds since 1970.") { start }
        gauge("process_resident_memory_bytes", "Memory that the process holds in RAM.") { residentMemoryBytes() }
        gauge("process_open_fds", "File descriptors that are open.") { openDescriptors() }
        counter("process_cpu_seconds_total", "Processor time that was used, in user and system mode.") { cpuSeconds() }
    }
}

/// The second figure of `/proc/self/statm`, in bytes; NaN if it cannot be read.
private func residentMemoryBytes() -> Double {
    guard let file = fopen("/proc/self/statm", "re") else { return .nan }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return .nan }
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let figures = text.split(separator: " ")
    guard figures.count > 1, let pages = Double(figures[1]) else { return .nan }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
}

/// The entries of `/proc/self/fd` less the one that reading it takes; NaN if it cannot be read.
private func openDescriptors() -> Double {
    guard let directory = opendir("/proc/self/fd") else { return .nan }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return Double(count - 3)  // `.`, `..` and the directory's own descriptor
}

private func cpuSeconds() -> Double {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return .nan }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
}
