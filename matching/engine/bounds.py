"""The bounds of every number in a command; with them every product of price, quantity and hours fits int64."""

PRICE_FEN_MAX = 10_000_000
QUANTITY_MAX = 1_000_000
HOURS_MAX = 1_024
START_MAX = 10_000_000
FLEXIBILITY_MAX = 168
LAST_HOUR_MAX = START_MAX + FLEXIBILITY_MAX + HOURS_MAX - 1
"""The last hour that any order can touch, so the last that a CLOSE may name."""

DISPLAY_SHARE_MAX = 100
"""An iceberg shows at least a hundredth: `display_quantity * DISPLAY_SHARE_MAX >= quantity`, so its tips are few."""

ALTERNATIVES_MAX = 7
"""How many alternatives a block bid may have beyond its first."""

MINUTE_MAX = 2**31 - 2
"""The last minute since 1970 that a TIME or a GTD order may name."""

KEY_MAX = 2**31 - 2
"""The largest participant, market or site."""

ID_MAX = 2**63 - 2
