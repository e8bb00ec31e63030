/// Who may read `/metrics`.
public enum MetricsAccess: String, Sendable, CaseIterable {
    /// Whoever reaches the service.
    case open
    /// Keys with the scope `admin`.
    case key
    /// Nobody: there is no such route.
    case off
}
