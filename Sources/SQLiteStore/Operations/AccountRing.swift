internal import ThumbwireKit

/// Whose turn it is among the accounts whose jobs are ready: weighted round robin, in the memory of the one thread that
/// writes.
///
/// The rows are the truth, and this is a guess at them that may hold an account too many: one without a ready job drops
/// out at its turn. It holds none too few, unless it was forgotten: then the next claim reads it anew.
final class AccountRing {
    /// An account in the ring.
    struct Place {
        var account: AccountID
        /// Jobs of each of its turns.
        var weight: Int
        /// Of its jobs, leased at a time.
        var maximum: Int?
        /// Jobs left of the turn that it has; 0 outside of one.
        var turn = 0
    }

    /// From `head` on, in the order of turns.
    private var places: [Place] = []
    private var head = 0
    private var members: Set<AccountID> = []
    /// Accounts with as many leased jobs as they may have, left out until one of those is let go.
    private var full: Set<AccountID> = []
    /// The weights of the ring together.
    private(set) var totalWeight = 0
    /// False when it has to be read from the rows before it is used.
    private(set) var isRead = false
    /// Whose turn was last; one that is read anew goes on behind it.
    private(set) var last: AccountID?

    var first: Place? { head < places.count ? places[head] : nil }

    /// True where the account needs no place: it has one, or none is of use to it.
    func knows(_ account: AccountID) -> Bool {
        !isRead || members.contains(account) || full.contains(account)
    }

    /// Puts an account behind all others.
    func append(_ place: Place) {
        guard members.insert(place.account).inserted else { return }
        places.append(place)
        totalWeight += place.weight
    }

    /// Takes the first out of the ring.
    func removeFirst() -> Place? {
        guard let place = first else { return nil }
        head += 1
        if head > 64, head * 2 > places.count {
            places.removeFirst(head)
            head = 0
        }
        members.remove(place.account)
        totalWeight -= place.weight
        last = place.account
        return place
    }

    /// Puts back one whose turn is not over.
    func prepend(_ place: Place) {
        guard members.insert(place.account).inserted else { return }
        totalWeight += place.weight
        if head > 0 {
            head -= 1
            places[head] = place
        } else {
            places.insert(place, at: 0)
        }
    }

    /// Leaves an account out until ``release(_:)``.
    func park(_ account: AccountID) {
        full.insert(account)
    }

    /// Says that a leased job of the account was let go; true where it was left out and needs a place again.
    func release(_ account: AccountID) -> Bool {
        full.remove(account) != nil
    }

    /// Says that the rows changed in a way that is not known here.
    func forget() {
        isRead = false
    }

    /// Makes the ring of these accounts.
    func fill(_ accounts: [Place]) {
        (places, head, members, full, totalWeight) = ([], 0, [], [], 0)
        isRead = true
        for place in accounts { append(place) }
    }
}
