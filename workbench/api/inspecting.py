"""What speaks against pictures as references. Each is measured once in this process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import BadMedia
from workbench.domain.media import Media, Role
from workbench.domain.request import Scalar
from workbench.media.files import MediaFiles

if TYPE_CHECKING:
    from workbench.prompting.lint_pictures import PictureFacts, Remark

MOST = 256  # pictures whose measures are remembered


class Inspecting:
    def __init__(self, files: MediaFiles) -> None:
        self._files = files
        self._known: OrderedDict[str, PictureFacts] = OrderedDict()
        self._guard = threading.Lock()

    def remarks(
        self,
        pictures: Sequence[tuple[str, Role, Media]],
        model: Capabilities,
        settings: Mapping[str, Scalar],
    ) -> tuple[Remark, ...]:
        """``pictures`` are label (as sentences call it), role and file; clips and lost files are left out."""
        from workbench.prompting.lint_pictures import lint_pictures

        found = [
            replace(facts, label=label, role=role)
            for label, role, media in pictures
            if not media.is_video and (facts := self._facts(media))
        ]
        return lint_pictures(found, model, settings)

    def _facts(self, media: Media) -> PictureFacts | None:
        with self._guard:
            if known := self._known.get(media.sha256):
                self._known.move_to_end(media.sha256)
                return known
        # Imported where a picture is measured: OpenCV takes its time.
        from workbench.media.likeness import fingerprint
        from workbench.media.look import measure
        from workbench.prompting.lint_pictures import PictureFacts

        path = self._files.path(media)
        try:
            facts = PictureFacts.of("", measure(path, media.mime), fingerprint(path, media.mime))
        except (BadMedia, OSError):  # told where it is used
            return None
        with self._guard:
            self._known[media.sha256] = facts
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return facts
