internal import ThumbwireKit

/// How a chain's candidates take turns: `failoverOn`, `onUnknown`, `lastResort`, `hedge` and `allowDoublePurchase`; and how
/// many orders a provider gets at a time.
extension PluginsFile {
    static let providerKeys = ["plugin", "config", "enabled", "timeout", "concurrency"]
    static let policyKeys = ["failoverOn", "onUnknown", "lastResort", "hedge", "allowDoublePurchase"]

    mutating func readPolicy(
        _ object: JSONObject, providers: [PinnedChain.Use], path: String
    ) -> PinnedChain.ProviderPolicy {
        var policy = PinnedChain.ProviderPolicy()
        policy.failoverOn.formUnion(readClasses(object["failoverOn"], path: "\(path).failoverOn"))
        policy.onUnknown = readOnUnknown(object["onUnknown"], path: "\(path).onUnknown")
        policy.lastResort = readFlag(object["lastResort"], path: "\(path).lastResort")
        policy.hedge = readDuration(object["hedge"], path: "\(path).hedge")
        let mayBuyTwice = readFlag(object["allowDoublePurchase"], path: "\(path).allowDoublePurchase")
        let billed = providers.filter { catalog.manifest(of: $0.plugin)?.isBilled == true }.map(\.id)
        if policy.hedge != nil, !billed.isEmpty, !mayBuyTwice {
            report(
                "\(path).hedge",
                "asks two providers for one picture, and \(billed.joined(separator: ", ")) cost money; "
                    + "add \"allowDoublePurchase\": true or leave \"hedge\" out")
        }
        return policy
    }

    /// The providers that jobs pin: one that is a last resort stands in only where no other is enabled, or behind all
    /// others where the chain wants it.
    func candidates(_ listed: [PinnedChain.Use], _ policy: PinnedChain.ProviderPolicy) -> [PinnedChain.Use] {
        let last = listed.filter { catalog.manifest(of: $0.plugin)?.isLastResort == true }
        let others = listed.filter { !last.contains($0) }
        return others.isEmpty || policy.lastResort ? others + last : others
    }

    mutating func readConcurrency(_ value: JSONValue?, path: String) -> Int? {
        let allowed: ClosedRange<Int64> = 1...10_000
        guard let value else { return nil }
        guard let number = value.integer, allowed.contains(number) else {
            report(
                "\(path).concurrency",
                "expected a whole number from \(allowed.lowerBound) to \(allowed.upperBound)")
            return nil
        }
        return Int(number)
    }

    /// Classes in addition to the standard ones.
    private mutating func readClasses(_ value: JSONValue?, path: String) -> [FailureClass] {
        guard let value else { return [] }
        guard let elements = value.array else {
            report(path, "expected an array of failure classes, found \(value.kindName)")
            return []
        }
        let allowed = FailureClass.allCases.filter { $0 != .outcomeUnknown }
        var classes: [FailureClass] = []
        for (position, element) in elements.enumerated() {
            let name = element.string ?? element.kindName
            if name == FailureClass.outcomeUnknown.rawValue {
                report(
                    "\(path)[\(position)]",
                    "after a lost answer nothing is ordered elsewhere; \"onUnknown\": \"resubmit\" orders again"
                )
            } else if let known = allowed.first(where: { $0.rawValue == name }) {
                classes.append(known)
            } else {
                report(
                    "\(path)[\(position)]",
                    "no failure class \"\(name)\"; \(suggestion(for: name, among: allowed.map(\.rawValue)))")
            }
        }
        return classes
    }

    private mutating func readOnUnknown(
        _ value: JSONValue?, path: String
    ) -> PinnedChain.ProviderPolicy.OnUnknown {
        guard let value else { return .fail }
        guard let choice = value.string.flatMap(PinnedChain.ProviderPolicy.OnUnknown.init) else {
            let allowed = PinnedChain.ProviderPolicy.OnUnknown.allCases.map(\.rawValue)
            report(
                path,
                "\"\(value.string ?? value.kindName)\" is unknown; "
                    + suggestion(for: value.string ?? "", among: allowed))
            return .fail
        }
        return choice
    }

    private mutating func readFlag(_ value: JSONValue?, path: String) -> Bool {
        guard let value else { return false }
        guard let flag = value.bool else {
            report(path, "expected true or false, found \(value.kindName)")
            return false
        }
        return flag
    }
}
