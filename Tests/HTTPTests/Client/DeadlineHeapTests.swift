import Testing

@testable import HTTP

@Suite struct DeadlineHeapTests {
    @Test func `hands deadlines out in their order, and none before its time`() {
        let start = ContinuousClock.now
        var heap = DeadlineHeap()
        let offsets = (0..<200).map { $0 * 7_919 % 200 }
        for offset in offsets { heap.insert(UInt64(offset), at: start + .seconds(offset)) }

        var taken: [UInt64] = []
        while let id = heap.popExpired(at: start + .seconds(99)) { taken.append(id) }

        #expect(taken == Array(0..<100))
        #expect(heap.earliest == start + .seconds(100))
    }
}
