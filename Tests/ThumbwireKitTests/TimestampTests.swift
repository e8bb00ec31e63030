import Testing
import ThumbwireKit

@Suite("Timestamps")
struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_614_265_330_123_456, "2021-02-25T15:02:10.123Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (4_102_444_799_999_999, "2099-12-31T23:59:59.999Z"),
        (253_402_300_800_000_000, "10000-01-01T00:00:00.000Z"),
    ])
    func `the text is RFC 3339 in UTC with milliseconds`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
    }

    @Test func `ids sort by the time they were made`() {
        let earlier = JobID(prefix: "job_", at: Timestamp(microseconds: 1_700_000_000_000_000))
        let later = JobID(prefix: "job_", at: Timestamp(microseconds: 1_700_000_000_001_000))

        #expect(earlier.rawValue < later.rawValue)
        #expect(earlier.rawValue.count == 30)
    }

    @Test func `two ids of one moment differ`() {
        let moment = Timestamp(microseconds: 0)

        #expect(Set((0..<1_000).map { _ in EventID(prefix: "evt_", at: moment) }).count == 1_000)
    }
}
