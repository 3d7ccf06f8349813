"""The findings on one screen: filters that can be saved, a page of rows, and beside it what proves the opened one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from auditkit.widgets import kept
from auditkit.widgets.grid import RowGrid
from auditkit.widgets.live import Told, panel_html
from auditkit.widgets.markup import safe_text
from auditkit.widgets.proving import detail_html
from auditkit.widgets.sift import STATES, Choice, controls, haystack, severities, sift
from auditkit.widgets.trouble import guard

if TYPE_CHECKING:
    from auditkit.widgets.findings import FindingsPanel

_ALL = "all"
_NO_FILTER = "(saved filters)"
_SORTS = (
    ("worst first", ""), ("rule", "rule"), ("subject", "subject_id"), ("principal", "principal_id"),
    ("least severe first", "severity"), ("message", "message"),
)  # fmt: skip


class FindingsWidget:
    """`box` is the widget. What is chosen and ticked is kept in the panel, for programs to read."""

    def __init__(self, panel: FindingsPanel) -> None:
        self.panel = panel
        self._hay = haystack(panel.frame)
        self._restoring = False
        self.head, self.detail, self.told = ipywidgets.HTML(), ipywidgets.HTML(), Told(panel.desk)
        self.fields = self._make_fields()
        self.name = ipywidgets.Text(description="Name", placeholder="name of this filter", layout=_wide(260))
        self.saved = ipywidgets.Dropdown(description="Saved", layout=_wide(260))
        self.grid = RowGrid(self.told.guard(self.open), self.told.guard(self._count))
        for field in self.fields.values():
            field.observe(self.told.guard(self._chosen), "value")
        self.saved.observe(self.told.guard(self._restored), "value")
        self.box = self._laid_out()
        guard(self.told.wrong, self._offer_saved)()
        self.refresh()

    def refresh(self) -> None:
        """Show the rows that the choice leaves; the first of them is opened."""
        rows = sift(self.panel.frame, self.panel.choice, self._hay)
        total = len(self.panel.frame)
        words = f"{len(rows):,} of {total:,} findings" + ("" if len(rows) else ": nothing found")
        self.head.value = panel_html(
            self.panel.view.head() + f'<p class="ak-note" role="status">{safe_text(words)}</p>'
        )
        self.grid.show(rows)
        self.open(rows.fingerprint.iloc[0]) if len(rows) else self._close()
        self._count()

    def open(self, fingerprint: str) -> None:
        """Show what proves the finding of this fingerprint."""
        frame = self.panel.desk.every.frame
        row = frame[frame.fingerprint.eq(fingerprint)].astype("object").iloc[0]
        self.detail.value = panel_html(detail_html(row.to_dict(), self.panel.desk.tables))

    def _close(self) -> None:
        self.detail.value = panel_html('<p class="ak-note">No finding is left by this choice; clear a filter.</p>')

    def _make_fields(self) -> dict[str, Any]:
        frame = self.panel.frame
        values = {
            "severity": severities(),
            "state": STATES,
            "rule": sorted(frame.rule.unique()),
            "family": sorted(frame.family.unique()),
            "control": list(controls()),
            "owner": sorted(frame.owner.dropna().unique()),
        }
        fields: dict[str, Any] = {
            name: ipywidgets.Dropdown(description=name.capitalize(), options=[_ALL, *offered], layout=_wide(260))
            for name, offered in values.items()
        }
        fields["principal"] = _text("Principal", "part of a name or id")
        fields["text"] = _text("Text", "every word, anywhere")
        fields["sort"] = ipywidgets.Dropdown(description="Sort", options=list(_SORTS), layout=_wide(260))
        if self.panel.desk.accepted is None:
            fields["state"].disabled = True
            fields["state"].tooltip = "accepted.toml in the working folder says which findings are accepted"
        if not values["owner"]:
            fields["owner"].disabled = True
            fields["owner"].tooltip = "owners.csv (kind,id,reviewer) in the working folder names the owners"
        return fields

    def _laid_out(self) -> Any:
        row = {"flex_flow": "row wrap"}
        again = [self.saved, self.name, self._button("Save filter", self._save), self._button("Delete", self._delete),
                 self._button("Clear", self._clear)]  # fmt: skip
        acts = [self._button("Select all found", self._tick_all), self._button("Select none", self._tick_none),
                self._button("Write CSV", lambda _: self._write("csv")),
                self._button("Write Excel", lambda _: self._write("xlsx"))]  # fmt: skip
        left = ipywidgets.VBox(
            [self.grid.box, ipywidgets.HBox(acts, layout=row), self.told.box], layout={"width": "58%"}
        )
        self.detail.layout = {"width": "41%", "max_height": "640px", "overflow": "auto"}
        self.detail.add_class("ak-detail")
        return ipywidgets.VBox(
            [
                self.head,
                ipywidgets.HBox(list(self.fields.values()), layout=row),
                ipywidgets.HBox(again, layout=row),
                ipywidgets.HBox([left, self.detail], layout={"width": "100%"}),
            ]
        )

    def _button(self, label: str, act: Any) -> Any:
        button = ipywidgets.Button(description=label, layout={"width": "auto"})
        button.on_click(self.told.guard(act))
        return button

    def _chosen(self, _: Any) -> None:
        if not self._restoring:
            values = {name: str(field.value) for name, field in self.fields.items()}
            self.panel.choice = Choice(**{name: "" if value == _ALL else value for name, value in values.items()})
            self.refresh()

    def show_choice(self, choice: Choice) -> None:
        """Set every field to a choice, and show what it leaves."""
        self._restoring = True
        for name, field in self.fields.items():
            wanted = getattr(choice, name)
            if isinstance(field, ipywidgets.Text):
                field.value = wanted
                continue
            offered = [option[1] if isinstance(option, tuple) else option for option in field.options]
            wanted = wanted if name == "sort" else wanted or _ALL
            # What was saved stays what it was, also where nothing of it is left today.
            field.options = field.options if wanted in offered else [*field.options, wanted]
            field.value = wanted
        self._restoring = False
        self.panel.choice = choice
        self.refresh()

    def _restored(self, change: Any) -> None:
        if change["new"] and change["new"] != _NO_FILTER and not self._restoring:
            self.show_choice(Choice.of(kept.read_filters(self.panel.desk.folder).get(change["new"], {})))
            self.name.value = change["new"]

    def _offer_saved(self, chosen: str = _NO_FILTER) -> None:
        self._restoring = True
        names = sorted(kept.read_filters(self.panel.desk.folder))
        self.saved.options = [_NO_FILTER, *names]
        self.saved.value = chosen if chosen in names else _NO_FILTER
        self._restoring = False

    def _save(self, _: Any) -> None:
        kept.save_filter(self.panel.desk.folder, self.name.value, self.panel.choice.texts())
        self._offer_saved(self.name.value.strip())
        self.told.say(f"saved as {self.name.value.strip()!r} in {kept.FOLDER}/{kept.NAME}")

    def _delete(self, _: Any) -> None:
        name = self.saved.value
        kept.delete_filter(self.panel.desk.folder, name)
        self._offer_saved()
        self.told.say("no saved filter is chosen" if name == _NO_FILTER else f"{name!r} is forgotten")

    def _clear(self, _: Any) -> None:
        self._offer_saved()
        self.show_choice(Choice())

    def _tick_all(self, _: Any) -> None:
        self._tick(set(self.panel.left.fingerprint))

    def _tick_none(self, _: Any) -> None:
        self._tick(set())

    def _tick(self, fingerprints: set[str]) -> None:
        self.grid.ticked.clear()
        self.grid.ticked.update(fingerprints)
        self.grid.draw()
        self._count()

    def _count(self) -> None:
        self.panel.ticked = frozenset(self.grid.ticked)
        count = len(self.grid.ticked)
        self.told.say(f"{count:,} selected: `panel.selected` has them; a button writes them to a file"
                  if count else "none selected: a button writes all that were found")  # fmt: skip

    def _write(self, kind: str) -> None:
        path, count = self.panel.write(kind)
        self.told.say(f"{path.name} written: {count:,} findings")


def _wide(pixels: int) -> dict[str, str]:
    return {"width": f"{pixels}px"}


def _text(label: str, hint: str) -> Any:
    return ipywidgets.Text(description=label, placeholder=hint, continuous_update=True, layout=_wide(260))
