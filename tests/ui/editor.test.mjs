// Unit tests of the editor's own logic; run by `node --test`.
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"

const source = await readFile(new URL("../../workbench/ui/editor/editor.js", import.meta.url), "utf8")
const { carried, counted, estimated } = await import(`data:text/javascript,${encodeURIComponent(source)}`)

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

const table = [["[A-Za-z]+", 6], ["[0-9]", 1], ["[\\u4e00-\\u9fff]+", 1.5], ["[^\\sA-Za-z0-9]", 1]]

test("characters are counted where no limit in tokens is known", () => {
  assert.deepEqual(counted("🦁 lion", { limit: 4000, tokens: null }), { said: "6 / 4,000", over: false })
  assert.deepEqual(counted("x".repeat(11), { limit: 10, tokens: null }), { said: "11 / 10", over: true })
})

test("tokens are estimated, and said to be", () => {
  const data = { limit: 4000, tokens: { limit: 1024, table } }
  assert.deepEqual(counted("a lion, walking", data), { said: "about 5 / 1,024 tokens", over: false })
  assert.deepEqual(counted("", data), { said: "about 0 / 1,024 tokens", over: false })
  const long = "lion ".repeat(800)
  assert.deepEqual(counted(long, { ...data, tokens: { limit: 700, table } }),
    { said: "about 800 / 700 tokens", over: true })
})

test("too many characters go before tokens: they stop a run", () => {
  const data = { limit: 10, tokens: { limit: 1024, table } }
  assert.deepEqual(counted("a lion walks", data), { said: "12 / 10", over: true })
})

test("ideographs, figures and emoji count as in prompting/tokens.py", () => {
  assert.equal(estimated("獅子草", table), 2)
  assert.equal(estimated("1080", table), 4)
  assert.equal(estimated("🦁🦁", table), 2)
})
