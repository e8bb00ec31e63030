package import HTTP

/// All routes of the service.
package func makeRouter(_ context: APIContext) -> Router {
    var router = Router()
    for route in routes(of: context) {
        switch route.handler {
        case .immediate(let handler): router.on(route.method, route.pattern, immediate: handler)
        case .async(let handler):
            router.on(
                route.method, route.pattern,
                maximumBodyBytes: route.maximumBodyBytes ?? context.limits.bodyBytes, handler)
        }
    }
    return router
}

/// The routes in the order that the OpenAPI document lists them.
func routes(of context: APIContext) -> [Route] {
    var table = RouteTable(context: context)
    table.addJobs()
    table.addEvents()
    table.addEventTypes()
    table.addEndpoints()
    table.addDeliveries()
    table.addCallbackSecret()
    table.addWebhookKeys()
    table.addKeys()
    table.addAccounts()
    table.addPlugins()
    table.addProviders()
    table.addChains()
    table.addSessions()
    table.addUploads()
    table.addSoke()
    table.addOpus()
    table.addOpenAI()
    table.addFiles()
    table.addHealth()
    table.addMetrics()
    table.addOpenAPI()
    return table.routes
}
