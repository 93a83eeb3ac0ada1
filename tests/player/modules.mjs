// The player's modules as they are on the disk. No package.json calls them modules, so they come as data: URLs.
import { readFile } from "node:fs/promises"

const FOLDER = new URL("../../workbench/player/", import.meta.url)
const urls = new Map()

export const load = async (name) => import(await urlOf(name))

function urlOf(name) {
  if (!urls.has(name)) urls.set(name, made(name))
  return urls.get(name)
}

async function made(name) {
  let source = await readFile(new URL(name, FOLDER), "utf8")
  for (const [line, other] of source.matchAll(/from "\.\/([a-z]+\.js)"/g))
    source = source.replace(line, `from "${await urlOf(other)}"`)
  return `data:text/javascript,${encodeURIComponent(source)}`
}

export const near = (one, other) => Math.abs(one - other) < 1e-9
