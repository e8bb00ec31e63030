import CSQLite
import Foundation

/// The functions of the VFS: each tells the disk what happens and calls the real file system's.
enum PowerCutFile {
    typealias File = UnsafeMutablePointer<sqlite3_file>

    static let headerSize = MemoryLayout<Header>.stride

    static let open:
        @convention(c) (
            UnsafeMutablePointer<sqlite3_vfs>?, UnsafePointer<CChar>?, File?, Int32,
            UnsafeMutablePointer<Int32>?
        ) -> Int32 = { vfs, path, file, flags, outFlags in
            guard let vfs, let file, let disk = disk(of: vfs) else { return SQLITE_CANTOPEN }
            let code = disk.parent.pointee.xOpen(disk.parent, path, real(file), flags, outFlags)
            header(file).pointee = Header(methods: nil, tracked: nil)
            guard code == SQLITE_OK else { return code }
            let name = path.map { URL(fileURLWithPath: String(cString: $0)).lastPathComponent } ?? "unnamed"
            let tracked = Tracked(disk: disk, name: name)
            header(file).pointee = Header(
                methods: UnsafePointer(disk.methods), tracked: Unmanaged.passRetained(tracked).toOpaque())
            return code
        }

    static let delete:
        @convention(c) (UnsafeMutablePointer<sqlite3_vfs>?, UnsafePointer<CChar>?, Int32) -> Int32 = {
            vfs, path, syncFolder in
            guard let vfs, let path, let disk = disk(of: vfs) else { return SQLITE_IOERR }
            disk.delete(URL(fileURLWithPath: String(cString: path)).lastPathComponent)
            return disk.parent.pointee.xDelete(disk.parent, path, syncFolder)
        }

    static var methods: sqlite3_io_methods {
        var methods = sqlite3_io_methods()
        methods.iVersion = 2
        methods.xClose = { file in
            guard let file else { return SQLITE_IOERR }
            let code = realMethods(file).xClose(real(file))
            header(file).pointee.tracked.map { Unmanaged<Tracked>.fromOpaque($0).release() }
            return code
        }
        methods.xRead = { file, bytes, count, offset in
            file.map { realMethods($0).xRead(real($0), bytes, count, offset) } ?? SQLITE_IOERR
        }
        methods.xWrite = { file, bytes, count, offset in
            guard let file, let bytes, let tracked = tracked(file) else { return SQLITE_IOERR }
            let copy = Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            tracked.disk.note(.write(offset: Int(offset), bytes: copy), in: tracked.name)
            return realMethods(file).xWrite(real(file), bytes, count, offset)
        }
        methods.xTruncate = { file, size in
            guard let file, let tracked = tracked(file) else { return SQLITE_IOERR }
            tracked.disk.note(.truncate(size: Int(size)), in: tracked.name)
            return realMethods(file).xTruncate(real(file), size)
        }
        methods.xSync = { file, flags in
            guard let file, let tracked = tracked(file) else { return SQLITE_IOERR }
            tracked.disk.sync(tracked.name)
            return realMethods(file).xSync(real(file), flags)
        }
        addPassive(to: &methods)
        addSharedMemory(to: &methods)
        return methods
    }

    private static func addPassive(to methods: inout sqlite3_io_methods) {
        methods.xFileSize = { file, size in
            file.map { realMethods($0).xFileSize(real($0), size) } ?? SQLITE_IOERR
        }
        methods.xLock = { file, level in
            file.map { realMethods($0).xLock(real($0), level) } ?? SQLITE_IOERR
        }
        methods.xUnlock = { file, level in
            file.map { realMethods($0).xUnlock(real($0), level) } ?? SQLITE_IOERR
        }
        methods.xCheckReservedLock = { file, result in
            file.map { realMethods($0).xCheckReservedLock(real($0), result) } ?? SQLITE_IOERR
        }
        methods.xFileControl = { file, operation, argument in
            file.map { realMethods($0).xFileControl(real($0), operation, argument) } ?? SQLITE_IOERR
        }
        methods.xSectorSize = { file in
            file.map { realMethods($0).xSectorSize(real($0)) } ?? 0
        }
        methods.xDeviceCharacteristics = { file in
            file.map { realMethods($0).xDeviceCharacteristics(real($0)) } ?? 0
        }
    }

    /// The write-ahead log's index is rebuilt at every start, so that nobody needs to know its writes.
    private static func addSharedMemory(to methods: inout sqlite3_io_methods) {
        methods.xShmMap = { file, page, size, extend, memory in
            file.map { realMethods($0).xShmMap(real($0), page, size, extend, memory) } ?? SQLITE_IOERR
        }
        methods.xShmLock = { file, offset, count, flags in
            file.map { realMethods($0).xShmLock(real($0), offset, count, flags) } ?? SQLITE_IOERR
        }
        methods.xShmBarrier = { file in
            if let file { realMethods(file).xShmBarrier(real(file)) }
        }
        methods.xShmUnmap = { file, delete in
            file.map { realMethods($0).xShmUnmap(real($0), delete) } ?? SQLITE_IOERR
        }
    }
}

/// Lies before the real file's own structure.
private struct Header {
    var methods: UnsafePointer<sqlite3_io_methods>?
    var tracked: UnsafeMutableRawPointer?
}

/// One open file.
private final class Tracked {
    let disk: PowerCutDisk
    let name: String

    init(disk: PowerCutDisk, name: String) {
        self.disk = disk
        self.name = name
    }
}

// C functions capture nothing, so what they use are functions of the file.

private func disk(of vfs: UnsafeMutablePointer<sqlite3_vfs>) -> PowerCutDisk? {
    vfs.pointee.pAppData.map { Unmanaged<PowerCutDisk>.fromOpaque($0).takeUnretainedValue() }
}

// SQLite allocates `szOsFile` bytes for a file: our header, and behind it the real file's structure.

private func header(_ file: PowerCutFile.File) -> UnsafeMutablePointer<Header> {
    UnsafeMutableRawPointer(file).assumingMemoryBound(to: Header.self)
}

private func real(_ file: PowerCutFile.File) -> PowerCutFile.File {
    (UnsafeMutableRawPointer(file) + PowerCutFile.headerSize).assumingMemoryBound(to: sqlite3_file.self)
}

private func realMethods(_ file: PowerCutFile.File) -> sqlite3_io_methods {
    real(file).pointee.pMethods.pointee
}

private func tracked(_ file: PowerCutFile.File) -> Tracked? {
    header(file).pointee.tracked.map { Unmanaged<Tracked>.fromOpaque($0).takeUnretainedValue() }
}
