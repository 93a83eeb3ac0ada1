"""The English words by which the lint recognises style, camera, action and filler.

Modest on purpose: a word too many here only silences a hint, a word too few nags a good prompt.
"""

from __future__ import annotations

import re


def words(*alternatives: str) -> re.Pattern[str]:
    """One pattern that matches any of ``alternatives`` (regular expressions) as whole words.

    It reads text in lower case: matching without regard to case takes three times as long.
    """
    return re.compile(rf"\b(?:{'|'.join(alternatives)})(?!\w)")


STYLE = words(
    r"styles?|stylized|stylised|aesthetics?|(?:film|visual|vintage|retro|natural|painterly|commercial) look",
    r"cinematic(?:ally)?|documentary|photo-?realis(?:m|tic)|hyper-?realis(?:m|tic)|realistic|realism|lifelike",
    r"animat(?:ed|ion)|anime|manga|cartoons?|comic(?: book)?|claymation|stop[ -]motion|cel[ -]shaded",
    r"3d|cgi|render(?:ed|ing)?|low[ -]poly|voxel|pixel art|pixelated|vector art|isometric|papercraft|origami",
    r"water-?colou?rs?|oil paint(?:ing)?|paint(?:ed|ing|erly)|sketch(?:ed)?|ink|charcoal|pencil|line art",
    r"noir|vintage|retro|surreal(?:ist)?|impressionist(?:ic)?|expressionist|minimalist(?:ic)?|abstract|gothic",
    r"cyberpunk|steampunk|vaporwave|art deco|baroque|futuristic|sci-?fi|fantasy|horror|western|epic",
    r"(?:8|16|35|65|70) ?mm|imax|film grain|kodak|vhs|super 8|polaroid",
    r"black[ -]and[ -]white|monochrome|sepia",
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
    r"(?:static|locked(?:[- ](?:off|down))?|fixed|still|stationary|tripod) (?:camera|shot|frame|framing)",
    r"no camera (?:movement|motion)|camera (?:is |stays |remains )?(?:static|still|fixed|locked|stationary)",
    r"locked[ -]off|on a tripod",
)

FRAMING = words(
    r"camera|lens|framing|framed|tripod|shots?|point of view|pov|view(?:ed)? from|seen from|perspective",
    r"(?:extreme )?close[ -]?ups?|wide[ -]angle|two-shot|over[ -]the[ -]shoulder|macro|panoram(?:a|ic)",
    r"aerial|overhead|top-down|bird['’]?s[ -]eye|worm['’]?s[ -]eye",
    r"(?:low|high|dutch|eye)[ -](?:angle|level)|fish-?eye",
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


_SOUND_NAMED = (
    r"sfx|sound(?:s|track|scape)?(?: effects?)?|audio|music|noises?",
    r"(?:ambient|background) (?:sounds?|noise|hum|music)|voice-?over|narrat(?:or|ion)|dialogue",
)
SOUND_NAMED = words(*_SOUND_NAMED)
SOUND = words(
    *_SOUND_NAMED,
    r"sil(?:ent(?:ly)?|ence)|quiet(?:ly)?|hush(?:ed)?|inaudibl[ey]|mute[ds]?|audible|heard|hear|listens?",
    r"voices?|says?|saying|sing(?:s|ing)?|speaks?|speaking|whisper(?:s|ing)?|shout(?:s|ing)?|talk(?:s|ing)?",
    r"laugh(?:s|ing|ter)?|cr(?:y|ies|ying)|scream(?:s|ing)?|hum(?:s|ming)?|buzz(?:es|ing)?|roar(?:s|ing)?",
    r"rumbl(?:e|es|ing)|crackl(?:e|es|ing)|creak(?:s|ing)?|click(?:s|ing)?|clink(?:s|ing)?|crash(?:es|ing)?",
    r"thunder|rustl(?:e|es|ing)|whistl(?:e|es|ing)|chirp(?:s|ing)?|bark(?:s|ing)?|growl(?:s|ing)?|hiss(?:es)?",
    r"sizzl(?:e|es|ing)|splash(?:es|ing)?|drums?|piano|guitar|violin|melody|echo(?:es|ing)?|applause",
    r"footsteps|birdsong|murmurs?|chatter|beats?|tick(?:s|ing)?|whoosh(?:es)?|loud(?:ly)?|nois[ye]",
)
_TALK = r"(?:talk|chat|argue|speak|converse|discuss|debate)"
_TALKING = r"(?:talking|chatting|arguing|speaking|conversing|discussing|debating)"
_UNHEARD = r"(?! (?:inaudibl[ey]|silently|in the (?:background|distance)))"
SEVERAL_SPEAK = words(
    rf"(?:they|both|(?:two|three|four|five|several|many) [a-z]+) (?:(?:are )?{_TALKING}|{_TALK}){_UNHEARD}",
    rf"[a-z]+ and (?:an? |the |his |her )?[a-z]+ (?:(?:are )?{_TALKING}|{_TALK}){_UNHEARD}",
    rf"(?:{_TALKING}|{_TALK}) (?:to|with) (?:each other|one another){_UNHEARD}",
    r"(?:conversation|dialogue|debate|argument|discussion) (?:between|among)",
)
GOES_ON = words(
    r"continu(?:e|es|ing|ed)|go(?:es|ing)? on|keep(?:s|ing)?|still|remains?|stays?|then|now|next|again",
    r"further|resum(?:e|es|ing)|follow(?:s|ing)?|meanwhile|as before|same|finally|until|begins?|starts?",
    r"picks? up|end(?:s|ing)?",
)
PACE = words(
    r"slow(?:ly)?|fast|quick(?:ly)?|steady|steadily|rhythm(?:ic)?|pace|speed(?:s|ing)?|smooth(?:ly)?|jerky",
    r"swift(?:ly)?|left|right|upwards?|downwards?|towards?|forwards?|backwards?|clockwise",
)
CHILDREN = (
    r"child|children|kids?|toddlers?|infants?|boys?|girls?|teenagers?|schoolchildren"
    r"|bab(?:y|ies)(?! (?:elephant|panda|bird|goat|bear|seal|tiger|lion|monkey|animal|deer|blue|pink))"
)
PEOPLE = words(
    CHILDREN,
    r"persons?|people|m[ae]n|wom[ae]n|human(?:s|oid)?|lad(?:y|ies)|crowds?|couple|adults?|he|she|friends",
    r"dancers?|chefs?|fisherm[ae]n|farmers?|workers?|soldiers?|doctors?|actors?|actress(?:es)?|tourists?",
    r"bride|groom|grandmother|grandfather|mother|father",
)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _third_person(verb: str) -> str:
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


_VERBS = _set(
    """
    accelerate age aim applaud arrange arrive ask assemble attack backflip bake balance bark battle
    beam beat beckon become bend bite blaze blink bloom blow blush board boil bounce brake break
    breathe brew browse brush bubble build burn burst buy buzz call canoe canter carry cartwheel
    carve cascade cast catch celebrate charge chase chat cheer chew chirp chop circle clap clean
    click climb clink close collapse collide come commute compete compose conduct cook cough crack
    crash crawl creak creep croak cross crouch cruise crumble cry curl curtsy cut cycle dance dart
    dash decay defend deliver detonate devour dial dig dip disappear discover disembark dismantle
    dissolve dive dock doze drag drape draw drench dribble drift drill drink drip drive drizzle drop
    drown drum duck duel dunk eat embrace emerge engrave engulf enter erupt escape etch evolve
    examine exhale exit expand explode explore fade fall fight fill find fire fix flap flash flee
    flicker fling flip float flock flow flutter fly fold follow freeze frown fry gallop garnish
    gather gaze gesture give glance gleam glide glimmer glint glisten glitter glow grab graze greet
    grill grin grind grip grow growl gush hail hammer hang harvest hatch haul help hide hike hiss
    hit hold hop hover howl hug hum hunt hurl hurry idle ignite illuminate inhale inspect jiggle jog
    juggle jump kayak kick kiss knead kneel knit knot land laugh lead lean leap learn lick lie lift
    light linger listen live load lob look loom lose lounge lower lunge march meditate melt meow
    message metamorphose migrate mix mold mop morph mould move multiply nap neigh nibble nod nuzzle
    open orbit pack paddle paint park parry pass pause pay peck pedal peel perch perform pet
    photograph pick place plant play plough plow plunge point polish pop pose pounce pour practice
    practise pray press prowl pull pulse pump punch purr push queue race radiate rain raise rake
    rattle reach read rear rebuild recede recline record reel reflect rehearse relax repair rest
    retreat reveal reverse ride ring rip ripple rise roar roast rock roll rotate row rub rumble run
    rush sail salute say scan scatter scoop scratch scream scroll scrub sculpt scurry search sell
    serve sew shake shape shatter shift shimmer shine shiver shoot shop shout show shrug shuffle
    sigh sign sing sink sip sit sizzle skate skateboard sketch ski skid skim skip slam slash sleep
    slice slide slip slither slurp smash smile smoke smolder smoulder snap snarl sneak sneeze sniff
    snorkel snow soak soar sob somersault sort spar spark sparkle speak spill spin splash split
    spray spread sprinkle sprint sprout sputter squat squeeze stack stalk stand stare stay steam
    steer step stir stitch stomp stop stretch stride strike stroll strum study stumble sunbathe surf
    surge swallow swarm swat sway sweep swerve swim swing swipe swirl swoop tackle take talk tap
    taste taxi teach tear thaw throb throw tie tiptoe toast toss touch tow trade transform travel
    trek tremble trickle trot tumble turn twinkle twirl twist type uncork unfold unfurl unload
    unpack unwrap vanish vault vibrate wade wag wait wake walk wander wash watch water wave wear
    weave weep weld whirl whisk whisper whistle win wink wobble work wrap wrestle write yank yawn
    yell zoom
    """
)

# Verbs that the list lacks show themselves by what follows ("slinks slowly", "arranges the"), or by who
# does it ("who …").
ACTION_CLAUSE = words(
    r"who|while|whose|where",
    r"\w{3,30}[^\W\d_su]s (?:a|an|the|his|her|its|their|him|them|itself|himself|herself|\w{2,20}ly)",
    r"\w{3,30}[^\W\d_su]s (?:through|into|onto|past|towards?|along|across|away|forward)",
)
_RATHER_NOUNS = _set(
    """
    beam board bow call camp cast commute dial dock drill drum film fire frame glow hail hammer light
    mold mould park plant plate queue rain record ring rock saw shine sketch smoke snow spark steam text
    type view water work
    """
)
_SURE_VERBS = _VERBS - _RATHER_NOUNS
ACTION_WORDS = _SURE_VERBS | frozenset(map(_third_person, _SURE_VERBS)) | {"action"}

NO_ACTION_IN_ING = _set(
    """
    morning evening building ceiling king ring spring string wing thing nothing something anything
    everything during lighting clothing wedding painting drawing setting sling sibling earring
    sterling viking being ping framing rendering panning zooming tracking tilting dollying trucking
    dwelling pudding stocking railing awning bling offspring
    """
)

# What may stand in a prompt that has no subject: grammar, light, mood, quality, direction.
FILLER = _set(
    """
    a an the and or with without of in on at to from by for as is are it its this that then while
    into onto over under through very slow slowly fast quick quickly gentle gently smooth smoothly
    soft softly left right up down out across around forward backward back high low angle wide close
    medium long short shot shots scene video clip footage film movie sequence camera lens focus
    shallow deep depth field frame framing golden blue hour light lighting lit warm cool cold tone
    tones mood moody atmosphere atmospheric ambient dramatic natural beautiful stunning amazing
    gorgeous detailed detail details ultra highly quality best masterpiece resolution hd uhd 4k 8k
    dawn dusk day night morning evening noon midday sunset sunrise dark bright colour color colours
    colors colourful colorful vibrant vivid black white style look epic perfect movement motion
    """
)

ENGLISH = _set(
    """
    a an and at by for from her his in into is it of on over the through to with
    """
)

NOT_ENGLISH = _set(
    """
    ao aus av con das de del dem den der des di du e ein eine einem einen einer el en est et het il
    im ist la las le les los mit na nel och om op por su sul um uma un una und une z że é
    """
)
