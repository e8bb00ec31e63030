internal import Foundation
internal import Glibc
internal import ThumbwireKit

/// What the system says of this process, under the names that Prometheus' own clients use.
struct ProcessMetrics: Sendable {
    private let version: String
    private let build: ReadMetric
    private let cpu: ReadMetric
    private let resident: ReadMetric
    private let openFiles: ReadMetric
    private let maximumFiles: ReadMetric
    private let start: ReadMetric

    init(in metrics: Metrics, version: String) {
        self.version = version
        build = metrics.gauge(
            "thumbwire_build_info", "1, with the version of the program", labels: ["version"])
        cpu = metrics.readCounter(
            "process_cpu_seconds_total", "Time on processors, in user and system mode, in seconds")
        resident = metrics.gauge("process_resident_memory_bytes", "Resident memory")
        openFiles = metrics.gauge("process_open_fds", "Open file descriptors")
        maximumFiles = metrics.gauge("process_max_fds", "How many file descriptors may be open")
        start = metrics.gauge("process_start_time_seconds", "When the process began, in seconds since 1970")
    }

    func readings() -> [Reading] {
        var readings = [build.reading(1, version)]
        var usage = rusage()
        if getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 {
            readings.append(cpu.reading(usage.ru_utime.inSeconds + usage.ru_stime.inSeconds))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            readings.append(maximumFiles.reading(Double(limit.rlim_cur)))
        }
        if let pages = Self.words(of: "/proc/self/statm").dropFirst().first.flatMap({ Double($0) }) {
            readings.append(resident.reading(pages * Double(sysconf(Int32(_SC_PAGESIZE)))))
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            // The list's own descriptor is one of them.
            readings.append(openFiles.reading(Double(max(0, files.count - 1))))
        }
        if let moment = Self.startTime() { readings.append(start.reading(moment)) }
        return readings
    }

    /// proc(5): the 22nd field of `stat`, in ticks since the machine began, which `btime` says.
    private static func startTime() -> Double? {
        // The second field is the program's name in parentheses, which may hold anything.
        guard let stat = text(of: "/proc/self/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]),
            let line = text(of: "/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }
            ),
            let begun = Double(line.dropFirst("btime ".count))
        else { return nil }
        return begun + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func words(of path: String) -> [Substring] {
        text(of: path)?.split(separator: " ") ?? []
    }

    private static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension timeval {
    fileprivate var inSeconds: Double { Double(tv_sec) + Double(tv_usec) / 1_000_000 }
}
