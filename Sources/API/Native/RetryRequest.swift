import Documents
import Engine
import ThumbwireKit

/// The body of `POST /v1/jobs/{id}/retry`, checked.
struct RetryRequest {
    var wish: RetryWish

    init(_ body: JSONValue) throws(Problem) {
        var fields = try FieldReader(body: body)
        wish = RetryWish(
            fromStep: fields.text("fromStep", atMost: RequestLimits.name),
            onUnknown: fields.choice("onUnknown", of: PinnedChain.ProviderPolicy.OnUnknown.allCases))
        fields.refuseUnknown()
        try fields.finish()
    }
}
