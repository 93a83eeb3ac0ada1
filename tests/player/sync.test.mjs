// How drift is made good, when all wait, and what of the picture is seen.
import assert from "node:assert/strict"
import { test } from "node:test"
import { load, near } from "./modules.mjs"

const { bendable, correction, isFed, isStarved, learned, playable } = await load("sync.js")
const { dragged, framed, magnification, MOST_ZOOM, transform, zoomedAt } = await load("view.js")

test("a clip that is behind goes faster, one that is ahead slower, one in its place as it should", () => {
  for (const speed of [0.1, 0.5, 1, 2]) {
    assert.ok(correction(0.02 * speed, speed).rate > speed)
    assert.ok(correction(-0.02 * speed, speed).rate < speed)
    assert.equal(correction(0, speed).rate, speed)
    assert.equal(correction(0.007 * speed, speed).rate, speed, "what nobody can see is left alone")
    assert.ok(correction(0.007 * speed, speed, { isBent: true }).rate > speed, "but is made good once it is bent")
  }
})

test("only what can't be bent back is jumped over, and bends have an end", () => {
  for (const speed of [0.1, 0.25, 1, 2])
    for (let drift = -1; drift <= 1; drift += 0.005) {
      const { jump, rate } = correction(drift, speed)
      assert.equal(jump, Math.abs(drift) > bendable(speed))
      assert.ok(rate >= 0.1 * speed - 1e-9 && rate <= 2 * speed + 1e-9)
    }
  assert.deepEqual([0.1, 1, 2].map((speed) => +bendable(speed).toFixed(6)), [0.03, 0.3, 0.3])
})

// One clip beside one that keeps time; looked at 30 times a second, obeyed a look later.
function settled(drift, { looks = 30, speed = 1, isStarting = false } = {}) {
  const seen = [drift]
  let rate = speed
  for (let i = 0; i < looks; i++) {
    const next = correction(drift, speed, { isStarting, isBent: rate !== speed })
    drift = next.jump ? 0 : drift + (speed - rate) / 30
    rate = next.rate
    seen.push(drift)
  }
  return seen
}

test("any drift is under a frame within half a second and never grows", () => {
  for (const speed of [0.1, 0.25, 0.5, 1, 2])
    for (const drift of [0.29, 0.2, 0.1, 0.05, -0.05, -0.1, -0.2, -0.29]) {
      const seen = settled(drift * Math.min(speed, 1), { speed })
      assert.ok(seen.slice(15).every((now) => Math.abs(now) < 1 / 24), `${drift} at ${speed}: ${seen[15]}`)
      assert.ok(Math.max(...seen.map(Math.abs)) <= Math.abs(drift) + 1e-9)
      assert.ok(Math.abs(seen.at(-1)) < 0.008 * speed)
    }
})

test("at the start it is gone sooner, without swinging for long", () => {
  const [there, later] = [true, false].map((isStarting) => settled(-0.08, { isStarting }))
  assert.ok(Math.abs(there[4]) < Math.abs(later[4]))
  assert.ok(there.slice(15).every((now) => Math.abs(now) < 0.01))
})

test("rates stay within what browsers play", () => {
  assert.deepEqual([0.01, 0.5, 99].map(playable), [0.0625, 0.5, 16])
})

test("all wait for a clip that has nothing to show next, or looks too long for its place", () => {
  const fine = { readyState: 4, ended: false, seeking: false, seekingFor: 9 }
  assert.equal(isStarved(fine), false)
  assert.equal(isStarved({ ...fine, readyState: 2 }), true)
  assert.equal(isStarved({ ...fine, readyState: 2, ended: true }), false)
  assert.equal(isStarved({ ...fine, readyState: 1, seeking: true, seekingFor: 0.2 }), false)
  assert.equal(isStarved({ ...fine, readyState: 1, seeking: true, seekingFor: 0.5 }), true)
})

test("it goes on once there is a second at hand, or all that is left", () => {
  const had = { readyState: 3, seeking: false, ahead: 0.5, left: 6, speed: 1 }
  assert.equal(isFed(had), false)
  assert.equal(isFed({ ...had, ahead: 1.1 }), true)
  assert.equal(isFed({ ...had, ahead: 1.1, speed: 2 }), false)
  assert.equal(isFed({ ...had, left: 0.5 }), true)
  assert.equal(isFed({ ...had, readyState: 4 }), true)
  assert.equal(isFed({ ...had, readyState: 4, seeking: true }), false)
  assert.equal(isFed({ ...had, readyState: 2, ahead: 5 }), false)
  assert.equal(isFed({ ...had, readyState: 2, left: 0 }), true)
})

test("what a seek takes is learned, within reason", () => {
  assert.ok(near(learned(0.1, 0.2), 0.15))
  assert.equal(learned(0.3, 9), 0.3)
})

test("the view never leaves the picture", () => {
  assert.deepEqual(framed(1, [0, 1]), { zoom: 1, centre: [0.5, 0.5] })
  assert.deepEqual(framed(4, [0, 1]), { zoom: 4, centre: [0.125, 0.875] })
  assert.equal(framed(999, [0.5, 0.5]).zoom, MOST_ZOOM)
  assert.equal(framed(0.1, [0.5, 0.5]).zoom, 1)
})

test("what lies under the pointer stays there", () => {
  const under = ({ zoom, centre }, x) => centre[0] + (x - 0.5) / zoom
  let view = { zoom: 2, centre: [0.5, 0.5] }
  const before = under(view, 0.7)
  for (const factor of [1.25, 1.25, 0.8]) {
    view = zoomedAt(view, factor, 0.7, 0.4)
    assert.ok(near(under(view, 0.7), before))
  }
})

test("a drag moves the picture with the hand", () => {
  assert.deepEqual(dragged({ zoom: 4, centre: [0.5, 0.5] }, 0.4, -0.4).centre.map((at) => +at.toFixed(6)), [0.4, 0.6])
})

test("the transform puts the centre into the middle", () => {
  assert.equal(transform({ zoom: 1, centre: [0.5, 0.5] }), "none")
  assert.equal(transform({ zoom: 2, centre: [0.25, 0.5] }), "translate(0%, -50%) scale(2)")
})

test("pixel by pixel is one of the screen's for one of the clip's", () => {
  assert.equal(magnification({ width: 1920, height: 1080 }, 960, 540, 2, 1), 1)
  assert.equal(magnification({ width: 1920, height: 1080 }, 960, 540, 1, 2), 1)
  assert.equal(magnification({ width: 100, height: 200 }, 400, 400, 1, 1), 2)
})
