// What a popover holds lies at the end of the document; for the Tab key it comes right after its button.

const STOPS = 'a[href], button, input, select, textarea, [tabindex]'

// While the focus is elsewhere, the popover takes its own out of the order, and notes down what they were.
function isStop(found) {
  const noted = found.dataset.tabindex
  return noted === undefined ? found.tabIndex >= 0 : noted !== '-1'
}

function stopsIn(popover) {
  const found = [...popover.querySelectorAll(STOPS)].filter(
    (stop) => isStop(stop) && !stop.disabled && stop.checkVisibility({ visibilityProperty: true }),
  )
  // Of the choices of a radio group the Tab key knows the chosen one only.
  const chosen = new Set(found.filter((stop) => stop.type === 'radio' && stop.checked).map((stop) => stop.name))
  return found.filter((stop) => stop.type !== 'radio' || stop.checked || !chosen.has(stop.name))
}

function onKey(event) {
  if (event.key !== 'Tab' || event.ctrlKey || event.altKey || event.metaKey) return
  const button = document.querySelector('[data-testid="stPopoverButton"][aria-expanded="true"]')
  const popover = document.querySelector('[data-testid="stPopoverBody"]')
  if (!button || !popover) return
  const stops = stopsIn(popover)
  const at = document.activeElement
  if (at === button && !event.shiftKey && stops.length) {
    stops[0].focus()
    event.preventDefault()
  } else if (at === stops[0] && event.shiftKey) {
    button.focus()
    event.preventDefault()
  } else if (at === stops.at(-1) && !event.shiftKey) {
    button.focus() // from there the browser goes on to what comes after it
  }
}

export default function () {
  document.addEventListener('keydown', onKey, true)
  return () => document.removeEventListener('keydown', onKey, true)
}
