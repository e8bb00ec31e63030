/// What an attempt's end says: about its delivery, and about whoever was to get it.
struct Finding: Hashable, Sendable {
    /// What follows for the delivery.
    enum Verdict: Hashable, Sendable {
        case delivered
        /// Try again by the schedule, but not before that much time has passed, because the receiver said so.
        case retry(notWithin: Duration?)
        /// Do not try again.
        case exhausted
    }

    /// What the attempt tells of the receiver, whatever becomes of the delivery.
    enum Evidence: Hashable, Sendable {
        case works
        /// Somebody answers, and does not want this message: another one may be welcome.
        case refusesMessage
        /// No message would have got through.
        case fails
        /// It never came to an attempt, because of something on our side.
        case nothing
    }

    var verdict: Verdict
    var evidence: Evidence
    /// The receiver asks for a rest from everything.
    var rest: Duration?
    /// Why its endpoint is to be disabled; `nil` where it is not.
    var disabledReason: String?
}
