// Called again at every change of `data`; what must last between calls lives by its parent element.
const PAUSE_MS = 300
const editors = new WeakMap()

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let editor = editors.get(parentElement)
  if (!editor) {
    editor = open(parentElement)
    editors.set(parentElement, editor)
  }
  editor.tell = setStateValue
  editor.send = setTriggerValue
  show(editor, data)
  return () => {
    clearTimeout(editor.timer)
    editors.delete(parentElement)
  }
}

function open(root) {
  const find = (selector) => root.querySelector(selector)
  const editor = {
    area: find("textarea"), marks: find(".marks"), label: find("label"), box: find(".editor"),
    help: find("#help"), count: find("#count"),
    edition: null, timer: 0, data: null,
  }
  const { area } = editor
  area.addEventListener("input", () => {
    clearTimeout(editor.timer)
    editor.timer = setTimeout(() => tell(editor), PAUSE_MS)
    draw(editor)
  })
  area.addEventListener("blur", () => tell(editor))
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault()
      tell(editor)
      editor.send("sent", { text: area.value, edition: editor.edition })
    }
    event.stopPropagation() // the app's own one-key shortcuts are not meant while somebody types
  })
  area.addEventListener("scroll", () => { editor.marks.scrollTop = area.scrollTop })
  new ResizeObserver(() => fit(editor)).observe(editor.box)
  return editor
}

// Typing that the server has not heard of is newer than anything it sends.
function tell(editor) {
  if (!editor.timer) return
  clearTimeout(editor.timer)
  editor.timer = 0
  editor.tell("typed", { text: editor.area.value, edition: editor.edition })
}

function show(editor, data) {
  const { area } = editor
  const isNew = data.edition !== editor.edition
  editor.data = data
  editor.edition = data.edition
  if (editor.label.textContent !== data.label) editor.label.textContent = data.label
  if (editor.help.textContent !== data.help) editor.help.textContent = data.help
  area.placeholder = data.placeholder
  area.rows = data.rows
  area.setAttribute("aria-invalid", String(data.invalid))
  editor.box.classList.toggle("invalid", data.invalid)
  if (isNew && editor.timer) tell(editor)
  else if (isNew && area.value !== data.text) area.value = data.text
  draw(editor)
}

function draw(editor) {
  const { area, data, count } = editor
  const { said, over } = counted(area.value, data)
  if (count.textContent !== said) count.textContent = said
  count.classList.toggle("over", over)
  editor.marks.replaceChildren(...marked(area.value, data), "\n")
  fit(editor)
}

// Tokens where the model's limit is told in them, else characters – also once there are too many of those.
// Exported for its tests.
export function counted(text, { limit, tokens }) {
  const number = (value) => value.toLocaleString("en")
  const length = [...text].length
  if (!tokens || length > limit) return { said: `${number(length)} / ${number(limit)}`, over: length > limit }
  const about = estimated(text, tokens.table)
  return { said: `about ${number(about)} / ${number(tokens.limit)} tokens`, over: about > tokens.limit }
}

// As prompting/tokens.py: of each run of one script so many characters make about one token.
export function estimated(text, table) {
  const pieces = new RegExp(table.map(([pattern]) => `(${pattern})`).join("|"), "gu")
  let about = 0
  for (const found of text.matchAll(pieces)) {
    const [, charsPerToken] = table[found.findIndex((group, i) => i > 0 && group !== undefined) - 1]
    about += Math.ceil([...found[0]].length / charsPerToken)
  }
  return about
}

function marked(text, data) {
  const pieces = []
  let at = 0
  for (const [start, end, kind] of carried(data.marks, data.text, text)) {
    const mark = document.createElement("mark")
    mark.className = kind
    mark.textContent = text.slice(start, end)
    pieces.push(text.slice(at, start), mark)
    at = end
  }
  pieces.push(text.slice(at))
  return pieces
}

// Marks of the text that the server saw, carried over to the text as it stands: those before the first
// and after the last change stay where their words are, those in between go. Exported for its tests.
export function carried(marks, seen, text) {
  const shorter = Math.min(seen.length, text.length)
  let head = 0
  while (head < shorter && seen[head] === text[head]) head++
  let tail = 0
  while (tail < shorter - head && seen[seen.length - 1 - tail] === text[text.length - 1 - tail]) tail++
  const shift = text.length - seen.length
  const kept = []
  let at = 0
  for (const [start, end, kind] of marks) {
    const moved = start >= seen.length - tail ? shift : end <= head ? 0 : null
    if (moved === null || start + moved < at || end <= start) continue
    kept.push([start + moved, end + moved, kind])
    at = end + moved
  }
  return kept
}

function fit({ area, marks }) {
  if (!CSS.supports("field-sizing", "content")) {
    area.style.height = "auto"
    area.style.height = `${area.scrollHeight}px`
  } else {
    area.style.fieldSizing = "content"
    const line = parseFloat(getComputedStyle(area).lineHeight)
    area.style.minHeight = `calc(${area.rows * line}px + 1.2rem)`
  }
  marks.scrollTop = area.scrollTop
}
