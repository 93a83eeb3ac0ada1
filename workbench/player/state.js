// What a link keeps of a player, as text: `wipe~t3.125~r1_2.5~o0_-0.5`. What is as it begins is left out.
// workbench/player/state.py reads and writes the same; tests/player/links.json holds both to it.
export const LAYOUTS = ["side", "grid", "wipe", "difference", "onion", "flip"]
export const PAIRED = ["wipe", "difference", "onion", "flip"]
export const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2]
export const BOOSTS = [1, 2, 4, 8]
const MOST_S = 86_400
export const MOST_OFFSET_S = 3600

export function beginning(count) {
  return {
    layout: "side", pair: [0, Math.min(1, count - 1)], time: 0, range: null, loop: true, speed: 1,
    offsets: Array(count).fill(0), zoom: 1, centre: [0.5, 0.5], chosen: 0, muted: false, mix: 0.5, boost: 1,
  }
}

export function linkText(state) {
  const parts = []
  const some = (letter, numbers) => parts.push(letter + numbers.map(short).join("_"))
  if (state.layout !== "side") parts.push(state.layout)
  if (state.time) some("t", [state.time])
  if (state.range) some("r", state.range)
  if (!state.loop) parts.push("once")
  if (state.speed !== 1) some("v", [state.speed])
  if (state.offsets.some((offset) => Math.round(offset * 1000))) some("o", state.offsets)
  if (state.zoom !== 1) some("z", [state.zoom, ...state.centre])
  if (state.pair[0] !== 0 || state.pair[1] !== Math.min(1, state.offsets.length - 1))
    some("p", state.pair.map((clip) => clip + 1))
  if (state.chosen) some("c", [state.chosen + 1])
  if (state.muted) parts.push("mute")
  if (state.mix !== 0.5) some("m", [state.mix])
  if (state.boost !== 1) some("b", [state.boost])
  return parts.join("~")
}

// Whatever a link says: what can't be meant is as it begins.
export function fromLink(text, count) {
  const state = beginning(count)
  const clip = (number) => Number.isInteger(number) && number >= 1 && number <= count
  const take = {
    t: (time) => { state.time = time },
    r: (from, to) => { if (from < to) state.range = [from, to] },
    v: (speed) => { if (speed >= 0.1 && speed <= 2) state.speed = speed },
    o: (...offsets) => { if (offsets.every((offset) => Math.abs(offset) <= MOST_OFFSET_S)) state.offsets = offsets },
    z: (zoom, x, y) => {
      if (zoom >= 1 && zoom <= 32 && [x, y].every((at) => at >= 0 && at <= 1)) Object.assign(state, { zoom, centre: [x, y] })
    },
    p: (one, other) => { if (clip(one) && clip(other) && one !== other) state.pair = [one - 1, other - 1] },
    c: (number) => { if (clip(number)) state.chosen = number - 1 },
    m: (mix) => { if (mix >= 0 && mix <= 1) state.mix = mix },
    b: (boost) => { if (BOOSTS.includes(boost)) state.boost = boost },
  }
  for (const part of text.slice(0, 400).split("~")) {
    if (LAYOUTS.includes(part) && (count > 1 || !PAIRED.includes(part))) state.layout = part
    else if (part === "once") state.loop = false
    else if (part === "mute") state.muted = true
    else if (/^[trvozpcmb]-?\d+(\.\d+)?(_-?\d+(\.\d+)?)*$/.test(part)) {
      const numbers = part.slice(1).split("_").map(Number)
      const due = { r: 2, z: 3, p: 2, o: count }[part[0]] ?? 1
      if (numbers.length === due && numbers.every((number) => Math.abs(number) <= MOST_S)) take[part[0]](...numbers)
    }
  }
  return state
}

// To the thousandth, without a tail of noughts.
function short(number) {
  return String(Math.round(number * 1000) / 1000 || 0)
}
