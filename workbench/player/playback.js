// The videos themselves: all put to their place before they play, held together while they do, and all
// waiting while one has to load. What is shown is told by `state`, which belongs to the player.
import { Clock, playedPart, restingAt, span, standing, stepped, steppedClip } from "./clock.js"
import { shownFrame, thousandth } from "./frames.js"
import { bendable, correction, isFed, isStarved, learned, playable } from "./sync.js"

const STARTED_S = 0.05 // a clip that has moved this far goes on; sound moves a little, then waits for its device
const START_WITHIN_MS = 600
const JUMPS_APART_MS = 250

export class Playback {
  // `changed` is called when it starts, stops or waits, `ticked` whenever the time may have moved.
  constructor({ changed, ticked }) {
    this.clock = new Clock()
    this.phase = "still" // → gathering (wait for data) → starting → running
    this.tracks = []
    this.changed = changed
    this.ticked = ticked
    this.tick = this.tick.bind(this)
  }

  open(clips, videos, state) {
    this.close()
    this.clips = clips
    this.state = state
    this.tracks = videos.map((video, i) => this.track(clips[i], video, i))
    this.clock.set(state.time, performance.now())
    this.settle()
  }

  close() {
    this.pause()
    for (const { video } of this.tracks) {
      video.removeAttribute("src")
      video.load() // lets go of the connection
    }
    this.tracks = []
  }

  get isPlaying() { return this.phase !== "still" }
  get isWaiting() { return this.phase === "gathering" && performance.now() - this.gatheredAt > 300 }
  get time() { return this.clock.at(performance.now()) }
  get span() { return span(this.clips, this.state.offsets) }
  get part() { return playedPart(this.span, this.state.range) }
  get shown() { return this.tracks.filter((track) => track.isShown).map((track) => track.index) }
  frameOf(i) { return shownFrame(this.time - this.state.offsets[i], this.clips[i]) }

  // Clips that nobody sees or hears rest; they are put to their place when they come back.
  show(indices) {
    for (const track of this.tracks) track.isShown = indices.includes(track.index)
    if (this.isPlaying) this.gather()
    else this.settle()
  }

  play() {
    if (this.isPlaying || !this.tracks.length) return
    const [start, end] = this.part
    if (this.time >= end - 0.5 / this.fps || this.time < start) this.clock.set(start, performance.now())
    this.gather()
    requestAnimationFrame(this.tick)
  }

  pause() {
    if (!this.isPlaying) return
    this.halt("still")
    // Where a link tells it whole, or whoever opens that might see the next frame.
    this.clock.set(thousandth(Math.min(this.time, this.resting(this.part[1]))), performance.now())
    this.settle()
    this.changed()
  }

  seek(time) {
    const [start, end] = this.span
    this.clock.set(Math.min(Math.max(time, start), this.resting(end)), performance.now())
    if (this.isPlaying) this.gather()
    else this.settle()
    this.ticked()
  }

  step(count) {
    this.pause()
    const index = steppedClip(this.clips, this.shown)
    this.seek(stepped(this.time, count, this.clips[index], this.state.offsets[index], this.span))
  }

  setSpeed(speed) {
    const now = performance.now() // once: a clock that stands must not go on between the two
    this.clock.run(now, speed)
    if (this.phase !== "running") this.clock.halt(now)
    for (const { video } of this.tracks) video.playbackRate = speed
  }

  get fps() { return this.clips[steppedClip(this.clips, this.shown)].fps }
  resting(end) { return end - 0.5 / this.fps } // the end itself shows nothing

  track(clip, video, index) {
    const track = { clip, video, index, isShown: true, wanted: null, seekFrom: 0, jumpedAt: 0, latency: 0.05 }
    video.addEventListener("seeking", () => { track.seekFrom = performance.now() })
    video.addEventListener("seeked", () => {
      if (this.phase === "running") track.latency = learned(track.latency, (performance.now() - track.seekFrom) / 1000)
      if (track.wanted === null) return
      const wanted = track.wanted
      track.wanted = null
      this.put(track, wanted)
    })
    return track
  }

  local(track, time) { return time - this.state.offsets[track.index] }
  isOn(track, time) {
    return track.isShown && !track.video.ended && standing(time, track.clip, this.state.offsets[track.index]) === "on"
  }

  // One seek at a time, and always the newest: scrubbing asks for more than a decoder gives.
  put(track, time) {
    const { video } = track
    if (video.seeking) track.wanted = time
    else if (Math.abs(video.currentTime - time) > 1e-4) video.currentTime = time
  }

  settle() {
    for (const track of this.tracks)
      if (track.isShown) this.put(track, restingAt(this.time, track.clip, this.state.offsets[track.index]))
  }

  halt(phase) {
    this.phase = phase
    this.clock.halt(performance.now())
    for (const { video } of this.tracks) if (!video.paused) video.pause()
  }

  // Stand still until every clip that plays now is in its place and has data to go on.
  gather() {
    this.halt("gathering")
    this.gatheredAt = performance.now()
    for (const track of this.tracks.filter((track) => track.isShown)) {
      const isOn = standing(this.time, track.clip, this.state.offsets[track.index]) === "on"
      const place = isOn ? this.local(track, this.time) : restingAt(this.time, track.clip, this.state.offsets[track.index])
      if (track.video.ended || Math.abs(track.video.currentTime - place) > 0.001 || track.video.seeking) this.put(track, place)
    }
    this.changed()
  }

  tick(now) {
    if (!this.isPlaying) return
    requestAnimationFrame(this.tick)
    now = performance.now()
    if (this.phase === "gathering") this.startWhenFed(now)
    else if (this.phase === "starting") this.runWhenStarted(now)
    else this.keepTogether(now)
    this.ticked()
  }

  startWhenFed(now) {
    if (now - this.gatheredAt > 300) this.changed()
    const on = this.tracks.filter((track) => this.isOn(track, this.time))
    if (!on.every((track) => track.wanted === null && isFed(this.fed(track)))) return
    this.phase = "starting"
    this.startedAt = now
    this.changed()
    const lead = this.lead()
    for (const track of on) {
      track.from = track.video.currentTime
      track.jumpedAt = 0
      const isEarly = lead.clip.has_audio && !track.clip.has_audio // sound has to wait for its device
      track.video.playbackRate = isEarly ? playable(this.state.speed / 4) : this.state.speed
      this.start(track)
    }
  }

  start(track) {
    track.video.play().catch((error) => {
      if (error.name !== "NotAllowedError" || track.video.muted) return
      track.video.muted = true // the browser wants a touch before it lets anything be heard
      track.video.play().catch(() => {})
    })
  }

  // Browsers take their while to start: until the clip that leads has moved, the others are held back to it.
  runWhenStarted(now) {
    const lead = this.lead()
    const hasMoved = lead && lead.video.currentTime - lead.from > STARTED_S * this.state.speed
    if (lead && !hasMoved && now - this.startedAt < START_WITHIN_MS) {
      this.clock.set(lead.video.currentTime + this.state.offsets[lead.index], now)
      for (const track of this.tracks)
        if (track !== lead && this.isOn(track, this.time)) this.correct(track, this.local(track, this.time) - track.video.currentTime, now)
      return
    }
    this.phase = "running"
    this.runsSince = now
    this.clock.run(now, this.state.speed)
    this.changed()
    this.keepTogether(now)
  }

  // The clip that is heard, so that its sound is never bent; else one with sound, as those start last.
  lead() {
    const on = this.tracks.filter((track) => this.isOn(track, this.time))
    const sounding = on.filter((track) => track.clip.has_audio)
    return sounding.find((track) => track.index === this.state.chosen) ?? sounding[0] ?? on[0]
  }

  keepTogether(now) {
    const lead = this.lead()
    if (lead && !lead.video.paused && !lead.video.seeking) {
      const there = lead.video.currentTime + this.state.offsets[lead.index]
      if (Math.abs(there - this.clock.at(now)) <= bendable(this.state.speed)) this.clock.set(there, now)
    }
    const time = this.clock.at(now)
    if (time >= this.part[1] - 0.001) return this.finish()
    for (const track of this.tracks.filter((track) => track.isShown)) {
      const { video } = track
      const isOn = this.isOn(track, time)
      if (!isOn) {
        if (!video.paused) video.pause()
      } else if (video.paused) this.join(track, time)
      else if (isStarved({ ...this.fed(track), ended: video.ended, seekingFor: (now - track.seekFrom) / 1000 })) return this.gather()
      else if (!video.seeking && track !== lead) this.correct(track, this.local(track, time) - video.currentTime, now)
      else if (!video.seeking) this.correctLead(track, this.local(track, time) - video.currentTime, now)
    }
  }

  correct(track, drift, now) {
    const isStarting = this.phase === "starting" || now - this.runsSince < 300
    const isBent = track.video.playbackRate !== this.state.speed
    const { jump, rate } = correction(drift, this.state.speed, { isStarting, isBent })
    if (jump && now - track.jumpedAt > JUMPS_APART_MS) this.jump(track, drift, now)
    const next = playable(rate)
    if (Math.abs(track.video.playbackRate - next) > 1e-6) track.video.playbackRate = next
  }

  // It is never bent; it is put back where something else has moved it.
  correctLead(track, drift, now) {
    if (Math.abs(drift) > bendable(this.state.speed) && now - track.jumpedAt > JUMPS_APART_MS) this.jump(track, drift, now)
    if (track.video.playbackRate !== this.state.speed) track.video.playbackRate = this.state.speed
  }

  jump(track, drift, now) {
    track.jumpedAt = now
    track.seekFrom = now
    track.video.currentTime += drift + track.latency * this.state.speed
  }

  // A clip that begins later than the others, or was behind a layout.
  join(track, time) {
    this.put(track, Math.max(0, this.local(track, time)))
    track.video.playbackRate = this.state.speed
    this.start(track)
  }

  finish() {
    const [start] = this.part
    if (!this.state.loop) return this.pause()
    this.clock.set(start, performance.now())
    this.gather()
  }

  fed({ video, clip }) {
    const { buffered, currentTime, readyState, seeking } = video
    let ahead = 0
    for (let i = 0; i < buffered.length; i++)
      if (buffered.start(i) <= currentTime + 0.01 && buffered.end(i) > currentTime) ahead = buffered.end(i) - currentTime
    const left = (Number.isFinite(video.duration) ? Math.min(video.duration, clip.duration_s) : clip.duration_s) - currentTime
    return { readyState, seeking, ahead, left, speed: this.state.speed }
  }
}
