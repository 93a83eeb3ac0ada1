// What part of the picture is seen: `zoom` times as large as it fits, around a centre in shares of the picture.
export const MOST_ZOOM = 32

export function framed(zoom, [x, y]) {
  const kept = Math.min(Math.max(zoom, 1), MOST_ZOOM)
  const edge = 0.5 / kept
  const inside = (at) => Math.min(Math.max(at, edge), 1 - edge)
  return { zoom: kept, centre: [inside(x), inside(y)] }
}

// Zoom by `factor` so that what lies under the pointer stays there; `x`, `y` in shares of the view.
export function zoomedAt({ zoom, centre }, factor, x, y) {
  const next = Math.min(Math.max(zoom * factor, 1), MOST_ZOOM)
  const held = (at, pointer) => at + (pointer - 0.5) / zoom - (pointer - 0.5) / next
  return framed(next, [held(centre[0], x), held(centre[1], y)])
}

// Move the picture by shares of the view, as a hand would.
export function dragged({ zoom, centre }, x, y) {
  return framed(zoom, [centre[0] - x / zoom, centre[1] - y / zoom])
}

export function transform({ zoom, centre }) {
  const moved = centre.map((at) => `${round((0.5 - at * zoom) * 100)}%`)
  return zoom === 1 ? "none" : `translate(${moved[0]}, ${moved[1]}) scale(${round(zoom)})`
}

// Device pixels for each pixel of the clip, where it stands in a view of this size.
export function magnification(clip, width, height, zoom, density) {
  return Math.min(width / clip.width, height / clip.height) * zoom * density
}

function round(value) {
  return Math.round(value * 1e4) / 1e4
}
