// Which key does what. C and R are Streamlit's own. A third member `true`: goes on while the key is held.
export const SHEET = [
  ["Playing", [
    [["Space", "k"], "Play or pause", ["play"]],
    [[",", "."], "One frame back, on", ["step", -1], ["step", 1], true],
    [["ArrowLeft", "ArrowRight"], "One second back, on", ["skip", -1], ["skip", 1], true],
    [["Home", "End"], "To the beginning, to the end", ["edge", 0], ["edge", 1]],
    [["j", "l"], "Slower, faster", ["speed", -1], ["speed", 1]],
    [["{", "}"], "To the note before, after", ["mark", -1], ["mark", 1]],
  ]],
  ["Range", [
    [["[", "]"], "Begin the range here, end it here", ["range", 0], ["range", 1]],
    [["\\"], "Play all of it", ["whole"]],
    [["p"], "Loop, or stop at the end", ["loop"]],
  ]],
  ["Layout", [
    [["s"], "Side by side", ["layout", "side"]],
    [["g"], "Grid", ["layout", "grid"]],
    [["w"], "Wipe", ["layout", "wipe"]],
    [["d"], "Difference", ["layout", "difference"]],
    [["o"], "Onion skin", ["layout", "onion"]],
    [["i"], "One in the place of the other", ["layout", "flip"]],
    [["x"], "Exchange the two", ["swap"]],
    [["b", "n"], "Wipe line or mix: less, more", ["mix", -0.05], ["mix", 0.05], true],
    [["e"], "Brighten the difference", ["boost"]],
  ]],
  ["Picture", [
    [["+", "-"], "Zoom in, out", ["zoom", 1.25], ["zoom", 0.8], true],
    [["0"], "Fit", ["fit"]],
    [["z"], "Pixel by pixel", ["pixels"]],
    [["Shift+ArrowLeft", "Shift+ArrowRight"], "Look left, right", ["pan", 0.1, 0], ["pan", -0.1, 0], true],
    [["Shift+ArrowUp", "Shift+ArrowDown"], "Look up, down", ["pan", 0, 0.1], ["pan", 0, -0.1], true],
    [["f"], "Full screen", ["full"]],
  ]],
  ["Clips", [
    [["1", "2", "3", "4", "5", "6"], "Choose a clip, and hear it", ...[0, 1, 2, 3, 4, 5].map((i) => ["choose", i])],
    [["m"], "Sound off, on", ["mute"]],
    [["<", ">"], "Move the chosen clip one frame earlier, later", ["slip", -1], ["slip", 1], true],
    [["?"], "This sheet", ["sheet"]],
  ]],
]

const COMMANDS = new Map()
const HELD = new Set()
for (const [, rows] of SHEET) {
  for (const [keys, , ...rest] of rows) {
    const held = rest.at(-1) === true
    keys.forEach((key, i) => {
      COMMANDS.set(key, rest[i] && rest[i] !== true ? rest[i] : rest[0])
      if (held) HELD.add(key)
    })
  }
}
COMMANDS.set("=", COMMANDS.get("+")) // the same key without Shift
COMMANDS.set("_", COMMANDS.get("-"))

// The command of a key press, or null where it is none of the player's.
export function commandOf(event) {
  const isTyped = event.getModifierState?.("AltGraph") // brackets on many keyboards
  if ((event.ctrlKey || event.metaKey || event.altKey) && !isTyped) return null
  const key = named(event)
  if (event.repeat && !HELD.has(key)) return null
  return COMMANDS.get(key) ?? null
}

function named({ key, shiftKey }) {
  if (key === " ") return "Space"
  if (/^[a-z]$/i.test(key)) return key.toLowerCase()
  return shiftKey && key.startsWith("Arrow") ? `Shift+${key}` : key
}

const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", "-": "−" }

export function keyText(key) {
  const [first, second] = key.split(/(?<=Shift)\+/)
  return second ? `${first} ${SHOWN[second] ?? second}` : (SHOWN[key] ?? key)
}
