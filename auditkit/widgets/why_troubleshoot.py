"""From a symptom to the check behind it: by its name, or by the status and the body of the answer that came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets
import pandas as pd

from auditkit.access.symptoms import SYMPTOMS, Diagnosis
from auditkit.errors import InputError
from auditkit.source.masking import mask
from auditkit.widgets.asking import Asking, Live, unread_first
from auditkit.widgets.base import View
from auditkit.widgets.markup import bullets, sentence
from auditkit.widgets.names import WIDE, Names, id_field, text_field, tick_box, without_secret
from auditkit.widgets.trouble import warning

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied

_PASTED = "what came back: a status, a body"
_APIS = [("Infuse Cloud IAM and what trusts it", "iam"), ("Infuse IoT", "iot")]


class TroubleshootPanel(Asking):
    """As `auditkit troubleshoot`: what to look at, what is still to be told, what was found and its fix."""

    choices: ClassVar[tuple[str, ...]] = ("symptom", "status", "body", "credential", "role", "direct", "api")

    def __init__(self, why: WhyDenied) -> None:
        super().__init__(why)
        self.symptom = "forbidden"
        self.status = self.body = self.credential = self.role = ""
        self.direct, self.api = False, "iam"
        self._pasted: list[Any] = []
        self._role: Any = None
        self._key: Any = None

    def question(self) -> tuple[Any, ...]:
        why = self.why
        asked = (why.principal, why.permission, why.resource, dict(why.context))
        return *asked, *(getattr(self, name) for name in self.choices)

    def ask(self) -> Diagnosis:
        """What came back counts only where no symptom is named."""
        came = {} if self.symptom else {"status": _number(self.status), "body": self.body or None}
        return self.why.troubleshoot(
            self.symptom or None, **came, credential=self.credential or None, role=self.role or None, api=self.api,
            method="direct" if self.direct else "token",
        )  # fmt: skip

    def views(self, answer: Diagnosis) -> tuple[View, ...]:
        """The sentences; and, where a request is judged, one row a check that the symptom names."""
        told = (("Still to be told", answer.asks.values()), ("Found", answer.found), ("What would help", answer.fixes))
        parts = [f"<p><strong>{title}</strong></p>{bullets(lines)}" for title, lines in told if lines]
        look = sentence("Look at", ", ".join(answer.checks)) if answer.checks else ""
        checks = (
            [] if answer.decision is None else [each for each in answer.decision.checks if each.id in answer.checks]
        )
        frame = pd.DataFrame([(f"{each.id} {each.name}", each.result, each.detail) for each in checks],
                             columns=["check", "result", "detail"])  # fmt: skip
        first = tuple(warning(line) for line in answer.first)
        return (View(frame=frame, headline=f"Symptom: {answer.looks_like}",
                     extras=(*unread_first(answer.not_read), *first, look, *parts)),)  # fmt: skip

    def controls(self, live: Live) -> list[Any]:
        fields, roles = self.why.fields, self.desk.snapshot.roles
        known = Names(roles.role_id, roles.name)
        names = [(each.looks_like, each.name) for each in SYMPTOMS.values()]
        symptom = ipywidgets.Dropdown(description="Symptom", options=[*names, (_PASTED, "")], **WIDE)
        body = ipywidgets.Textarea(
            description="Body", placeholder="the error body as it came back; never with a secret in it", rows=3,
            continuous_update=False, **WIDE,
        )  # fmt: skip
        self._pasted = [
            live.bind("status", text_field("Status", hint="such as 403"), read=str.strip),
            live.bind("body", body, read=mask),
        ]
        self._role = live.bind("role", id_field("Role", known), read=known.meant, write=known.told)
        key = id_field("Key id", self._keys(), hint="what stands between ik_ and the dot; never the secret")
        self._key = live.bind("credential", key, read=self._key_id, write=lambda value: self._keys().told(value))
        direct = tick_box("the key itself is sent, not a token")
        api = live.bind("api", ipywidgets.Dropdown(description="API", options=_APIS, **WIDE))
        live.bind("symptom", symptom).observe(lambda _: self._fold(), "value")
        shown = [symptom, *self._pasted, api, fields.principal, fields.permission]
        self._fold()
        return [*shown, self._key, self._role, live.bind("direct", direct)]

    def follow(self) -> None:
        """Offer the keys of the principal that is asked about, and forget the key of another."""
        self._key.options = self._keys().offered
        if self.credential and self.credential not in set(self._own().key_id):
            self.credential = ""

    def _fold(self) -> None:
        """Show the fields that this symptom needs."""
        for field in self._pasted:
            field.layout.display = "none" if self.symptom else None
        self._role.layout.display = None if self.symptom == "role-not-available" else "none"

    def _own(self) -> pd.DataFrame:
        credentials = self.desk.snapshot.credentials
        return credentials[credentials.principal_id.eq(self.why.principal)]

    def _keys(self) -> Names:
        own = self._own()
        return Names(own.key_id, own.name)

    def _key_id(self, words: str) -> str:
        return without_secret(self._keys().meant(words))


def _number(status: str) -> int | None:
    if status and not (status.isascii() and status.isdecimal()):
        raise InputError(f"status {status!r} is no HTTP status; give its number, such as 403")
    return int(status) if status else None
