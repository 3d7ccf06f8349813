"""Who else can do this: the principals that the permission of the request reaches, each by its shortest route."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from auditkit.access.who_can import WhoCan
from auditkit.widgets.asking import Asking, unread_first
from auditkit.widgets.base import View
from auditkit.widgets.form import Field

if TYPE_CHECKING:
    from auditkit.widgets.why_denied import WhyDenied


class WhoCanPanel(Asking):
    """As `auditkit who-can`: certain and possible, of everybody or of machines."""

    title: ClassVar[str] = "Who can"
    choices: ClassVar[tuple[str, ...]] = ("machine_only",)

    def __init__(self, why: WhyDenied) -> None:
        super().__init__(why)
        self.machine_only = False

    def question(self) -> tuple[Any, ...]:
        why = self.why
        return why.permission, why.resource, dict(why.context), self.machine_only

    def ask(self) -> WhoCan:
        return self.why.who_can(machine_only=self.machine_only)

    def views(self, answer: WhoCan) -> tuple[View, ...]:
        """One row a principal."""
        return (
            View(
                frame=answer.frame,
                headline=answer.headline(),
                extras=unread_first(answer.not_read),
                labels={"principal_id": "Principal", "display_name": "Name", "route": "Shortest route"},
                filters=("certainty", "type"),
                hidden=("through",),
            ),
        )

    def controls(self) -> list[Field]:
        fields = self.why.fields
        machines = self.bind_tick("machine_only", "API keys and service accounts only")
        return [fields["permission"], *fields.place, machines]
