"""The words that the engine can draw, as data: category → value → words and phrases that mean it.

Longer phrases go before shorter ones. Within a category the first word of the prompt wins; the others
are told as not rendered. Singular forms are enough: a plural ``s`` is taken off before the look-up.
"""

from __future__ import annotations

from collections.abc import Mapping

Meanings = Mapping[str, tuple[str, ...]]

MOVES: Meanings = {
    "pan_left": (
        "pan left",
        "panning left",
        "pan to the left",
        "camera pans left",
        "pans left",
        "truck left",
    ),
    "pan_right": (
        *("pan right", "panning right", "pan to the right", "camera pans right", "pans right"),
        *("truck right", "tracking shot", "pan", "panning", "tracking", "side-scrolling"),
    ),
    "tilt_up": ("tilt up", "tilting up", "tilts up", "crane up", "tilt", "pedestal up"),
    "tilt_down": ("tilt down", "tilting down", "tilts down", "crane down", "pedestal down"),
    "dolly_out": (
        *("dolly out", "dolly back", "dollies out", "pull back", "pull out", "pulls back", "pulling back"),
        *("dolly backward", "move back"),
    ),
    "dolly_in": (
        *("dolly in", "dolly forward", "dollies in", "push in", "push-in", "pushes in", "pushing in"),
        *("move in", "move forward", "moves closer", "dolly", "dolly shot", "fly through", "steadicam"),
    ),
    "zoom_out": ("zoom out", "zooming out", "zooms out"),
    "zoom_in": ("zoom in", "zooming in", "zooms in", "zoom", "crash zoom"),
    "orbit_left": ("orbit left", "orbits left", "orbit to the left", "rotate left", "arc left"),
    "orbit_right": (
        *("orbit right", "orbit", "orbiting", "orbits", "arc shot", "arc right", "rotating", "turntable"),
        *("360", "circling", "rotate", "rotates"),
    ),
    "handheld": ("handheld", "hand-held", "hand held", "shaky", "shaky cam", "found footage"),
    "aerial": (
        "aerial",
        "drone",
        "drone shot",
        "bird's eye",
        "birds-eye",
        "fly over",
        "flyover",
        "flying over",
    ),
    "static": ("static", "static shot", "locked off", "locked-off", "fixed camera", "tripod", "still camera"),
}

PACES: Meanings = {
    "slow": ("slow", "slowly", "gentle", "gently", "subtle", "gradual", "smooth", "smoothly", "calm"),
    "fast": ("fast", "quick", "quickly", "rapid", "rapidly", "dynamic", "swift", "energetic", "speeding"),
}

SCENES: Meanings = {
    "grassland": (
        *("tall grass", "grassland", "savanna", "savannah", "meadow", "grass", "field", "prairie", "steppe"),
        *("serengeti", "plain", "pasture", "farm", "countryside", "wheat", "garden", "park", "safari"),
    ),
    "mountains": (
        *("mountain", "mountainous", "peak", "alp", "alpine", "summit", "ridge", "valley", "cliff", "canyon"),
        *("hill", "himalaya", "volcano", "highland"),
    ),
    "lake": ("mountain lake", "lake", "pond", "fjord", "river", "loch", "reservoir"),
    "sea": (
        *("sea", "ocean", "coast", "beach", "shore", "seaside", "bay", "harbour", "harbor", "wave", "surf"),
        *("underwater", "island", "lagoon", "tropical"),
    ),
    "city": (
        *("city street", "city", "street", "downtown", "urban", "skyline", "alley", "tokyo", "new york"),
        *(
            "metropolis",
            "skyscraper",
            "cyberpunk",
            "town",
            "avenue",
            "traffic",
            "rooftop",
            "hong kong",
            "building",
        ),
    ),
    "forest": (
        "forest",
        "wood",
        "woodland",
        "jungle",
        "rainforest",
        "grove",
        "pine",
        "redwood",
        "tree trunk",
    ),
    "desert": ("desert", "dune", "sahara", "sand", "oasis", "arid", "wasteland", "mars"),
    "snowfield": (
        "snowfield",
        "tundra",
        "arctic",
        "antarctic",
        "glacier",
        "ice",
        "snowy field",
        "north pole",
    ),
    "studio": (
        *("studio", "product shot", "product", "packshot", "still life", "table", "tabletop", "black velvet"),
        *(
            "velvet",
            "pedestal",
            "podium",
            "interior",
            "room",
            "showcase",
            "turntable",
            "commercial",
            "kitchen",
        ),
    ),
    "space": (
        *(
            "outer space",
            "space",
            "galaxy",
            "nebula",
            "planet",
            "cosmos",
            "cosmic",
            "star field",
            "starfield",
        ),
        *("universe", "orbital", "asteroid", "spaceship", "spacecraft", "milky way"),
    ),
    "abstract": ("abstract", "bokeh", "light leak", "liquid", "fluid", "gradient", "particle", "background"),
}

TIMES: Meanings = {
    "dawn": ("dawn", "sunrise", "daybreak", "first light", "early morning", "morning"),
    "golden": ("golden hour", "golden", "late afternoon", "magic hour"),
    "dusk": ("dusk", "sunset", "twilight", "evening", "blue hour", "sundown", "nightfall"),
    "night": ("night", "midnight", "moonlit", "moonlight", "nighttime", "nocturnal", "starry", "after dark"),
    "day": (
        "day",
        "daylight",
        "daytime",
        "noon",
        "midday",
        "sunny",
        "afternoon",
        "bright",
        "sunlight",
        "sunlit",
    ),
}

WEATHERS: Meanings = {
    "storm": ("storm", "stormy", "thunder", "thunderstorm", "lightning", "tempest", "hurricane"),
    "rain": ("rain", "rainy", "raining", "drizzle", "downpour", "shower", "wet", "rain-soaked", "rainfall"),
    "snow": ("snow", "snowy", "snowing", "snowfall", "blizzard", "snowflake", "winter", "flurry"),
    "mist": ("mist", "misty", "fog", "foggy", "haze", "hazy", "smoke", "smoky", "steam", "atmospheric"),
    "clouds": ("cloudy", "overcast", "cloud", "gloomy", "grey sky", "gray sky"),
    "clear": ("clear", "clear sky", "cloudless", "blue sky"),
}

PALETTES: Meanings = {
    "neon": ("neon", "neon-lit", "cyberpunk", "synthwave", "vaporwave", "blade runner", "neon light"),
    "mono": (
        "black and white",
        "black-and-white",
        "monochrome",
        "monochromatic",
        "b&w",
        "greyscale",
        "grayscale",
    ),
    "pastel": ("pastel", "soft colour", "soft color", "candy", "muted", "dreamy"),
    "warm": ("warm", "amber", "orange", "autumn", "autumnal", "fiery", "cosy", "cozy", "sepia", "copper"),
    "cool": ("cool", "cold", "blue", "teal", "icy", "frozen", "frosty", "steel"),
    "vivid": ("vivid", "vibrant", "colourful", "colorful", "saturated", "lush"),
}

STYLES: Meanings = {
    "noir": ("film noir", "noir", "high contrast", "chiaroscuro"),
    "watercolour": ("watercolour", "watercolor", "painterly", "painting", "impressionist", "oil painting"),
    "anime": (
        "anime",
        "cel shaded",
        "cel-shaded",
        "cartoon",
        "flat",
        "ghibli",
        "illustration",
        "2d animation",
    ),
    "vintage": (
        "vintage",
        "retro",
        "16mm",
        "super 8",
        "8mm",
        "1970s",
        "1980s",
        "old film",
        "vhs",
        "nostalgic",
    ),
    "documentary": (
        "documentary",
        "documentary style",
        "nature film",
        "realistic",
        "photorealistic",
        "natural",
    ),
    "cinematic": (
        "cinematic",
        "film still",
        "epic",
        "anamorphic",
        "movie",
        "35mm",
        "blockbuster",
        "dramatic",
    ),
}

SUBJECTS: Meanings = {
    "lion": ("lion", "male lion"),
    "cat": ("lioness", "tiger", "leopard", "cheetah", "panther", "cat", "jaguar", "puma", "kitten"),
    "horse": ("horse", "stallion", "zebra", "pony", "mare", "donkey", "camel", "unicorn"),
    "dog": ("dog", "wolf", "fox", "puppy", "hyena", "coyote", "husky"),
    "deer": ("deer", "stag", "elk", "antelope", "gazelle", "reindeer", "moose", "giraffe"),
    "elephant": ("elephant", "mammoth", "rhino", "rhinoceros", "hippo", "buffalo", "bison", "bear", "cow"),
    "birds": (
        "bird",
        "flock",
        "seagull",
        "gull",
        "eagle",
        "crow",
        "raven",
        "swallow",
        "crane",
        "geese",
        "goose",
    ),
    "person": (
        *(
            "person",
            "man",
            "woman",
            "girl",
            "boy",
            "child",
            "people",
            "figure",
            "traveller",
            "traveler",
            "hiker",
        ),
        *(
            "detective",
            "dancer",
            "samurai",
            "astronaut",
            "monk",
            "walker",
            "runner",
            "chef",
            "soldier",
            "surfer",
        ),
        *(
            "couple",
            "stranger",
            "pedestrian",
            "wanderer",
            "explorer",
            "model",
            "human",
            "robot",
            "warrior",
            "umbrella",
        ),
    ),
    "boat": (
        "sailing boat",
        "boat",
        "ship",
        "sailboat",
        "yacht",
        "sail",
        "ferry",
        "canoe",
        "vessel",
        "sailing",
    ),
    "car": ("car", "taxi", "cab", "automobile", "truck", "vehicle", "bus", "sports car", "van"),
    "bottle": ("bottle", "perfume", "perfume bottle", "flask", "whisky", "wine", "vial", "cosmetic", "jar"),
    "gem": (
        *(
            "emerald ring",
            "diamond ring",
            "ring",
            "emerald",
            "diamond",
            "gem",
            "gemstone",
            "ruby",
            "sapphire",
        ),
        *("crystal", "jewel", "jewellery", "jewelry", "amethyst"),
    ),
    "box": ("box", "package", "gift", "phone", "smartphone", "watch", "shoe", "sneaker", "cup", "mug", "can"),
    "tree": ("tree", "lone tree", "oak", "acacia", "palm", "palm tree", "baobab", "willow", "cherry blossom"),
    "planet": ("planet", "earth", "moon surface", "saturn", "jupiter", "sphere", "globe", "orb"),
}

# Small things that a scene adds by itself and that a negative prompt can take away.
EXTRAS: Meanings = {
    "birds": ("bird", "flock", "animal", "wildlife"),
    "clouds": ("cloud", "cloudy", "overcast"),
    "stars": ("star", "starry"),
    "sun": ("sun", "moon", "sun glare", "lens flare", "glare"),
    "people": ("people", "person", "human", "crowd", "pedestrian", "man", "woman"),
    "cars": ("car", "traffic", "vehicle"),
    "signs": ("sign", "neon", "neon sign", "billboard", "logo", "text"),
    "grass": ("grass", "plant", "vegetation"),
    "trees": ("tree", "forest"),
    "mist": ("mist", "misty", "fog", "foggy", "haze", "hazy"),
    "reflections": ("reflection", "mirror", "wet street", "puddle"),
}

CATEGORIES: Mapping[str, Meanings] = {
    "move": MOVES,
    "pace": PACES,
    "scene": SCENES,
    "time": TIMES,
    "weather": WEATHERS,
    "palette": PALETTES,
    "style": STYLES,
    "subject": SUBJECTS,
}

# Where a subject is at home when the prompt names no place.
HOMES: Mapping[str, str] = {
    **dict.fromkeys(("lion", "cat", "horse", "deer", "elephant", "tree"), "grassland"),
    **{"dog": "snowfield", "birds": "sea", "boat": "sea", "car": "city", "person": "grassland"},
    **dict.fromkeys(("bottle", "gem", "box"), "studio"),
    "planet": "space",
}

# Subjects that only the studio can hold, whatever place is named beside them.
TABLE_SUBJECTS = frozenset({"bottle", "gem", "box"})

GEM_COLOURS: Mapping[str, tuple[str, ...]] = {
    "emerald": ("emerald", "green", "jade"),
    "ruby": ("ruby", "red", "garnet"),
    "sapphire": ("sapphire", "blue", "aquamarine"),
    "amethyst": ("amethyst", "purple", "violet"),
    "amber": ("amber", "gold", "golden", "topaz", "whisky", "citrine"),
    "diamond": ("diamond", "crystal", "clear", "white"),
}

# Words that carry no picture of their own: never told as unmatched.
SILENT = frozenset(
    """a an and are as at be being by camera clip for from frame has have he her his in into is it its lit
    light lighting of off on onto or over please scene shot she show showing some style that the their them
    then there they this through to toward towards under up very video view with within you macro close
    close-up closeup wide angle lens walk walks walking stands standing through across while along around
    near above below between behind beside before after during""".split()
)
