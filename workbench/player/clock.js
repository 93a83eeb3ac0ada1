// The timeline that all clips share, in seconds. A clip with an offset of 0.5 begins half a second later
// than the others; it shows its first frame before, and its last one after its end.
import { frameAt, middleOf, shownFrame } from "./frames.js"

// From the first beginning to the last end.
export function span(clips, offsets) {
  return [
    Math.min(...offsets.slice(0, clips.length)),
    Math.max(...clips.map((clip, i) => offsets[i] + clip.duration_s)),
  ]
}

// The part that is played: the range where one is set and holds anything, else all of it.
export function playedPart([start, end], range) {
  if (!range) return [start, end]
  const from = Math.max(start, range[0]), to = Math.min(end, range[1])
  return from < to ? [from, to] : [start, end]
}

export function standing(time, clip, offset) {
  if (time < offset) return "before"
  return time < offset + clip.duration_s ? "on" : "after"
}

// Where a clip's video is put while nothing moves.
export function restingAt(time, clip, offset) {
  return middleOf(shownFrame(time - offset, clip), clip.fps)
}

// The clip whose frames are stepped through: the one with the most a second, so that none of any clip is skipped.
export function steppedClip(clips, shown) {
  return shown.reduce((best, i) => (clips[i].fps > clips[best].fps ? i : best), shown[0])
}

// The middle of the frame of clip `by` that stands at `time`, moved by `count` frames, within the timeline.
export function stepped(time, count, clip, offset, [start, end]) {
  const frame = frameAt(time - offset, clip.fps)
  const first = Math.ceil((start - offset) * clip.fps - 0.5 - 1e-6)
  const last = Math.floor((end - offset) * clip.fps - 0.5 + 1e-6)
  return offset + middleOf(Math.min(Math.max(frame + count, first), last), clip.fps)
}

// A running time is wall time by speed, from where it was last set. `now` is in milliseconds.
export class Clock {
  constructor() {
    this.base = 0
    this.since = null
    this.speed = 1
  }

  at(now) {
    return this.since === null ? this.base : this.base + ((now - this.since) / 1000) * this.speed
  }

  set(time, now) {
    this.base = time
    if (this.since !== null) this.since = now
  }

  run(now, speed) {
    this.base = this.at(now)
    this.since = now
    this.speed = speed
  }

  halt(now) {
    this.base = this.at(now)
    this.since = null
  }
}
