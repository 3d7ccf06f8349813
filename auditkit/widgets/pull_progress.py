"""How far a pull is, in a notebook: a bar and a line of text."""

from __future__ import annotations

from typing import Any

import ipywidgets

from auditkit.source.progress import Tally


class PullProgress:
    """A face for `pull(..., progress=PullProgress())`; the last expression of a cell, or `display`, shows it.

    Text goes to a label, which shows text and nothing else.
    """

    def __init__(self) -> None:
        self._bar = ipywidgets.IntProgress(description="Pull", min=0, max=1, layout={"width": "480px"})
        self._words = ipywidgets.Label(value="not started")
        self.box = ipywidgets.VBox([self._bar, self._words])

    def show(self, tally: Tally) -> None:
        """Move the bar and say where the pull stands."""
        # The greatest value first: a bar refuses to stand beyond its end.
        self._bar.max = max(tally.known, tally.lists, 1)
        self._bar.value = tally.lists
        self._words.value = tally.sentence()

    def close(self, tally: Tally) -> None:
        """Show the end: green if every list was read, amber if not."""
        self.show(tally)
        self._bar.bar_style = "success" if tally.lists >= tally.known else "warning"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = self.box._repr_mimebundle_()
        return bundle | {"text/plain": self._words.value}
