// Keeping clips together: what is done about a clip that drifts, and when all wait for one.
// Only clips that nobody hears are bent, so the bends may be strong: holding a picture for a moment is not
// seen, two pictures that differ are.
const SLOWER = 0.9 // of the speed, at most
const FASTER = 1
const JUMP_S = 0.3 // bending back more than this takes longer than a seek
const CLOSED_IN_S = 0.12 // how soon a small drift is to be gone
const CLOSED_AT_START_S = 0.05 // sooner would swing to and fro at 30 looks a second
// Each change of rate makes a browser show some frames late, so what nobody can see is left alone.
const STEP = 0.05
const LEFT_ALONE_S = 0.008
const MADE_GOOD_S = 0.002 // once it is bent
const AHEAD_S = 1 // what a clip must have at hand before all go on
const HAVE_FUTURE_DATA = 3
const HAVE_ENOUGH_DATA = 4

// How far a clip may be away and still be bent back: slow clips come back slowly.
export function bendable(speed) {
  return JUMP_S * Math.min(speed, 1)
}

// `drift` is where the clip should be less where it is, in seconds of the clip.
export function correction(drift, speed, { isStarting = false, isBent = false } = {}) {
  if (Math.abs(drift) > bendable(speed)) return { jump: true, rate: speed }
  if (Math.abs(drift) < (isBent ? MADE_GOOD_S : LEFT_ALONE_S) * speed) return { jump: false, rate: speed }
  const within = isStarting ? CLOSED_AT_START_S : CLOSED_IN_S
  const bend = Math.min(Math.max(drift / (within * speed), -SLOWER), FASTER)
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
