// The state in a link; what it means is told by links.json, which state.py is held to as well.
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import { load } from "./modules.mjs"

const { beginning, fromLink, linkText } = await load("state.js")
const cases = JSON.parse(await readFile(new URL("links.json", import.meta.url), "utf8"))

for (const { link, clips, means, again } of cases)
  test(`“${link.slice(0, 60)}” of ${clips}`, () => {
    const state = fromLink(link, clips)
    assert.deepEqual(state, { ...beginning(clips), ...means })
    assert.equal(linkText(state), again ?? link)
    assert.equal(linkText(fromLink(linkText(state), clips)), linkText(state))
  })
