"""One parameter of the page's address, changed in place.

``st.query_params`` adds a step to the browser's history with each change; somebody who goes through a clip
frame by frame would have to press Back as often to leave the page.
"""

from __future__ import annotations

import streamlit as st

# The address stays readable: what a query may hold as it is, is not escaped.
_SCRIPT = """
export default function ({ data: { name, value } }) {
  const url = new URL(location.href)
  if ((url.searchParams.get(name) ?? "") === value) return
  if (value) url.searchParams.set(name, value)
  else url.searchParams.delete(name)
  const query = url.searchParams.toString().replaceAll("%7E", "~")
  history.replaceState(history.state, "", `${url.pathname}${query ? `?${query}` : ""}${url.hash}`)
}
"""

_component = st.components.v2.component("workbench.address", js=_SCRIPT)


def say(name: str, value: str) -> None:
    """The address says ``value`` for ``name`` from now on; an empty one takes ``name`` out of it."""
    with st.container(key=f"wb-address-{name}"):
        _component(key=f"address.{name}", data={"name": name, "value": value}, height=0)
