// The target's first file; real ones replace it.
