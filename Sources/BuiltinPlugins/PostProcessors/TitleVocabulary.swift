/// Words that decide what a title stresses.
enum TitleVocabulary {
    static let negations: Set<String> = [
        "not", "never", "no", "don't", "don’t", "dont", "stop", "without", "nobody", "nothing", "avoid",
        "can't",
        "won't", "isn't",
    ]

    static let strong: Set<String> = [
        "amazing", "best", "biggest", "broke", "broken", "changed", "changes", "cheap", "crazy", "dangerous",
        "dead",
        "death", "easy", "epic", "everything", "exposed", "extreme", "fail", "fast", "faster", "fire", "free",
        "genius", "hacks", "hidden", "huge", "hack", "illegal", "impossible", "incredible", "insane",
        "instantly",
        "killer", "lie", "lies", "love", "massive", "millionaire", "mistake", "mistakes", "money", "new",
        "perfect",
        "power", "powerful", "proven", "quit", "rich", "ruined", "scam", "secret", "secrets", "shocking",
        "simple",
        "terrifying", "top", "trick", "tricks", "truth", "ultimate", "unbelievable", "unlimited", "viral",
        "warning", "win", "worst", "wrong",
    ]

    /// What numbers count.
    static let units: Set<String> = [
        "days", "day", "hours", "hour", "minutes", "minute", "seconds", "weeks", "week", "months", "month",
        "years", "year", "times", "million", "billion", "thousand", "dollars", "euros", "percent", "hacks",
        "tips",
        "tricks", "ways", "things", "steps", "mistakes", "secrets", "reasons", "rules", "lessons", "habits",
        "ideas", "people", "miles", "km", "kg", "lbs", "calories", "words", "views", "followers",
        "subscribers",
    ]

    static let stopWords: Set<String> = [
        "a", "about", "after", "all", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been",
        "before", "but", "by", "can", "could", "did", "do", "does", "every", "for", "from", "get", "got",
        "had",
        "has", "have", "he", "her", "his", "how", "i", "i'm", "if", "in", "into", "is", "it", "it's", "its",
        "just",
        "let", "like", "me", "more", "most", "my", "of", "on", "one", "or", "our", "out", "over", "she",
        "should",
        "so", "some", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
        "those",
        "to", "too", "up", "us", "use", "using", "very", "was", "we", "were", "what", "when", "where",
        "which",
        "who", "why", "will", "with", "would", "you", "your",
    ]
}
