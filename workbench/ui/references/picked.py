"""What is picked, in the order in which it is told of: image 1, image 2, and the clip last."""

from __future__ import annotations

from html import escape

import streamlit as st

from workbench.api import Workbench
from workbench.api.casting import cast
from workbench.domain.media import Role
from workbench.ui import figures
from workbench.ui.clip import thumbnail_html
from workbench.ui.compose.composition import settings_for
from workbench.ui.references.state import Session, target_name, unpick
from workbench.ui.remarks import remarks


def picked(bench: Workbench, held: Session) -> None:
    """Thumbnails with a way out of each; what to do where there are none."""
    if not held.desk.picks:
        st.html(
            '<div class="wb-empty"><strong>Nothing is picked</strong>'
            "<p>Pick one to three pictures, and a clip for its motion if there is one.</p></div>"
        )
        return
    with st.grid(min_column_width=130, gap="small", key="wb-picks"):
        for number, media in enumerate(held.desk.picks, 1):
            known = bench.reference(media.sha256)
            called = f"Image {number}" + (", the clip" if media.is_video else "")
            name = known.name if known else "off the shelf by now"
            with st.container(gap="xxsmall"):
                caption = escape(f"{called} · {name}")
                st.html(
                    f'<figure style="margin:0">{thumbnail_html(media, f"{called}: {name}")}'
                    f'<figcaption class="wb-small">{caption}</figcaption></figure>'
                )
                if st.button(
                    f"Take off image {number}",
                    key=f"desk.unpick.{media.sha256}",
                    type="tertiary",
                    help=figures.plain(name),
                ):
                    unpick(bench, media.sha256)
                    st.rerun()
    _remarks(bench, held)


def _remarks(bench: Workbench, held: Session) -> None:
    """Against the model that it will be written for, and the part that they play there."""
    desk = held.desk
    model = bench.model(target_name(bench, desk))
    roles = {i.media.sha256: i.role for i in cast(model, desk.pictures, desk.clip).inputs}
    called = [
        (f"Image {number}", roles.get(media.sha256, Role.REFERENCE), media)
        for number, media in enumerate(desk.picks, 1)
    ]
    remarks(bench, called, model, settings_for(model, desk.settings))
