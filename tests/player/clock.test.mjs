// The shared timeline and frames: which frame stands where, and where a step lands.
import assert from "node:assert/strict"
import { test } from "node:test"
import { load, near } from "./modules.mjs"

const { clockText, frameAt, lastFrame, middleOf, shownFrame } = await load("frames.js")
const { Clock, playedPart, restingAt, span, standing, stepped, steppedClip } = await load("clock.js")

const film = { fps: 24, duration_s: 4 }
const video = { fps: 30000 / 1001, duration_s: 120 * 1001 / 30000 }
const smooth = { fps: 60, duration_s: 2 }

test("the middle of every frame is in that frame, at every rate", () => {
  for (const fps of [8, 23.976, 24, 25, 30000 / 1001, 30, 50, 60, 120])
    for (let frame = 0; frame < 20_000; frame += 7) assert.equal(frameAt(middleOf(frame, fps), fps), frame)
})

test("the beginning of every frame is in that frame, although it is no exact number", () => {
  for (const fps of [23.976, 24, 30000 / 1001, 60])
    for (let frame = 0; frame < 5_000; frame++) assert.equal(frameAt(frame / fps, fps), frame)
})

test("before its beginning a clip shows its first frame, after its end its last", () => {
  assert.equal(lastFrame(film), 95)
  assert.equal(lastFrame(video), 119)
  assert.deepEqual([-3, 0, 3.999, 4, 9].map((time) => shownFrame(time, film)), [0, 0, 95, 95, 95])
  assert.equal(lastFrame({ fps: 24, duration_s: 0.01 }), 0)
})

test("a time is told to the thousandth", () => {
  const told = { 0: "0:00.000", 1.5: "0:01.500", 59.9996: "1:00.000", 75.25: "1:15.250", "-0.5": "−0:00.500", "-0.0001": "0:00.000", 3661: "61:01.000" }
  for (const [time, text] of Object.entries(told)) assert.equal(clockText(Number(time)), text)
})

test("the timeline reaches from the first beginning to the last end", () => {
  assert.deepEqual(span([film, smooth], [0, 0]), [0, 4])
  assert.deepEqual(span([film, smooth], [0, 3]), [0, 5])
  assert.deepEqual(span([film, smooth], [-1, -0.5]), [-1, 3])
})

test("a range that lies outside the timeline is none", () => {
  assert.deepEqual(playedPart([0, 4], null), [0, 4])
  assert.deepEqual(playedPart([0, 4], [1, 2]), [1, 2])
  assert.deepEqual(playedPart([0, 4], [-5, 2]), [0, 2])
  assert.deepEqual(playedPart([0, 4], [9, 12]), [0, 4])
})

test("a clip with an offset begins so much later", () => {
  assert.deepEqual([0, 0.49, 0.5, 4.49, 4.5].map((time) => standing(time, film, 0.5)), ["before", "before", "on", "on", "after"])
  assert.ok(near(restingAt(0, film, 0.5), 0.5 / 24))
  assert.ok(near(restingAt(1.5, film, 0.5), 24.5 / 24))
  assert.ok(near(restingAt(99, film, 0.5), 95.5 / 24))
})

test("steps go by the shown clip with the most frames", () => {
  assert.equal(steppedClip([film, smooth, video], [0, 1, 2]), 1)
  assert.equal(steppedClip([film, smooth, video], [0, 2]), 2)
  assert.equal(steppedClip([film, film], [1, 0]), 1)
})

test("every step lands in the middle of the next frame, there and back, with any offset", () => {
  for (const clip of [film, video, smooth])
    for (const offset of [0, 0.1, -0.37, 2.5]) {
      const whole = span([clip], [offset])
      let time = whole[0]
      for (let frame = 1; frame <= lastFrame(clip); frame++) {
        time = stepped(time, 1, clip, offset, whole)
        assert.ok(near(time, offset + middleOf(frame, clip.fps)), `${frame} of ${clip.fps}`)
      }
      assert.ok(near(stepped(time, 1, clip, offset, whole), time), "beyond the last there is none")
      for (let frame = lastFrame(clip) - 1; frame >= 0; frame--) time = stepped(time, -1, clip, offset, whole)
      assert.ok(near(time, offset + middleOf(0, clip.fps)))
      assert.ok(near(stepped(time, -1, clip, offset, whole), time))
    }
})

test("steps go on outside the stepped clip, as long as there is a timeline", () => {
  const whole = span([smooth, film], [0, 0])
  assert.ok(near(stepped(3, 1, smooth, 0, whole), 181.5 / 60))
  assert.ok(near(stepped(3.999, 1, smooth, 0, whole), 239.5 / 60))
})

test("the clock runs by its speed from where it was set, and stands when halted", () => {
  const clock = new Clock()
  clock.set(2, 1000)
  assert.equal(clock.at(5000), 2)
  clock.run(5000, 0.5)
  assert.equal(clock.at(7000), 3)
  clock.run(7000, 2)
  assert.equal(clock.at(7500), 4)
  clock.set(1, 8000)
  assert.equal(clock.at(8500), 2)
  clock.halt(9000)
  assert.equal(clock.at(99_000), 3)
})
