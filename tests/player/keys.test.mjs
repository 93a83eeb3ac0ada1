// Keys: each one means one thing, is on the sheet, and leaves the browser's and Streamlit's own alone.
import assert from "node:assert/strict"
import { test } from "node:test"
import { load } from "./modules.mjs"

const { commandOf, keyText, SHEET } = await load("keys.js")
const press = (key, more = {}) => commandOf({ key, ...more })
const rows = SHEET.flatMap(([, rows]) => rows)

test("each key of the sheet does what stands beside it", () => {
  for (const [keys, meaning, ...rest] of rows) {
    const commands = rest.filter((one) => one !== true)
    assert.ok(commands.length === 1 || commands.length === keys.length, meaning)
    keys.forEach((key, i) => {
      const [, shifted] = key.split(/(?<=Shift)\+/)
      const event = shifted ? { key: shifted, shiftKey: true } : { key: key === "Space" ? " " : key }
      assert.deepEqual(commandOf(event), commands[i] ?? commands[0], `${key}: ${meaning}`)
    })
  }
})

test("no key stands twice, and none is Streamlit's", () => {
  const keys = rows.flatMap(([keys]) => keys)
  assert.equal(new Set(keys).size, keys.length)
  assert.ok(!keys.some((key) => ["c", "r"].includes(key.toLowerCase())))
  assert.equal(press("c"), null)
  assert.equal(press("R"), null)
})

test("everything that was asked of a keyboard has a key", () => {
  const names = new Set(rows.flatMap(([, , ...rest]) => rest.filter((one) => one !== true).map(([name]) => name)))
  for (const name of ["play", "step", "speed", "loop", "range", "slip", "layout", "zoom", "pan", "pixels", "choose", "mute", "full", "mark", "mix", "sheet"])
    assert.ok(names.has(name), name)
})

test("combinations stay the browser's", () => {
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) assert.equal(press("f", more), null)
})

test("a bracket that needs AltGr is still a bracket", () => {
  assert.deepEqual(press("[", { ctrlKey: true, altKey: true, getModifierState: (name) => name === "AltGraph" }), ["range", 0])
})

test("held down, only what may go on does", () => {
  assert.deepEqual(press(".", { repeat: true }), ["step", 1])
  assert.deepEqual(press("ArrowLeft", { repeat: true, shiftKey: true }), ["pan", 0.1, 0])
  for (const key of [" ", "p", "x", "f", "?", "1"]) assert.equal(press(key, { repeat: true }), null)
})

test("Caps Lock changes nothing", () => {
  assert.deepEqual(press("W"), ["layout", "wipe"])
})

test("keys are told as people read them", () => {
  assert.deepEqual(["ArrowLeft", "Shift+ArrowUp", "-", "Space", "?"].map(keyText), ["←", "Shift ↑", "−", "Space", "?"])
})
