"""From a symptom to the check behind it: by its name, or by the status and the body of the answer that came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from auditkit.access.symptoms import SYMPTOMS, Diagnosis
from auditkit.errors import InputError
from auditkit.source.masking import mask
from auditkit.widgets.asking import Asking, unread_first
from auditkit.widgets.base import View
from auditkit.widgets.form import Field, Form
from auditkit.widgets.markup import bullets, sentence
from auditkit.widgets.names import Names, id_field, without_secret
from auditkit.widgets.trouble import warning

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied

_PASTED = "what came back: a status, a body"
_SYMPTOMS = {each.name: each.looks_like for each in SYMPTOMS.values()} | {"": _PASTED}
_APIS = {"iam": "Infuse Cloud IAM and what trusts it", "iot": "Infuse IoT"}


class TroubleshootPanel(Asking):
    """As `auditkit troubleshoot`: what to look at, what is still to be told, what was found and its fix."""

    title: ClassVar[str] = "Troubleshoot"
    choices: ClassVar[tuple[str, ...]] = ("symptom", "status", "body", "credential", "role", "direct", "api")

    def __init__(self, why: WhyDenied) -> None:
        super().__init__(why)
        self.symptom = "forbidden"
        self.status = self.body = self.credential = self.role = ""
        self.direct, self.api = False, "iam"

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

    def controls(self) -> list[Field]:
        fields, roles = self.why.fields, self.desk.snapshot.roles
        known = Names(roles.role_id, roles.name)
        pasted, missing = ("symptom", (_PASTED,)), ("symptom", (_SYMPTOMS["role-not-available"],))
        body = Field(
            name="body", label="Body", lines=3, when=pasted,
            hint="the error body as it came back; never with a secret in it",
        )  # fmt: skip
        role = replace(id_field("role", "Role", known), when=missing)
        hint = "what stands between ik_ and the dot; never the secret"
        key = id_field("credential", "Key id", self._keys(), hint=hint)
        return [
            self._one_of("symptom", "Symptom", _SYMPTOMS),
            self.bind(Field(name="status", label="Status", hint="such as 403", when=pasted), str.strip),
            self.bind(body, mask),
            self._one_of("api", "API", _APIS),
            fields["principal"],
            fields["permission"],
            self.bind(key, self._key_id, lambda value: self._keys().told(value)),
            self.bind(role, known.meant, known.told),
            self.bind_tick("direct", "the key itself is sent, not a token"),
        ]

    def follow(self, form: Form) -> None:
        """Offer the keys of the principal that is asked about, and forget the key of another."""
        form.offer("credential", self._keys().offered)
        if self.credential and self.credential not in set(self._own().key_id):
            self.credential = ""

    def _one_of(self, name: str, label: str, words: Mapping[str, str]) -> Field:
        """A choice of names by their words."""
        meant = {word: each for each, word in words.items()}
        field = Field(name=name, label=label, choice=True, options=tuple(meant))
        return self.bind(field, meant.__getitem__, lambda each: words.get(each, ""))

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
