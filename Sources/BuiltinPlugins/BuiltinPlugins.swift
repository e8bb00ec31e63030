package import ThumbwireKit

/// The providers that come with Thumbwire, in the order in which chains usually name them.
package let builtinProviders: [any Provider.Type] = [
    SokeProvider.self, OpusProvider.self, OpenAIProvider.self, StudioProvider.self,
]

/// The post-processors in the order in which chains usually name them.
package let builtinPostProcessors: [any PostProcessor.Type] = [
    SmartCrop.self, ColorGrade.self, AccentDetection.self, Layout.self, Overlay.self, Encode.self,
]
