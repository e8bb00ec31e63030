import Glibc
import Imaging
import ThumbwireKit

/// What a prompt's words say about colours and subject.
struct StudioTheme: Sendable {
    let words: Set<String>
    /// Hues in OKLCH degrees: the ground, the two lights, the spark.
    let hues: [Double]
    /// Styles that suit it, the best first.
    let styles: [StudioStyle]

    /// The theme that most words of the texts belong to; `nil` where none do.
    static func matching(_ texts: [String]) -> StudioTheme? {
        var found: [String] = []
        for text in texts {
            let scalars = text.lowercased().split { !$0.isLetter && !$0.isNumber }
            found += scalars.map { String($0) }
        }
        var best: (theme: StudioTheme, count: Int)?
        for theme in all {
            let count = found.reduce(0) { $0 + (theme.contains($1) ? 1 : 0) }
            if count > best?.count ?? 0 { best = (theme, count) }
        }
        return best?.theme
    }

    /// Also the plain plural of a word.
    private func contains(_ word: String) -> Bool {
        words.contains(word) || (word.hasSuffix("s") && words.contains(String(word.dropLast())))
    }

    private static let all = [
        StudioTheme(
            words: [
                "code", "coding", "coder", "developer", "programming", "programmer", "software", "tech",
                "technology",
                "computer", "app", "api", "data", "database", "cloud", "linux", "python", "javascript",
                "swift", "web",
                "server", "monitor", "keyboard", "laptop", "devops", "hacker", "cyber", "security",
                "productivity",
            ],
            hues: [265, 235, 295, 195], styles: [.windows, .mesh, .grid, .waves, .dots]),
        StudioTheme(
            words: [
                "ai", "robot", "gpt", "chatgpt", "neural", "llm", "future", "agent", "automation", "machine",
            ],
            hues: [285, 300, 215, 175], styles: [.rings, .mesh, .windows, .dots, .stars]),
        StudioTheme(
            words: [
                "fire", "hot", "burn", "burning", "spicy", "war", "battle", "angry", "lava", "volcano",
                "rage", "flame",
            ],
            hues: [28, 40, 15, 80], styles: [.bokeh, .rays, .mesh, .waves, .rings]),
        StudioTheme(
            words: [
                "ocean", "sea", "water", "swim", "swimming", "beach", "travel", "vacation", "island", "surf",
                "sky",
                "rain", "river", "fish", "diving",
            ],
            hues: [230, 205, 185, 85], styles: [.waves, .bokeh, .mesh, .rays, .dots]),
        StudioTheme(
            words: [
                "money", "finance", "invest", "investing", "investment", "stock", "crypto", "bitcoin",
                "business", "rich",
                "profit", "sale", "salary", "income", "trading", "wealth", "marketing", "dollar", "growth",
                "startup",
                "economy", "bank", "budget",
            ],
            hues: [160, 150, 180, 95], styles: [.chart, .rays, .bokeh, .mesh, .waves]),
        StudioTheme(
            words: [
                "nature", "forest", "garden", "plant", "green", "eco", "hike", "hiking", "tree", "animal",
                "camping",
                "mountain", "organic", "farm",
            ],
            hues: [150, 135, 170, 110], styles: [.waves, .bokeh, .mesh, .rays, .rings]),
        StudioTheme(
            words: [
                "love", "romance", "heart", "beauty", "makeup", "fashion", "wedding", "dating", "skincare",
                "style",
                "relationship", "perfume",
            ],
            hues: [350, 5, 320, 55], styles: [.bokeh, .mesh, .waves, .rings, .dots]),
        StudioTheme(
            words: [
                "food", "cook", "cooking", "recipe", "kitchen", "coffee", "bake", "baking", "pizza", "chef",
                "burger",
                "cake", "breakfast", "dinner", "meal",
            ],
            hues: [45, 60, 30, 95], styles: [.rays, .bokeh, .dots, .mesh, .waves]),
        StudioTheme(
            words: [
                "space", "galaxy", "star", "universe", "planet", "moon", "night", "astronaut", "rocket",
                "nasa", "mars",
                "physics", "alien", "dream", "sleep",
            ],
            hues: [275, 255, 310, 60], styles: [.stars, .rings, .mesh, .grid, .waves]),
        StudioTheme(
            words: [
                "game", "gaming", "gamer", "play", "esports", "minecraft", "fortnite", "retro", "arcade",
                "neon", "synthwave",
                "80s", "speedrun", "level", "boss",
            ],
            hues: [305, 340, 250, 195], styles: [.grid, .rays, .dots, .stars, .mesh]),
        StudioTheme(
            words: [
                "gym", "fitness", "workout", "muscle", "sport", "football", "soccer", "basketball", "run",
                "running",
                "training", "diet", "yoga", "health", "boxing",
            ],
            hues: [20, 35, 255, 65], styles: [.rays, .dots, .mesh, .chart, .rings]),
        StudioTheme(
            words: [
                "music", "song", "guitar", "piano", "beat", "dj", "album", "band", "podcast", "sound",
                "audio",
            ],
            hues: [320, 290, 15, 60], styles: [.chart, .rings, .waves, .mesh, .bokeh]),
        StudioTheme(
            words: [
                "learn", "learning", "study", "school", "science", "math", "history", "book", "education",
                "student",
                "exam", "university", "explained", "course", "tutorial",
            ],
            hues: [250, 240, 200, 75], styles: [.dots, .rays, .mesh, .rings, .waves]),
    ]
}

/// The colours of one background.
struct StudioPalette: Sendable {
    /// From the darkest.
    let ground: OKLab
    let deep: OKLab
    let lights: [OKLab]
    let spark: OKLab

    /// Theme hues turned a little with each variant; without a theme a seeded analogous set with its opposite.
    init(theme: StudioTheme?, variant: Int, random: inout StudioRandom) {
        var hues = theme?.hues ?? []
        if hues.isEmpty {
            let base = random.number(0, 360)
            hues = [base, base + random.number(20, 40), base - random.number(30, 60), base + 180]
        }
        let turn = variant == 0 ? 0 : (variant % 2 == 0 ? -1.0 : 1.0) * (14 + 9 * Double(variant))
        let turned = hues.map { $0 + turn + random.number(-5, 5) }
        ground = OKLab(lightness: 0.19, chroma: 0.06, hue: turned[0]).inGamut
        deep = OKLab(lightness: 0.35, chroma: 0.13, hue: turned[0]).inGamut
        lights = [Self.light(hue: turned[1], lightness: 0.62), Self.light(hue: turned[2], lightness: 0.57)]
        spark = OKLab(lightness: 0.80, chroma: 0.15, hue: turned[3]).inGamut
    }

    /// Orange and yellow need more lightness than other hues, or they are brown.
    private static func light(hue: Double, lightness: Double) -> OKLab {
        let away = abs(remainder(hue - 75, 360)) / 45
        return OKLab(lightness: lightness + 0.12 * max(0, 1 - away), chroma: 0.2, hue: hue).inGamut
    }

    /// A light of the palette, whatever the index.
    func light(_ index: Int) -> OKLab { lights[index % lights.count] }
}
