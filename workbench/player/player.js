// The player: what a person asks for, by button, key or hand, becomes state; state becomes what is shown.
// Called again at every change of `data`; what must last between calls lives by its parent element.
import { clockText } from "./frames.js"
import { commandOf } from "./keys.js"
import { Panel } from "./panel.js"
import { Playback } from "./playback.js"
import { Stage } from "./stage.js"
import { BOOSTS, fromLink, linkText, MOST_OFFSET_S, PAIRED, SPEEDS } from "./state.js"
import { Timeline } from "./timeline.js"
import { framed } from "./view.js"

const PAUSE_MS = 400
const LEAST_RANGE_FRAMES = 1
const players = new WeakMap()

export default function component({ data, parentElement, setStateValue }) {
  let player = players.get(parentElement)
  if (!player) {
    player = new Player(parentElement)
    players.set(parentElement, player)
  }
  player.say = setStateValue
  player.take(data)
  return () => {
    player.close()
    players.delete(parentElement)
  }
}

class Player {
  constructor(parent) {
    this.root = parent.querySelector(".player")
    this.playback = new Playback({ changed: () => this.drawPlaying(), ticked: () => this.drawTime() })
    this.stage = new Stage(this.root, (what, value) => this.byHand(what, value))
    this.timeline = new Timeline(this.root, (what, ...values) => this.byHand(what, ...values))
    this.panel = new Panel(this.root, (command) => this.do(command))
    this.marks = []
    this.onKey = (event) => this.key(event)
    this.onPageKey = (event) => this.pageKey(event)
    this.onResize = () => this.state && this.draw()
    this.root.addEventListener("keydown", this.onKey)
    document.addEventListener("keydown", this.onPageKey)
    document.addEventListener("fullscreenchange", this.onResize)
  }

  close() {
    clearTimeout(this.timer)
    document.removeEventListener("keydown", this.onPageKey)
    document.removeEventListener("fullscreenchange", this.onResize)
    this.playback.close()
  }

  // New clips make new videos; the same ones play on, whatever else is told.
  take(data) {
    const clips = JSON.stringify(data.clips)
    const isOther = clips !== this.opened
    const isNew = isOther || data.edition !== this.edition
    Object.assign(this, { data, clips: data.clips, opened: clips, edition: data.edition })
    const isPlayed = isOther && data.autoplay && !matchMedia("(prefers-reduced-motion: reduce)").matches
    if (isNew) {
      this.state = fromLink(data.state, data.clips.length)
      Object.assign(this.state, framed(this.state.zoom, this.state.centre))
      this.told = linkText(this.state)
      this.isHushed = isPlayed // nobody asked for a sound yet; no link keeps that
    }
    if (isOther) {
      this.panel.open(data.clips, data.blind)
      this.playback.open(data.clips, this.stage.open(data.clips), this.state)
    } else if (isNew) this.playback.state = this.state
    if (isNew) {
      this.playback.setSpeed(this.state.speed)
      this.playback.show(this.audible(Stage.shown(this.state)))
      this.playback.seek(this.state.time)
    }
    this.root.setAttribute("aria-label", data.label)
    this.draw()
    if (isPlayed) this.playback.play()
  }

  // Told once a person has done something and rests: the page may put it into its link.
  tell() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      if (this.playback.isPlaying) return
      const text = linkText(this.state)
      if (text !== this.told) this.say("state", { link: text, edition: this.edition })
      this.told = text
    }, PAUSE_MS)
  }

  do([name, ...values]) {
    const { playback, state } = this
    const commands = {
      play: () => (playback.isPlaying ? playback.pause() : playback.play()),
      step: (count) => playback.step(count),
      skip: (seconds) => playback.seek(playback.time + seconds),
      edge: (i) => playback.seek(playback.part[i]),
      speed: (by) => this.setSpeed(by),
      mark: (by) => this.goToMark(by),
      range: (i) => this.setEdge(i, playback.time),
      whole: () => { state.range = null },
      loop: () => { state.loop = !state.loop },
      layout: (layout) => { if (this.clips.length > 1 || !PAIRED.includes(layout)) state.layout = layout },
      swap: () => { state.pair = [state.pair[1], state.pair[0]] },
      pair: (side, clip) => this.setPair(side, clip),
      mix: (by) => this.setMix(state.mix + by),
      mixTo: (mix) => this.setMix(mix),
      boost: () => { state.boost = BOOSTS[(BOOSTS.indexOf(state.boost) + 1) % BOOSTS.length] },
      zoom: (factor) => Object.assign(state, framed(state.zoom * factor, state.centre)),
      fit: () => Object.assign(state, { zoom: 1, centre: [0.5, 0.5] }),
      pixels: () => Object.assign(state, framed(this.stage.pixelZoom(state), state.centre)),
      pan: (x, y) => Object.assign(state, framed(state.zoom, [state.centre[0] - x / state.zoom, state.centre[1] - y / state.zoom])),
      choose: (i) => { if (i < this.clips.length) state.chosen = i },
      mute: () => {
        state.muted = !this.isMuted
        this.isHushed = false
      },
      slip: (frames, i = state.chosen) => this.setOffset(i, state.offsets[i] + frames / this.clips[i].fps),
      offset: (i, seconds) => this.setOffset(i, seconds),
      full: () => this.fullScreen(),
      sheet: () => this.panel.sheet(),
    }
    const before = this.audible(Stage.shown(state)).join()
    commands[name](...values)
    const after = this.audible(Stage.shown(state))
    if (after.join() !== before) playback.show(after)
    this.draw()
    this.tell()
  }

  byHand(what, ...values) {
    if (what === "view") Object.assign(this.state, values[0])
    else if (what === "seek") this.playback.seek(values[0])
    else if (what === "edges") this.setEdge(...values)
    else if (what === "mark") this.playback.seek(this.marks[values[0]].time)
    else if (what === "mix") this.setMix(values[0])
    else return this.do([what, ...values])
    this.draw()
    this.tell()
  }

  get isMuted() { return this.state.muted || this.isHushed }

  // A clip that is heard plays, seen or not.
  audible(shown) {
    const { chosen } = this.state
    return !this.isMuted && this.clips[chosen].has_audio && !shown.includes(chosen) ? [...shown, chosen] : shown
  }

  setSpeed(by) {
    const { state } = this
    const next = by > 0 ? SPEEDS.find((speed) => speed > state.speed) : SPEEDS.findLast((speed) => speed < state.speed)
    state.speed = next ?? state.speed
    this.playback.setSpeed(state.speed)
  }

  setMix(mix) {
    this.state.mix = Math.min(Math.max(mix, 0), 1)
  }

  setPair(side, clip) {
    const { pair } = this.state
    this.state.pair = pair[1 - side] === clip ? [pair[1], pair[0]] : pair.with(side, clip)
  }

  setOffset(i, seconds) {
    if (!Number.isFinite(seconds)) return
    this.state.offsets[i] = Math.min(Math.max(seconds, -MOST_OFFSET_S), MOST_OFFSET_S)
    this.playback.seek(this.playback.time)
  }

  // The other edge gives way: a range never turns round.
  setEdge(i, time) {
    const [start, end] = this.playback.span
    const least = LEAST_RANGE_FRAMES / this.playback.fps
    const range = [...(this.state.range ?? [start, end])]
    range[i] = Math.min(Math.max(time, start), end)
    if (range[1] - range[0] < least) range[1 - i] = i ? Math.max(start, range[1] - least) : Math.min(end, range[0] + least)
    this.state.range = range[1] - range[0] > 1e-3 ? range : null
  }

  goToMark(by) {
    const { time } = this.playback
    const others = this.marks.filter((mark) => (mark.time - time) * by > 0.02)
    if (others.length) this.playback.seek(others.reduce((near, mark) => ((mark.time - near.time) * by < 0 ? mark : near)).time)
  }

  fullScreen() {
    const root = this.root.getRootNode()
    if (root.fullscreenElement) document.exitFullscreen()
    else this.root.requestFullscreen?.().catch(() => {})
  }

  key(event) {
    event.isPlayers = true // a listener of the page must not hear it a second time
    const target = event.composedPath()[0]
    if (target.closest("dialog[open]")) return event.stopPropagation() // one just closed has the focus for a moment
    const isTyped = target.matches("input[type=number]")
    const isPressed = target.matches("button") && [" ", "Enter"].includes(event.key)
    const isSlid = target.matches("input[type=range]") && /^(Arrow|Home|End|Page)/.test(event.key) && !event.shiftKey
    if (isTyped || isPressed || isSlid) return event.stopPropagation() // the app's own one-key shortcuts are not meant
    this.obey(event)
  }

  // Where the page has one player only, its keys work without a click on it first.
  pageKey(event) {
    if (!this.data.page_keys || event.isPlayers || event.defaultPrevented) return
    const path = event.composedPath()
    const isTaken = path.some((at) => at.matches?.("input, textarea, select, button, a, summary, dialog, [contenteditable], [role=slider], [role=tab], [role=radio], [role=option], [role=combobox]"))
    if (!isTaken) this.obey(event)
  }

  obey(event) {
    const command = commandOf(event)
    if (!command || this.data.taken.includes(event.key)) return
    event.preventDefault()
    event.stopPropagation()
    this.do(command)
  }

  draw() {
    const { playback, state, clips } = this
    this.marks = this.data.marks
      .map(({ at_s, clip, text }) => ({ time: at_s + (clip === null ? 0 : (state.offsets[clip] ?? 0)), text }))
      .sort((one, other) => one.time - other.time)
    for (const { video, index } of playback.tracks) {
      video.muted = this.isMuted || index !== state.chosen
      video.preservesPitch = !video.muted // stretching a sound that nobody hears makes its picture stumble
    }
    this.stage.draw(state)
    this.timeline.draw({ clips, state, span: playback.span, part: playback.part, fps: playback.fps, marks: this.marks, isBlind: this.data.blind })
    this.panel.draw(state, playback, this.isMuted)
    this.drawTime()
    this.drawPlaying()
  }

  drawPlaying() {
    if (!this.state) return
    const { playback } = this
    this.panel.drawPlaying(playback.isPlaying, playback.isWaiting)
    this.drawTime()
    if (!playback.isPlaying) this.tell()
  }

  drawTime() {
    const { playback, state, clips } = this
    if (!state || !playback.tracks.length) return
    const { time } = playback
    state.time = time
    this.timeline.move(time)
    this.panel.move(playback)
    clips.forEach((clip, i) => {
      const local = time - state.offsets[i]
      const note = local < 0 ? "not begun" : local >= clip.duration_s ? "ended" : ""
      this.stage.tell(i, this.data.blind ? "" : `f ${playback.frameOf(i)}`, note)
    })
    const frame = this.data.blind ? "" : `, frame ${playback.frameOf(state.chosen)}`
    if (!playback.isPlaying) this.panel.say(`${clockText(time)}${frame} of clip ${state.chosen + 1}`)
  }
}
