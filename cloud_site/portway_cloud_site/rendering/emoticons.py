"""Confluence's named emoticons as characters."""

EMOTICONS = {
    "smile": "🙂",
    "sad": "🙁",
    "cheeky": "😛",
    "laugh": "😀",
    "wink": "😉",
    "thumbs-up": "👍",
    "thumbs-down": "👎",
    "information": "ℹ️",
    "tick": "✅",
    "cross": "❌",
    "warning": "⚠️",
    "plus": "➕",
    "minus": "➖",
    "question": "❓",
    "light-on": "💡",
    "light-off": "💡",
    "yellow-star": "⭐",
    "red-star": "⭐",
    "green-star": "⭐",
    "blue-star": "⭐",
    "heart": "❤️",
    "broken-heart": "💔",
}


def emoticon(name: str, fallback: str) -> str:
    """Return the character for an emoticon, or its name between colons."""
    if fallback and not fallback.isascii():
        return fallback[:16]
    return EMOTICONS.get(name) or (f":{name[:40]}:" if name else "")
