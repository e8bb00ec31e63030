import Documents
import Engine
import HTTP
import Imaging
import Persistence
import Signing
import ThumbwireKit

/// Takes pictures from clients and keeps them as files of their account.
struct PictureUploads {
    /// Where a picture is to lie.
    struct Place: Hashable {
        var artifact: ArtifactID
        var account: AccountID
        /// What its link ends with.
        var fileName: String

        /// A new one, for a file name with that extension.
        init(of account: AccountID, fileExtension: String?, at now: Timestamp) {
            artifact = ArtifactID(prefix: "art_", at: now)
            self.account = account
            let name = hexadecimal(randomBytes(16))
            fileName = fileExtension.map { "\(name).\($0)" } ?? name
        }

        init(artifact: ArtifactID, account: AccountID, fileName: String) {
            self.artifact = artifact
            self.account = account
            self.fileName = fileName
        }
    }

    /// A picture in memory that was found to be whole.
    struct Picture: Sendable {
        var bytes: [UInt8]
        var format: ImageFormat
        var size: PixelSize
    }

    static let mediaTypes = ImageFormat.allCases.map(\.mediaType) + ["application/octet-stream"]

    let context: APIContext

    /// Keeps a picture at a place of its own and returns what clients see of it.
    func take(
        _ bytes: [UInt8], for account: AccountID, once key: IdempotencyKey?
    ) async throws -> JSONValue {
        let picture = try await check(bytes)
        return document(of: try await keep(picture, for: account, once: key), size: picture.size)
    }

    /// What clients see of a picture that was kept before; `nil` where it is not there any more.
    func document(ofKept id: ArtifactID, of account: AccountID) async throws -> JSONValue? {
        guard let artifact = try await context.store.artifact(id, of: account),
            let bytes = try? await context.artifacts.read(sha256: artifact.sha256)
        else { return nil }
        return document(of: artifact, size: try await check(bytes).size)
    }

    /// Keeps a picture at that place; the same bytes may come again, others may not.
    func take(_ bytes: [UInt8], at place: Place) async throws -> JSONValue {
        let picture = try await check(bytes)
        return document(of: try await keep(picture, at: place), size: picture.size)
    }

    /// Throws where the request's body is of another kind.
    static func checkMediaType(of request: Request) throws(Problem) {
        let value = request.headers["Content-Type"] ?? "application/octet-stream"
        let mediaType = value.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard mediaTypes.contains(mediaType) else {
            throw Problem(
                .mediaTypeUnsupported,
                "Content-Type is \"\(value.prefix(100))\"; allowed: \(mediaTypes.joined(separator: ", "))")
        }
    }

    /// Decodes the bytes, the only proof that they are a picture; the pixels are not kept. `refusal` makes the error
    /// of the failure and its code.
    func picture(
        _ bytes: [UInt8], refusal: (Failure, ErrorCode) -> Problem
    ) async throws -> Picture {
        do {
            return try await context.renderPool.run { rasterizer in
                let size = try rasterizer.decode(bytes).size
                do throws(ImageError) {
                    return Picture(bytes: bytes, format: try ImageDecoder.probe(bytes).format, size: size)
                } catch {
                    throw Failure(.invalidInput, code: error.code, message: error.description)
                }
            }
        } catch let failure as Failure {
            throw refusal(failure, ErrorCode(rawValue: "source_\(failure.code)") ?? .validationFailed)
        }
    }

    /// Keeps a picture at a place of its own.
    func keep(
        _ picture: Picture, for account: AccountID, once key: IdempotencyKey? = nil
    ) async throws -> Artifact {
        let place = Place(
            of: account, fileExtension: picture.format.fileExtension, at: context.clock.now())
        return try await keep(picture, at: place, once: key)
    }

    private func check(_ bytes: [UInt8]) async throws -> Picture {
        guard bytes.count <= context.limits.uploadBytes else {
            throw Problem(.bodyTooLarge, "the picture is longer than \(context.limits.uploadBytes) bytes")
        }
        return try await picture(bytes) { failure, code in
            Problem(code, "the body is no picture that can be used: \(failure.message)")
        }
    }

    private func keep(
        _ picture: Picture, at place: Place, once key: IdempotencyKey? = nil
    ) async throws -> Artifact {
        try context.engine.storage.requireRoom()
        let stored = try await context.artifacts.write(picture.bytes)
        let now = context.clock.now()
        var artifact = Artifact(
            id: place.artifact, account: place.account, job: nil, fileName: place.fileName,
            sha256: stored.sha256, mediaType: picture.format.mediaType, bytes: picture.bytes.count,
            createdAt: now)
        artifact.expiresAt = context.retention.expiry(ofUploadAt: now)
        artifact.hold = stored.hold
        do throws(StoreError) {
            try await context.store.insert(artifact, once: key)
        } catch {
            guard case .conflict = error,
                let earlier = try await context.store.artifact(fileName: place.fileName)
            else { throw error }
            guard earlier.sha256 == artifact.sha256 else {
                throw Problem(.conflict, "another picture was uploaded to this link; ask for a new one")
            }
            return earlier
        }
        return artifact
    }

    private func document(of artifact: Artifact, size: PixelSize) -> JSONValue {
        let format = ImageFormat.allCases.first { $0.mediaType == artifact.mediaType }
        return [
            "id": .string(artifact.id.rawValue), "url": .string(link(to: artifact.fileName)),
            "width": .integer(Int64(size.width)), "height": .integer(Int64(size.height)),
            "format": (format?.rawValue).json, "bytes": .integer(Int64(artifact.bytes)),
            "expiresAt": artifact.expiresAt == .distantFuture ? nil : (artifact.expiresAt?.description).json,
        ]
    }

    func link(to fileName: String) -> String { "\(context.publicURL)/files/\(fileName)" }
}
