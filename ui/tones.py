"""What a colour may say. Free of Qt, so that pure modules can name a tone."""

from enum import Enum


class Tone(Enum):
    """What a colour says about a text; the theme decides which colour that is."""

    TEXT = "text"
    MUTED = "muted"
    FAINT = "faint"
    RISE = "rise"
    FALL = "fall"
    FLAT = "flat"
    ACCENT = "accent"
    WARN = "warn"
    DANGER = "danger"
