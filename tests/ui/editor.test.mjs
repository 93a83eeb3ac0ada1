// Unit tests of the editor's own logic; run by `node --test`.
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"

const source = await readFile(new URL("../../workbench/ui/editor/editor.js", import.meta.url), "utf8")
const { carried } = await import(`data:text/javascript,${encodeURIComponent(source)}`)

const seen = "a lion walks at dawn"
const lion = [2, 6, "advice"]
const dawn = [16, 20, "missing"]
const words = (marks, text) => marks.map(([start, end]) => text.slice(start, end))

test("an unchanged text keeps its marks", () => {
  assert.deepEqual(carried([lion, dawn], seen, seen), [lion, dawn])
})

test("typing at the end moves nothing", () => {
  assert.deepEqual(carried([lion, dawn], seen, `${seen}, slow`), [lion, dawn])
})

test("typing before a mark moves it with its word", () => {
  const text = `Look: ${seen}`
  assert.deepEqual(words(carried([lion, dawn], seen, text), text), ["lion", "dawn"])
})

test("typing between two marks moves only the later one", () => {
  const text = "a lion slowly walks at dawn"
  assert.deepEqual(words(carried([lion, dawn], seen, text), text), ["lion", "dawn"])
})

test("a mark whose word changed goes", () => {
  const text = "a lynx walks at dawn"
  assert.deepEqual(words(carried([lion, dawn], seen, text), text), ["dawn"])
})

test("an emptied text has no marks", () => {
  assert.deepEqual(carried([lion, dawn], seen, ""), [])
})

test("marks never overlap and never leave the text, whatever was typed", () => {
  const letters = "ab "
  let state = 7
  const random = (below) => (state = (state * 1103515245 + 12345) % 2147483648) % below
  const made = (length) => Array.from({ length }, () => letters[random(letters.length)]).join("")
  for (let round = 0; round < 2000; round++) {
    const before = made(random(12)), after = made(random(12))
    const marks = [0, 1, 2].map(() => {
      const start = random(before.length + 1)
      return [start, start + random(before.length + 1 - start), "advice"]
    }).sort((one, other) => one[0] - other[0])
    let at = 0
    for (const [start, end] of carried(marks, before, after)) {
      assert.ok(at <= start && start < end && end <= after.length, JSON.stringify({ before, after, marks }))
      at = end
    }
  }
})
