internal import Engine
internal import Persistence

extension RetentionPolicy {
    init(_ options: ServiceOptions) {
        self.init()
        jobs = options.retainJobs
        artifacts = options.retainArtifacts
        deliveries = options.retainDeliveries
        uploads = options.retainUploads
        maximumBytes = options.maximumDataBytes
    }
}

extension StorageGuard {
    /// Watches the disk of the data folder.
    convenience init(_ options: ServiceOptions) {
        let (floor, folder) = (options.minimumFree, options.data)
        self.init(floor: Floor(percent: floor.percent, bytes: floor.bytes)) { DiskSpace.of(path: folder) }
    }
}
