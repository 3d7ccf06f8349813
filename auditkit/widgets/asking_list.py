"""The panels beside a checklist, each by the name of its command."""

from __future__ import annotations

from auditkit.widgets.asking import Asking
from auditkit.widgets.why_compare import ComparePanel
from auditkit.widgets.why_narrow import NarrowPanel
from auditkit.widgets.why_troubleshoot import TroubleshootPanel
from auditkit.widgets.why_what_if import WhatIfPanel
from auditkit.widgets.why_who_can import WhoCanPanel

ASKING: dict[str, type[Asking]] = {
    "troubleshoot": TroubleshootPanel,
    "who-can": WhoCanPanel,
    "narrow": NarrowPanel,
    "what-if": WhatIfPanel,
    "compare": ComparePanel,
}
