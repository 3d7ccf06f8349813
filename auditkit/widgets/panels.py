"""The panels by their names."""

from __future__ import annotations

from auditkit.widgets.accepted import AcceptedPanel
from auditkit.widgets.base import Panel
from auditkit.widgets.coverage import CoveragePanel
from auditkit.widgets.credentials import CredentialPanel
from auditkit.widgets.doctor import DoctorPanel
from auditkit.widgets.endings import CalendarPanel
from auditkit.widgets.findings import AnswerPanel, FindingsPanel
from auditkit.widgets.gap_matrix import MatrixPanel
from auditkit.widgets.gaps import GapPanel
from auditkit.widgets.inactive import InactivePanel
from auditkit.widgets.methods import MethodsPanel
from auditkit.widgets.principal import PrincipalPanel
from auditkit.widgets.roles import RolePanel
from auditkit.widgets.rotation import RotationPanel
from auditkit.widgets.since import ChangedPanel, GainedPanel, RecordsPanel
from auditkit.widgets.support import SupportPanel
from auditkit.widgets.thresholds import ThresholdPanel
from auditkit.widgets.views import ControlPanel, FamilyPanel, FlaggedPanel, OwnedPanel

PANELS: dict[str, type[Panel]] = {
    "accepted": AcceptedPanel,
    "answer": AnswerPanel,
    "calendar": CalendarPanel,
    "changed": ChangedPanel,
    "controls": ControlPanel,
    "coverage": CoveragePanel,
    "credentials": CredentialPanel,
    "doctor": DoctorPanel,
    "families": FamilyPanel,
    "findings": FindingsPanel,
    "flagged": FlaggedPanel,
    "gained": GainedPanel,
    "gaps": GapPanel,
    "inactive": InactivePanel,
    "matrix": MatrixPanel,
    "methods": MethodsPanel,
    "owned": OwnedPanel,
    "principal": PrincipalPanel,
    "records": RecordsPanel,
    "roles": RolePanel,
    "rotation": RotationPanel,
    "support": SupportPanel,
    "thresholds": ThresholdPanel,
}
