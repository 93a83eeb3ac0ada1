// Buttons, figures, the list of clips, and the sheet of keys.
import { clockText, lastFrame } from "./frames.js"
import { keyText, SHEET } from "./keys.js"
import { made } from "./stage.js"
import { PAIRED } from "./state.js"

export class Panel {
  // `act` takes a command as keys.js names them.
  constructor(root, act) {
    this.root = root
    this.act = act
    this.find = (selector) => root.querySelector(selector)
    this.list = this.find(".clips")
    this.dialog = this.find("dialog")
    root.querySelector(".bar").addEventListener("click", (event) => {
      const button = event.target.closest("button[data-do]")
      if (button) act(command(button.dataset.do))
    })
    this.find(".mix").addEventListener("input", (event) => act(["mixTo", event.target.valueAsNumber]))
    this.find(".close").addEventListener("click", () => this.dialog.close())
    this.dialog.addEventListener("keydown", (event) => event.key === "?" && this.dialog.close())
    this.find(".rows").replaceChildren(...SHEET.map(([title, rows]) =>
      made("section", {}, made("h3", {}, title), made("dl", {}, ...rows.flatMap(keyRow)))))
  }

  // `isBlind`: nothing is told that may tell which model made a clip.
  open(clips, isBlind) {
    Object.assign(this, { clips, isBlind })
    this.root.classList.toggle("blind", isBlind)
    this.root.classList.toggle("single", clips.length < 2)
    this.rows = clips.map((clip, i) => this.row(clip, i))
    this.list.replaceChildren(...this.rows.map((row) => row.box))
    for (const layout of PAIRED) this.find(`[data-do="layout ${layout}"]`).disabled = clips.length < 2
  }

  row(clip, i) {
    const button = (text, label, ...asked) => {
      const made_ = made("button", { ariaLabel: label, title: label }, text)
      made_.addEventListener("click", () => this.act(asked))
      return made_
    }
    const heard = clip.has_audio ? " and hear it" : ", which has no sound"
    const chosen = button(String(i + 1), `Choose ${clip.label}${this.isBlind ? "" : heard}`, "choose", i)
    chosen.className = "chosen"
    const sides = made("span", { className: "sides" },
      button("A", `${clip.label} as the first of the two`, "pair", 0, i),
      button("B", `${clip.label} as the second of the two`, "pair", 1, i))
    const offset = made("input", { type: "number", step: "any", className: "offset", ariaLabel: `Offset of ${clip.label} in seconds`, title: "Begins so many seconds later" })
    offset.addEventListener("change", () => this.act(["offset", i, offset.valueAsNumber]))
    const slip = made("span", { className: "slip" },
      button("−", `${clip.label} one frame earlier`, "slip", -1, i), offset,
      button("+", `${clip.label} one frame later`, "slip", 1, i))
    const frame = made("span", { className: "frames" })
    const sound = clip.has_audio ? "sound" : "no sound"
    const told = `${clip.width} × ${clip.height} · ${+clip.fps.toFixed(3)} fps · ${clip.duration_s.toFixed(2)} s · ${sound}`
    const facts = made("span", { className: "facts" }, this.isBlind ? "" : told)
    const box = made("li", {}, chosen, made("span", { className: "label", title: clip.label }, clip.label), facts, frame, slip, sides)
    return { box, chosen, frame, offset, sides }
  }

  draw(state, playback, isMuted) {
    const isPaired = PAIRED.includes(state.layout)
    const press = (selector, on) => this.find(selector).setAttribute("aria-pressed", String(on))
    for (const button of this.root.querySelectorAll("[data-do^='layout ']"))
      button.setAttribute("aria-pressed", String(button.dataset.do === `layout ${state.layout}`))
    press("[data-do=loop]", state.loop)
    press(".mute", isMuted)
    this.find("[data-do=whole]").disabled = !state.range
    this.find("[data-do=fit]").textContent = state.zoom === 1 ? "Fit" : `${Math.round(state.zoom * 100)} %`
    this.find("[data-do=fit]").ariaLabel = state.zoom === 1 ? "Fit" : `Fit; now ${Math.round(state.zoom * 100)} % of that`
    this.find(".speed").textContent = `${state.speed}×`
    this.find(".paired").hidden = !isPaired
    const mix = this.find(".mix")
    mix.hidden = !["wipe", "onion"].includes(state.layout)
    mix.ariaLabel = state.layout === "wipe" ? "Wipe line" : "Mix of the two"
    mix.valueAsNumber = state.mix
    const boost = this.find(".boost")
    boost.hidden = state.layout !== "difference"
    boost.textContent = `${state.boost}×`
    boost.ariaLabel = `Brighten the difference; now ${state.boost} times`
    this.find(".whole").textContent = ` / ${clockText(playback.span[1])}`
    this.rows.forEach(({ chosen, offset, sides }, i) => {
      chosen.setAttribute("aria-pressed", String(i === state.chosen))
      sides.hidden = !isPaired
      ;[...sides.children].forEach((side, at) => side.setAttribute("aria-pressed", String(state.pair[at] === i)))
      if (this.root.getRootNode().activeElement !== offset) offset.value = state.offsets[i].toFixed(3)
    })
  }

  drawPlaying(isPlaying, isWaiting) {
    const play = this.find(".play")
    this.root.classList.toggle("playing", isPlaying)
    play.ariaLabel = isPlaying ? "Pause" : "Play"
    this.find(".waiting").hidden = !isWaiting
    if (isPlaying) this.say(isWaiting ? "Waiting for data" : "Playing")
  }

  move(playback) {
    this.find(".time").textContent = clockText(playback.time)
    if (this.isBlind) return
    this.rows.forEach(({ frame }, i) => {
      frame.textContent = `frame ${playback.frameOf(i)} / ${lastFrame(this.clips[i])}`
    })
  }

  // For whoever listens instead of looking: when something comes to rest, never at every frame.
  say(text) {
    const told = this.find(".told")
    if (told.textContent !== text) told.textContent = text
  }

  sheet() {
    this.dialog.showModal()
  }
}

function command(text) {
  const [name, ...values] = text.split(" ")
  return [name, ...values.map((value) => (Number.isNaN(Number(value)) ? value : Number(value)))]
}

function keyRow([keys, meaning]) {
  const several = keys.length > 2 ? [keys[0], "–", keys.at(-1)] : keys
  const shown = several.map((key) => (key === "–" ? key : made("kbd", {}, keyText(key))))
  return [made("dt", {}, ...shown), made("dd", {}, meaning)]
}
