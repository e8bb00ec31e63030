internal import Engine
internal import Foundation
internal import Glibc
internal import Synchronization
internal import ThumbwireKit

/// `THUMBWIRE_FAULT=POINT[:COUNT]`, for tests of what a process leaves behind that dies in the middle of a purchase: it
/// ends itself there with SIGKILL, the COUNTth time it comes by.
struct FaultSetting {
    static let variable = "THUMBWIRE_FAULT"

    let point: FaultPoint
    let count: Int

    /// Throws a ``ServiceError`` that names the points.
    init(_ text: String) throws(ServiceError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let count = parts.count == 2 ? Int(parts[1]) : 1
        let names = FaultPoint.allCases.map(\.rawValue)
        guard let point = FaultPoint(rawValue: String(parts[0])), let count, count > 0 else {
            throw ServiceError(
                "\(Self.variable): \"\(text.prefix(64))\" is not POINT or POINT:COUNT; "
                    + suggestion(for: String(parts[0].prefix(64)), among: names))
        }
        (self.point, self.count) = (point, count)
    }

    /// What the environment asks for; nothing unless it does.
    static func points() throws(ServiceError) -> FaultPoints {
        guard let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else { return .none }
        let setting = try FaultSetting(text)
        let left = Mutex(setting.count)
        return FaultPoints { point throws(FaultPoints.Crash) in
            guard point == setting.point else { return }
            let isNow = left.withLock { left in
                left -= 1
                return left == 0
            }
            if isNow { kill(getpid(), SIGKILL) }
        }
    }
}
