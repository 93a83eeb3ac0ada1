// The scrubber: frames and seconds as ticks, each clip as a lane where it lies, notes, and the range.
import { clockText, frameAt } from "./frames.js"
import { made } from "./stage.js"

const FRAMES_APART_PX = 5
const LABELS_APART_PX = 56
const EVERY_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600]

export class Timeline {
  // `act` takes "seek" with a time, "edges" with a range, "mark" with the number of a note.
  constructor(root, act) {
    const find = (name) => root.querySelector(`.timeline .${name}`)
    this.box = root.querySelector(".timeline")
    this.act = act
    for (const name of ["lanes", "track", "ticks", "part", "head", "marks", "from", "to"]) this[name] = find(name)
    this.hear()
    new ResizeObserver(() => this.shown && this.draw(this.shown)).observe(this.track)
  }

  // `shown`: clips, state, span, part, fps, marks as [{ time, text }]; isBlind: frames are not told.
  draw(shown) {
    this.shown = shown
    const { clips, state, span, part, marks } = shown
    this.lanes.replaceChildren(...clips.map((clip, i) => {
      const lane = made("div", { className: i === state.chosen ? "lane chosen" : "lane" })
      lane.style.left = this.percent(state.offsets[i])
      lane.style.width = `${(clip.duration_s / (span[1] - span[0])) * 100}%`
      return lane
    }))
    this.part.style.left = this.percent(part[0])
    this.part.style.right = `${100 - parseFloat(this.percent(part[1]))}%`
    this.part.hidden = !state.range
    for (const [edge, i] of [[this.from, 0], [this.to, 1]]) {
      edge.hidden = !state.range
      edge.style.left = this.percent(part[i])
      spoken(edge, span, part[i])
    }
    this.marks.replaceChildren(...marks.map(({ time, text }, i) => {
      const mark = made("button", { className: "mark", title: text, ariaLabel: `Note at ${clockText(time)}: ${text}` })
      mark.style.left = this.percent(time)
      mark.addEventListener("click", () => this.act("mark", i))
      return mark
    }))
    this.marks.hidden = !marks.length
    this.tick()
  }

  move(time) {
    if (!this.shown) return // sought before it was first drawn
    const { span, fps, isBlind } = this.shown
    this.head.style.left = this.percent(time)
    const frame = isBlind ? "" : `, frame ${frameAt(time - span[0], fps)}`
    spoken(this.track, span, time, clockText(time) + frame)
  }

  percent(time) {
    const [start, end] = this.shown.span
    return `${Math.min(Math.max((time - start) / (end - start), 0), 1) * 100}%`
  }

  tick() {
    const { ticks, shown: { span: [start, end], fps, isBlind } } = this
    const width = this.track.clientWidth, height = this.track.clientHeight
    if (!width) return
    const density = devicePixelRatio
    ticks.width = width * density
    ticks.height = height * density
    const draw = ticks.getContext("2d")
    draw.scale(density, density)
    draw.fillStyle = getComputedStyle(this.track).color
    draw.font = `10px ${getComputedStyle(this.track).fontFamily}`
    const at = (time) => Math.round(((time - start) / (end - start)) * width)
    const perSecond = width / (end - start)
    const line = (time, tall, strength) => {
      draw.globalAlpha = strength
      draw.fillRect(Math.min(at(time), width - 1), height - tall, 1, tall)
    }
    if (!isBlind && perSecond / fps >= FRAMES_APART_PX)
      for (let frame = 0; frame <= (end - start) * fps; frame++) line(start + frame / fps, 4, 0.35)
    const every = EVERY_S.find((step) => step * perSecond >= LABELS_APART_PX) ?? 1200
    for (let i = Math.ceil(start / every - 1e-6); i * every <= end + 1e-6; i++) {
      const time = i * every
      line(time, 9, 0.7)
      draw.globalAlpha = 0.85
      const text = every < 1 ? time.toFixed(1) : `${Math.round(time)}`
      if (at(time) + 24 < width) draw.fillText(`${text} s`.replace("-", "−"), at(time) + 3, height - 11)
    }
  }

  hear() {
    const timeOf = (event) => {
      const { left, width } = this.track.getBoundingClientRect()
      const [start, end] = this.shown.span
      return start + Math.min(Math.max((event.clientX - left) / width, 0), 1) * (end - start)
    }
    follow(this.track, (event) => this.act("seek", timeOf(event)))
    for (const [edge, i] of [[this.from, 0], [this.to, 1]]) {
      const to = (time) => this.act("edges", i, time)
      follow(edge, (event) => to(timeOf(event)))
      edge.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key]
        if (!by || event.shiftKey) return
        event.preventDefault()
        event.stopPropagation()
        to(this.shown.part[i] + by / this.shown.fps)
      })
    }
  }
}

function follow(element, to) {
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return
    element.setPointerCapture(event.pointerId)
    to(event)
  })
  element.addEventListener("pointermove", (event) => element.hasPointerCapture(event.pointerId) && to(event))
}

function spoken(slider, [start, end], time, text = clockText(time)) {
  slider.setAttribute("aria-valuemin", start.toFixed(3))
  slider.setAttribute("aria-valuemax", end.toFixed(3))
  slider.setAttribute("aria-valuenow", time.toFixed(3))
  slider.setAttribute("aria-valuetext", text)
}
