// The pictures: one tile a clip, laid out, laid over each other, zoomed and moved together.
import { PAIRED } from "./state.js"
import { dragged, magnification, transform, zoomedAt } from "./view.js"

const PIXELS_FROM = 2 // device pixels for one of the clip: from here on they are shown as they are
const TAP_PX = 5

export class Stage {
  // `act` takes what a hand does: "view" with a new zoom and centre, "mix" with a share, "play".
  constructor(root, act) {
    this.box = root.querySelector(".stage")
    this.frame = root.querySelector(".frame")
    this.act = act
    this.tiles = []
    this.fingers = new Map()
    this.wipe = made("div", { className: "wipe", role: "slider", tabIndex: 0, ariaLabel: "Wipe line", hidden: true })
    this.gain = made("div", { className: "gain", hidden: true })
    this.wipe.setAttribute("aria-valuemin", "0")
    this.wipe.setAttribute("aria-valuemax", "100")
    this.hear()
    new ResizeObserver(() => this.state && this.draw(this.state)).observe(this.frame)
  }

  open(clips) {
    this.clips = clips
    this.tiles = clips.map((clip, i) => tile(clip, i))
    this.frame.replaceChildren(...this.tiles.map((tile) => tile.box), this.gain, this.wipe)
    return this.tiles.map((tile) => tile.video)
  }

  // Which clips this layout shows.
  static shown({ layout, pair, offsets }) {
    if (layout === "flip") return [pair[0]]
    return PAIRED.includes(layout) ? pair : offsets.map((_, i) => i)
  }

  draw(state) {
    this.state = state
    const { layout, pair, mix, boost } = state
    const isPaired = PAIRED.includes(layout)
    const shown = Stage.shown(state)
    this.box.dataset.layout = layout
    this.box.classList.toggle("paired", isPaired)
    this.box.classList.toggle("closer", state.zoom > 1)
    const ratios = shown.map((i) => this.clips[i].width / this.clips[i].height)
    const middle = [...ratios].sort((one, other) => one - other)[Math.floor(ratios.length / 2)]
    this.set("--count", shown.length)
    this.set("--ratio", layout === "grid" ? middle : ratios[0])
    this.set("--ratios", isPaired ? ratios[0] : ratios.reduce((sum, ratio) => sum + ratio, 0))
    this.set("--mix", mix)
    this.set("--boost", boost)
    this.tiles.forEach(({ box, layer }, i) => {
      box.hidden = !shown.includes(i)
      box.classList.toggle("first", isPaired && i === pair[0])
      box.classList.toggle("second", isPaired && i === pair[1])
      box.style.setProperty("--own", this.clips[i].width / this.clips[i].height)
      layer.classList.toggle("over", isPaired && layout !== "flip" && i === pair[1])
    })
    this.wipe.hidden = layout !== "wipe"
    this.gain.hidden = layout !== "difference" || boost === 1
    this.wipe.setAttribute("aria-valuenow", Math.round(mix * 100))
    this.look(state)
  }

  look(state) {
    const moved = transform(state)
    for (const { video, layer, clip } of this.tiles) {
      const { width, height } = layer.getBoundingClientRect()
      video.style.transform = moved
      const density = width ? magnification(clip, width, height, state.zoom, devicePixelRatio) : 0
      video.classList.toggle("pixels", density > PIXELS_FROM)
    }
  }

  // The zoom at which the first clip that is shown has one device pixel for each of its own.
  pixelZoom(state) {
    const { layer, clip } = this.tiles[Stage.shown(state)[0]]
    const { width, height } = layer.getBoundingClientRect()
    return 1 / magnification(clip, width, height, 1, devicePixelRatio)
  }

  tell(i, text, note) {
    const { told } = this.tiles[i]
    const words = [text, note].filter(Boolean).join(" · ")
    if (told.textContent !== words) told.textContent = words
  }

  set(name, value) {
    this.box.style.setProperty(name, value)
  }

  // One finger moves the line, or the picture once it is closer; two zoom; Ctrl and the wheel zoom too.
  hear() {
    const { frame, wipe, fingers } = this
    frame.addEventListener("pointerdown", (event) => {
      if (event.button || event.target.closest("figcaption")) return
      const layer = event.composedPath().find((at) => at.classList?.contains("layer"))
      this.touched = (layer ?? this.tiles[this.state.pair[0]].layer).getBoundingClientRect()
      fingers.set(event.pointerId, [event.clientX, event.clientY])
      this.travelled = 0
      this.isLine = event.target === wipe || (this.state.layout === "wipe" && this.state.zoom === 1)
      frame.setPointerCapture(event.pointerId)
    })
    frame.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId)
      if (!before) return
      const [x, y] = [event.clientX - before[0], event.clientY - before[1]]
      this.travelled += Math.abs(x) + Math.abs(y)
      const spread = this.spread()
      fingers.set(event.pointerId, [event.clientX, event.clientY])
      if (fingers.size === 2) this.pinch(spread)
      else if (this.travelled > TAP_PX) this.drag(event, x, y)
    })
    const leave = (event) => {
      const wasOne = fingers.delete(event.pointerId) && !fingers.size
      if (event.type === "pointerup" && wasOne && this.travelled <= TAP_PX && event.target !== wipe && !this.pinched)
        this.act("play")
      if (!fingers.size) this.pinched = false
    }
    frame.addEventListener("pointerup", leave)
    frame.addEventListener("pointercancel", leave)
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      const layer = event.composedPath().find((at) => at.classList?.contains("layer"))
      if (layer) this.zoom(layer.getBoundingClientRect(), Math.exp(-event.deltaY / 300), event.clientX, event.clientY)
    }, { passive: false })
    wipe.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1 }[event.key]
      const to = { Home: 0, End: 1 }[event.key] ?? (by && this.state.mix + by)
      if (to === undefined || event.shiftKey) return
      event.preventDefault()
      event.stopPropagation()
      this.act("mix", to)
    })
  }

  drag(event, x, y) {
    const { left, width, height } = this.touched
    if (this.isLine) this.act("mix", (event.clientX - left) / width)
    else if (this.state.zoom > 1) this.act("view", dragged(this.state, x / width, y / height))
  }

  spread() {
    const [one, other] = this.fingers.values()
    return other && Math.hypot(one[0] - other[0], one[1] - other[1])
  }

  pinch(before) {
    const [one, other] = this.fingers.values()
    this.pinched = true
    if (before > 0) this.zoom(this.touched, this.spread() / before, (one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
  }

  zoom({ left, top, width, height }, factor, x, y) {
    this.act("view", zoomedAt(this.state, factor, (x - left) / width, (y - top) / height))
  }
}

function tile(clip, i) {
  const video = made("video", { preload: "auto", playsInline: true, muted: true, ariaLabel: `${i + 1}: ${clip.label}` })
  video.disablePictureInPicture = true
  video.tabIndex = -1
  if (clip.poster) video.poster = clip.poster
  video.src = clip.url
  const layer = made("div", { className: "layer" }, video)
  const told = made("span", { className: "frame-number" })
  const name = made("span", { className: "name", title: clip.label }, made("b", {}, String(i + 1)), ` ${clip.label}`)
  const caption = made("figcaption", {}, name, told)
  return { box: made("figure", { className: "tile" }, caption, layer), layer, video, told, clip }
}

export function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  if (properties.role) element.setAttribute("role", properties.role)
  return element
}
