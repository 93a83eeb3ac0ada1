// Time ↔ frame. A frame is always asked for by its middle: its edge may fall to either neighbour.
const EDGE = 1e-3 // of a frame; a time in floating point may fall just short of the frame that it means

export function frameAt(time, fps) {
  return Math.floor(time * fps + EDGE)
}

export function middleOf(frame, fps) {
  return (frame + 0.5) / fps
}

export function lastFrame(clip) {
  return Math.max(0, Math.round(clip.duration_s * clip.fps) - 1)
}

// The frame that a clip shows at its own `time`: its first one before it begins, its last one after its end.
export function shownFrame(time, clip) {
  return Math.min(Math.max(frameAt(time, clip.fps), 0), lastFrame(clip))
}

export function thousandth(time) {
  return Math.round(time * 1000) / 1000
}

// As editors read it: minutes, seconds, thousandths; a clip that was moved ahead of the others begins below zero.
export function clockText(time) {
  const thousandths = Math.round(Math.abs(time) * 1000)
  const seconds = String(Math.floor(thousandths / 1000) % 60).padStart(2, "0")
  const rest = String(thousandths % 1000).padStart(3, "0")
  return `${time < 0 && thousandths ? "−" : ""}${Math.floor(thousandths / 60_000)}:${seconds}.${rest}`
}
