import Persistence
import TestSupport
import ThumbwireKit

extension StoreModel {
    /// What the job takes; `nil` where nobody counts.
    func charge(for job: Job) -> Charge? {
        guard job.credits > 0, let account = accounts.first(where: { $0.id == job.account }) else {
            return nil
        }
        let key = keys.first { $0.id == job.key && $0.account == job.account }
        guard account.isMetered || key?.creditCap != nil else { return nil }
        return Charge(credits: job.credits, isMetered: account.isMetered, key: key?.id)
    }

    func available(to charge: Charge, _ account: AccountID) -> Int {
        let ofKey = keys.first { $0.id == charge.key }
        let left = ofKey?.creditCap.map { $0 - spending[ofKey?.id ?? KeyID(rawValue: ""), default: 0] }
        return min(charge.isMetered ? balance(of: account) : .max, left ?? .max)
    }

    mutating func hold(_ charge: Charge, for job: Job) {
        if let key = charge.key { spending[key, default: 0] += charge.credits }
        guard charge.isMetered else { return }
        ledger[job.account, default: []].append(
            LedgerEntry(kind: .hold, amount: -charge.credits, job: job.id, at: job.createdAt))
    }

    /// Kept when the job completed, given back otherwise.
    mutating func settle(_ charge: Charge, of job: Job, now: Timestamp) {
        let isKept = job.state == .completed
        if !isKept, let key = charge.key { spending[key, default: 0] -= charge.credits }
        guard charge.isMetered else { return }
        ledger[job.account, default: []].append(
            LedgerEntry(
                kind: isKept ? .capture : .release, amount: isKept ? 0 : charge.credits, job: job.id,
                at: job.finishedAt ?? now))
    }

    mutating func grant(_ amount: Int, to account: AccountID, now: Timestamp) -> Int {
        ledger[account, default: []].append(LedgerEntry(kind: .grant, amount: amount, at: now))
        return balance(of: account)
    }

    /// The job that a request repeats: ``Fingerprint`` says which.
    func repeated(_ fingerprint: Fingerprint, of account: AccountID) -> JobID? {
        let equal = requests.reversed().filter {
            $0.account == account && $0.hash == fingerprint.hash && $0.createdAt >= fingerprint.since
        }
        let owed = equal.filter { !$0.isAnswered }
        guard fingerprint.isRepetition else {
            return owed.first { !fingerprint.waiting.contains($0.job) }?.job
        }
        let told = equal.first { request in
            guard let job = jobs.first(where: { $0.job.id == request.job })?.job else { return false }
            if job.state == .failed { return job.failure?.failureClass == .outcomeUnknown }
            return job.state != .cancelled
        }
        return owed.first?.job ?? told?.job
    }

    mutating func markAnswered(_ job: JobID) {
        for index in requests.indices where requests[index].job == job { requests[index].isAnswered = true }
    }
}
