"""The English words by which the lint recognises style, camera, action and filler.

Modest on purpose: a word too many here only silences a hint, a word too few nags a good prompt.
"""

from __future__ import annotations

import re


def words(*alternatives: str) -> re.Pattern[str]:
    """One pattern that matches any of ``alternatives`` (regular expressions) as whole words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


STYLE = words(
    r"styles?|stylized|stylised|aesthetics?|(?:film|visual|vintage|retro|natural|painterly|commercial) look",
    r"cinematic(?:ally)?|documentary|photo-?realis(?:m|tic)|hyper-?realis(?:m|tic)|realistic|realism|lifelike",
    r"animat(?:ed|ion)|anime|manga|cartoons?|comic(?: book)?|claymation|stop[ -]motion|cel[ -]shaded",
    r"3d|cgi|render(?:ed|ing)?|low[ -]poly|voxel|pixel art|pixelated|vector art|isometric|papercraft|origami",
    r"water-?colou?rs?|oil paint(?:ing)?|paint(?:ed|ing|erly)|sketch(?:ed)?|ink|charcoal|pencil|line art",
    r"noir|vintage|retro|surreal(?:ist)?|impressionist(?:ic)?|expressionist|minimalist(?:ic)?|abstract|gothic",
    r"cyberpunk|steampunk|vaporwave|art deco|baroque|futuristic|sci-?fi|fantasy|horror|western|epic",
    r"(?:8|16|35|65|70) ?mm|imax|film grain|kodak|vhs|super 8|polaroid|black[ -]and[ -]white|monochrome|sepia",
    r"commercial|advert(?:isement)?|music video|news(?:reel| footage)|home video|vlog|found footage|footage",
    r"fashion film|product film|trailer|editorial|photograph(?:y|ic)?|hdr|time-?lapse|slow[ -]motion",
)

MOVES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "pan",
        words(
            r"panning|camera pans?|pan shot|(?:slow|whip|gentle|quick|smooth|horizontal) pan(?:s|ning)?",
            r"pans? (?:slowly |gently |quickly |smoothly )?(?:left|right|across|over|around|along|from)",
        ),
    ),
    ("tilt", words(r"tilting (?:up|down)|camera tilts?|tilt shot|tilts? (?:up|down)|slow tilt")),
    ("dolly", words(r"dolly(?:ing)?|dollies")),
    ("truck", words(r"truck(?:s|ing)? (?:left|right)|trucking shot")),
    ("zoom", words(r"(?:crash )?zoom(?:s|ed|ing)?(?! (?:past|by|down|along|call))")),
    ("orbit", words(r"orbit(?:al|ing)? shot|camera (?:orbits|circles)|orbit(?:s|ing)? around|arc shot")),
    ("crane", words(r"crane (?:up|down|shot)|jib (?:up|down|shot)")),
    (
        "tracking",
        words(r"track(?:ing|s)? shot|camera (?:tracks|follows)|follow(?:ing)? shot|tracking (?:left|right)"),
    ),
    ("push in", words(r"push(?:es|ing)?[ -]in|camera pushes")),
    ("pull out", words(r"pull(?:s|ing)?[ -](?:out|back)|camera pulls")),
    ("handheld", words(r"hand-?held|shaky cam(?:era)?")),
    (
        "flight",
        words(r"fly-?(?:over|through|by)|drone (?:shot|footage|view|flight)|fpv|aerial (?:flight|tracking)"),
    ),
    (
        "move",
        words(
            r"camera (?:slowly |gently |smoothly |then )?(?:moves|glides|drifts|rises|descends|sweeps|flies)",
            r"camera (?:movement|motion)|moving camera|steadicam|gimbal",
        ),
    ),
)

STILL_CAMERA = words(
    r"(?:static|locked(?:-| )?(?:off|down)?|fixed|still|stationary|motionless|tripod) (?:camera|shot|frame|framing)",
    r"no camera (?:movement|motion)|camera (?:is |stays |remains )?(?:static|still|fixed|locked|stationary)",
    r"locked[ -]off|on a tripod",
)

FRAMING = words(
    r"camera|lens|framing|framed|tripod|shots?|point of view|pov|view(?:ed)? from|seen from|perspective",
    r"(?:extreme )?close[ -]?ups?|wide[ -]angle|medium[ -]wide|two-shot|over[ -]the[ -]shoulder|macro|panoram(?:a|ic)",
    r"aerial|overhead|top-down|bird'?s[ -]eye|worm'?s[ -]eye|(?:low|high|dutch|eye)[ -](?:angle|level)|fish-?eye",
    r"static|locked|selfie|dash-?cam|bokeh|(?:shallow|deep|soft|rack) focus|depth of field",
)

DAY = words(r"daytime|day-?light|mid-?day|noon|sunny|sunlit|sunshine|broad day")
NIGHT = words(r"night|nights|night-?time|midnight|moonlit|moonlight|starry")
SUNRISE = words(r"sunrise|dawn|daybreak|early morning")
SUNSET = words(r"sunset|dusk|nightfall|late evening")
SLOW_MOTION = words(r"slow[ -]?mo(?:tion)?")
FAST_MOTION = words(r"time-?lapse|hyper-?lapse|fast[ -]motion|sped[ -]up|fast[ -]forward")
COLOURLESS = words(r"black[ -]and[ -]white|monochrome|greyscale|grayscale|b&w")
COLOURFUL = words(r"colou?rful|vibrant|vivid colou?rs?|rainbow|saturated|technicolor|neon colou?rs?")
CLOSE = words(r"(?:extreme )?close[ -]?ups?|macro shot")
WIDE = words(r"(?:extreme )?(?:wide|long) shots?|establishing shots?")
TURN = words(
    r"then|before|after(?:wards?)?|until|follow(?:ed|s) by|becom(?:es|ing)|turn(?:s|ing)?|chang(?:es|ing)",
    r"shift(?:s|ing)?|transition(?:s|ing)?|cuts?|fad(?:es|ing)|to|into|finally|next|later|end(?:s|ing)?|first",
    r"between|versus|vs",
)

_VERBS = """
arrive ask bake balance bark beat bend bite blink bloom blow boil bounce break breathe brew brush build burn
burst buzz call carry cast catch charge chase chat cheer chop circle clap clean climb close collapse collide
come cook cough crack crash crawl creep cross crouch cruise crumble cry curl cut dance dart dash decay dig dip
disappear dissolve dive drag draw drift drink drip drive drop duck eat embrace emerge enter erupt examine
exhale exit expand explode explore fade fall fight fill flap flash flee flicker flip float flow flutter fly
fold follow freeze gallop gather gaze give glance gleam glide glimmer glisten glitter glow grab graze greet
grin grind grip grow hammer hang hatch help hide hit hold hop hover howl hug hum hunt hurry inhale inspect
jog juggle jump kick kiss kneel knit land laugh lead lean leap lick lie lift light linger listen look lower
march melt mix morph move nod open orbit paddle paint pass pause peel perch perform pet pick place play plunge
point pop pose pounce pour pray press prowl pull pump punch push race raise reach read recede reflect reveal
ride ring rip ripple rise roar roll rotate row rub run rush sail salute say scatter scream scroll scurry sew
shake shatter shift shimmer shine shiver shoot shout show shuffle sing sink sip sit skate skateboard skid ski
skip slam sleep slice slide slip slither smash smile smoke snap sneeze sniff snow soar spark sparkle speak
spill spin splash split spray spread sprint sprout squeeze stand stare steer step stir stomp stop stretch
stride stroll stumble surf surge sway sweep swim swing swirl swoop take talk tap taste tear throw tie tiptoe
toast toss touch transform travel tremble trot tumble turn twinkle twirl twist type unfold unfurl unwrap vanish
wade wag wait wake walk wander wash watch water wave wear weave weep whirl whisper whistle wink work wrap write
yawn yell zoom
""".split()


def _third_person(verb: str) -> str:
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


ACTION_WORDS = frozenset(_VERBS) | frozenset(map(_third_person, _VERBS)) | {"action"}
NO_ACTION_IN_ING = frozenset(
    "morning evening building ceiling king ring spring string wing thing nothing something anything everything "
    "during lighting clothing wedding painting drawing setting sling sibling earring sterling viking being ping "
    "framing rendering panning zooming tracking tilting dollying trucking dwelling pudding stocking railing "
    "awning bling offspring".split()
)

# What may stand in a prompt that has no subject: grammar, light, mood, quality, direction.
FILLER = frozenset(
    """
    a an the and or with without of in on at to from by for as is are it its this that then while into onto over
    under through very slow slowly fast quick quickly gentle gently smooth smoothly soft softly left right up
    down out across around forward backward back high low angle wide close medium long short shot shots scene
    video clip footage film movie sequence camera lens focus shallow deep depth field frame framing golden blue
    hour light lighting lit warm cool cold tone tones mood moody atmosphere atmospheric ambient dramatic soft
    natural beautiful stunning amazing gorgeous detailed detail details ultra highly high quality best masterpiece
    resolution hd uhd 4k 8k dawn dusk day night morning evening noon midday sunset sunrise dark bright colour
    color colours colors colourful colorful vibrant vivid black white style look epic perfect movement motion
    """.split()
)

ENGLISH = frozenset("a an and at by for from her his in into is it of on over the through to with".split())
NOT_ENGLISH = frozenset(
    """
    ao aus av con das de del dem den der des di die du e ein eine einem einen einer el en est et het i il im ist
    la las le les los mit na nel och om op por su sul um uma un una und une van w y z że é
    """.split()
)
