// Keeping clips together: what is done about a clip that drifts, and when all wait for one.
const BEND = 0.25 // of the speed; more is seen, and heard
export const JUMP_S = 0.12 // bending back more than this takes too long
const CLOSED_IN_S = 0.25 // how soon a small drift is to be gone
const STEP = 0.01 // rates change in steps: each change costs the browser something
const AHEAD_S = 1 // what a clip must have at hand before all go on
const HAVE_FUTURE_DATA = 3
const HAVE_ENOUGH_DATA = 4

// `drift` is where the clip should be less where it is, in seconds of the clip.
export function correction(drift, speed) {
  if (Math.abs(drift) > JUMP_S) return { jump: true, rate: speed }
  const bend = Math.min(Math.max(drift / CLOSED_IN_S, -BEND), BEND)
  return { jump: false, rate: speed * (1 + Math.round(bend / STEP) * STEP) }
}

// The rate that makes up for a late or early start can't go below what browsers play at all.
export function playable(rate) {
  return Math.min(Math.max(rate, 0.0625), 16)
}

// While playing: it has nothing to show next, or has been looking for its place for too long.
export function isStarved({ readyState, ended, seeking, seekingFor }) {
  if (ended) return false
  return seeking ? seekingFor > 0.4 : readyState < HAVE_FUTURE_DATA
}

// While waiting: it has enough to go on. `ahead` and `left` are seconds buffered and seconds to its end.
export function isFed({ readyState, seeking, ahead, left, speed }) {
  if (seeking || readyState < HAVE_FUTURE_DATA) return left <= 0 && !seeking
  return readyState === HAVE_ENOUGH_DATA || ahead >= Math.min(AHEAD_S * speed, left - 0.05)
}

// How much further than its place a jump aims, because the others go on while it seeks.
export function learned(latency, measured) {
  return Math.min(latency * 0.5 + measured * 0.5, 0.3)
}
