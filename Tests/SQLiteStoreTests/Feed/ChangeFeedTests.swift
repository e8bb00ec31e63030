import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

struct ChangeFeedTests {
    @Test func `wakes those whom a commit concerns, once each, and nobody else`() {
        let feed = ChangeFeed()
        let (own, other) = (JobID.make("job_"), JobID.make("job_"))
        let woken = Mutex<[String]>([])
        let watches = [
            feed.watch(.job(own)) { woken.withLock { $0.append("own") } },
            feed.watch(.job(own)) { woken.withLock { $0.append("own") } },
            feed.watch(.job(other)) { woken.withLock { $0.append("other") } },
            feed.watch(.jobEnded(own)) { woken.withLock { $0.append("ended") } },
        ]

        feed.publish([.job(own), .event(.make("acct_")), .job(own)])

        #expect(woken.withLock { $0 } == ["own", "own"])
        withExtendedLifetime(watches) {}
    }

    @Test func `a watch ends when asked, or when nobody holds it`() {
        let feed = ChangeFeed()
        let woken = Mutex(0)
        let watch = feed.watch(.deliveryDue) { woken.withLock { $0 += 1 } }
        do {
            let short = feed.watch(.deliveryDue) { woken.withLock { $0 += 1 } }
            withExtendedLifetime(short) {}
        }
        #expect(feed.watchCount == 1)
        watch.end()
        #expect(feed.watchCount == 0)
        feed.publish([.deliveryDue])
        #expect(woken.withLock { $0 } == 0)
    }

    @Test func `wakes everybody when it ends, also those who come after`() {
        let feed = ChangeFeed()
        let woken = Mutex(0)
        let before = feed.watch(.deliveryDue) { woken.withLock { $0 += 1 } }
        feed.finish()
        #expect(woken.withLock { $0 } == 1)
        let after = feed.watch(.deliveryDue) { woken.withLock { $0 += 1 } }
        #expect(woken.withLock { $0 } == 2)
        withExtendedLifetime((before, after)) {}
    }
}
