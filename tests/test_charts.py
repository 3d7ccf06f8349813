"""The figures: their titles state the finding, their bytes are the same twice, hostile labels are only drawn."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations, pairwise
from typing import Any

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from auditkit import charts
from auditkit.severity import DTYPE

AS_OF = pd.Timestamp("2026-10-01T00:00:00Z").as_unit("us")


def times(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts), utc=True)).astype("datetime64[us, UTC]")


def credentials(*rows: tuple[str | None, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"expires_at": times(*(row[0] for row in rows)), "revoked_at": times(*(row[1] for row in rows))}
    )
    frame["expired"], frame["revoked"] = frame.expires_at.le(AS_OF), frame.revoked_at.le(AS_OF)
    return frame.assign(live=~frame.expired & ~frame.revoked)


def principals(*last: str | None, kind: str = "User") -> pd.DataFrame:
    return pd.DataFrame({"usable": True, "type": kind, "machine": kind != "User", "last_activity": times(*last)})


def reach(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["principal_id", "principal_type", "support"])


def findings(*rows: tuple[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["rule", "severity"])
    return frame.astype({"rule": "str"}).assign(severity=pd.Categorical(frame.severity, dtype=DTYPE))


RULES = pd.DataFrame(
    {
        "id": ["CRD001", "CRD002", "PRN001"],
        "evaluated": [True, False, True],
        "title": ["Credential expired", "Expires $soon$", "Shut <out>"],
    }
)


def title(figure: Any) -> str:
    return str(figure.get_suptitle())


def test_severity_says_how_many_are_worst() -> None:
    figure = charts.severity_by_rule(findings(("CRD001", "high"), ("CRD001", "low"), ("PRN001", "critical")), RULES)
    assert title(figure) == "2 of 3 findings are critical or high; 2 of 3 rules have findings"
    assert figure.axes[0].get_xlabel() == "findings; rules not evaluated, or not whole: 1"
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["CRD001  Credential expired", "PRN001  Shut <out>"]  # the worst at the top


def test_a_family_that_was_not_evaluated_is_not_left_out_in_silence() -> None:
    found = findings(("PRM001", "high"), ("DAT001", "low")).assign(family=["permissions", "data"])
    rules = pd.DataFrame({
        "family": ["permissions", "data", "data", "credentials", "credentials", "roles"],
        "evaluated": [True, True, False, False, False, True],
    })  # fmt: skip
    figure = charts.severity_by_family(found, rules)
    assert title(figure) == "Worst is the family permissions: 1 of its 1 finding is critical or high"
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["roles", "data", "permissions"]
    assert figure.axes[0].get_xlabel() == "findings; rules not evaluated, or not whole: credentials 2 of 2, data 1 of 2"
    mild = charts.severity_by_family(found[found.severity.eq("low")], rules)
    assert title(mild) == "No finding is critical or high; the worst are of the family data"
    assert charts.severity_by_family(found, rules[rules.evaluated]).axes[0].get_xlabel() == "findings"


def test_the_calendar_counts_what_expires_within_the_window() -> None:
    figure = charts.credential_calendar(
        credentials(
            ("2026-10-31T00:00:00Z", None),  # on the last instant of the window
            ("2026-10-31T00:00:01Z", None),  # a second after it
            ("2026-10-01T00:00:00Z", None),  # expired at this instant
            ("2026-10-02T00:00:00Z", "2026-09-01T00:00:00Z"),  # revoked before it could
            (None, None),
        ),
        as_of=AS_OF, window_days=30,
    )  # fmt: skip
    assert title(figure) == "1 of 5 credentials are live and expire within 30 days"
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert legend == {"expires (2)", "expired (1)", "revoked (1)"}


@pytest.mark.parametrize(
    ("expires_at", "shown"),
    [("2027-09-29T23:59:59Z", 1), ("2027-09-30T00:00:00Z", 0), ("9999-12-31T00:00:00Z", 0)],
    ids=["last week", "a year ahead", "the year 9999"],
)
def test_the_calendar_ends_after_a_year(expires_at: str, shown: int) -> None:
    figure = charts.credential_calendar(credentials((expires_at, None)), as_of=AS_OF, window_days=30)
    assert sum(bar.get_height() for bar in figure.axes[0].containers[0]) == shown


@pytest.mark.parametrize(
    ("last", "old"), [("2026-07-02T23:59:59Z", 1), ("2026-07-03T00:00:00Z", 0), ("2026-07-03T00:00:01Z", 0)]
)
def test_activity_is_too_old_a_second_past_the_limit(last: str, old: int) -> None:
    figure = charts.activity_age(principals(last), as_of=AS_OF, dormant_days=90)
    assert title(figure) == f"{old} of 1 people and machines are usable and were last active over 90 days ago"


def test_activity_leaves_out_groups_and_the_unusable_and_counts_those_without() -> None:
    frame = pd.concat([principals("2020-01-01T00:00:00Z", None), principals(None, kind="Group")], ignore_index=True)
    frame.loc[0, "usable"] = False
    figure = charts.activity_age(frame, as_of=AS_OF, dormant_days=90)
    assert title(figure).startswith("0 of 2 people and machines")  # as the rule counts them, the unusable too
    assert figure.axes[0].get_xlabel().endswith("not drawn: 1 usable ones without any")


def test_support_counts_the_pairs_that_its_bars_show() -> None:
    rows = reach(
        ("a", "ApiKey", "no"), ("a", "ApiKey", "no"), ("b", "ApiKey", "yes"), ("u", "User", "no"), ("g", "Group", "no")
    )
    figure = charts.role_support(rows)
    assert title(figure) == "2 of 3 roles given to ApiKey principals do not support ApiKey"
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["User", "ApiKey"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["supported", "not supported"]


EMPTY = {
    "severity": lambda: charts.severity_by_rule(findings(), RULES),
    "calendar": lambda: charts.credential_calendar(credentials((None, None)).head(0), as_of=AS_OF, window_days=30),
    "activity": lambda: charts.activity_age(principals(None).head(0), as_of=AS_OF, dormant_days=0),
    "support": lambda: charts.role_support(reach()),
}


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_show_is_drawn_too(name: str) -> None:
    assert charts.svg(EMPTY[name]()).startswith(b"<?xml")


def test_the_same_figure_has_the_same_bytes_and_no_date() -> None:
    one, two = (charts.svg(charts.role_support(reach(("a", "ApiKey", "no")))) for _ in range(2))
    assert one == two
    assert b"<dc:date>" not in one


def test_hostile_labels_are_drawn_and_nothing_more() -> None:
    figure = charts.role_support(reach(("a", "</svg><script>$\\frac{1}{$\u202e\u65e5" + "long" * 40, "no")))
    drawn = charts.svg(figure)
    assert b"<script" not in drawn
    label = figure.axes[0].get_yticklabels()[0].get_text()
    assert label.startswith("</svg><script>$\\frac{1}{$")
    assert all(len(line) <= 44 for line in label.splitlines())
    assert not {"\u65e5", "\u202e"} & set(label)


def test_the_image_carries_its_words_escaped() -> None:
    figure = charts.role_support(reach(("a", "ApiKey", "no")))
    figure.suptitle('a "quoted" <title>')
    html = charts.figure_html(figure)
    assert 'alt="a &quot;quoted&quot; &lt;title&gt;. ' in html
    assert 'src="data:image/svg+xml;base64,' in html


def test_no_figure_leaves_a_trace_in_pyplot() -> None:
    code = "import auditkit.charts, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_severe_rule_is_left_out_and_what_is_left_out_is_counted() -> None:
    ids = [f"R{number:02d}" for number in range(20)]
    rules = pd.DataFrame({"id": ids, "title": ["x"] * 20, "evaluated": [True] * 20})
    for high, shown, more in ((17, 17, "and 3 more"), (2, 15, "and 5 more")):
        found = pd.DataFrame({"rule": ids, "severity": ["high"] * high + ["low"] * (20 - high)})
        axes = charts.severity_by_rule(found, rules).axes[0]
        assert (len(axes.get_yticklabels()), more in axes.get_xlabel()) == (shown, True)


def test_what_lies_beyond_the_calendar_is_counted() -> None:
    as_of = pd.Timestamp("2026-10-01T00:00:00Z")
    ends = pd.to_datetime(["2026-10-09", "2029-01-01"], utc=True)
    nothing = pd.to_datetime([None, None], utc=True)
    rows = pd.DataFrame({"expires_at": ends, "revoked_at": nothing, "live": True, "revoked": False, "expired": False})
    for frame, said in ((rows, "; not drawn: 0 earlier, 1 later"), (rows.head(1), "")):
        assert (
            charts.credential_calendar(frame, as_of=as_of, window_days=30).axes[0].get_xlabel()
            == f"week in which they end{said}"
        )


def test_required_permissions_are_counted_as_the_rules_count_them() -> None:
    columns = ["principal_id", "permission", "expect", "outcome"]
    rows = [("p", "x", "allow", "denied"), ("p", "x", "allow", "denied"), ("q", "x", "allow", None), ("q", "y", "allow", "allowed"),
            ("q", "z", "deny", "denied")]  # fmt: skip
    gaps = pd.DataFrame(rows, columns=columns, dtype="str").assign(resource_type=None, resource_path=None)
    figure = charts.required_against_effective(gaps)
    assert title(figure) == "1 of 3 required permissions are missing, 0 undetermined"
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"allowed", "denied", "not judged"}


WIDE = "W" * 60


def _wide_figures() -> list[Any]:
    """Each figure with names as wide as any that are drawn whole, and with numbers of seven digits."""
    ids = [f"CRD{number:03d}" for number in range(40)]
    rules = pd.DataFrame({"id": ids, "title": "Live credential of a principal that is not usable", "evaluated": False})
    many = pd.DataFrame({"rule": ids, "severity": ["high"] * 17 + ["low"] * 23})
    keys = pd.DataFrame({
        "key_id": [WIDE], "created_at": times("2025-01-01"), "expires_at": times(None), "revoked_at": times(None),
        "last_used_at": times("2026-09-01"), "live": [True], "machine": [True],
    })  # fmt: skip
    roles = pd.DataFrame({"role_id": ["r"], "name": [WIDE], "broad_share": [1.0]})
    held = pd.DataFrame({"principal_id": ["p"], "principal_type": ["User"], "role_id": ["r"]})
    gaps = pd.DataFrame(
        {
            "principal_id": "p",
            "permission": [WIDE],
            "resource_type": "",
            "resource_path": "",
            "expect": "allow",
            "outcome": "denied",
        }
    )
    ways = pd.DataFrame({"through": [WIDE], "what": [WIDE], "gives": [False], "modules": [[WIDE]]})
    ages = {"as_of": AS_OF, "max_age_days": 3650}
    return [
        charts.severity_by_rule(many, rules),
        charts.severity_by_family(many.assign(family="organisation"), rules.assign(family=[f"family-{n}" for n in range(40)])),
        charts.lifetime_against_age(pd.concat([keys] * 12_345), **ages),
        charts.credential_timeline(keys, as_of=AS_OF),
        charts.role_breadth(roles, held, broad_share=0.5),
        charts.required_against_effective(gaps),
        charts.principal_routes(ways, principal=WIDE),
        charts.role_support(reach((WIDE, WIDE, "no"))),
    ]


@pytest.mark.parametrize("number", range(8))
def test_nothing_written_on_a_figure_is_cut_off(number: int) -> None:
    figure = _wide_figures()[number]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    edge, texts = figure.bbox, [text for text in figure.findobj(Text) if re.search("[A-Za-z]", text.get_text())]
    spots = {text.get_text(): text.get_window_extent(canvas.get_renderer()) for text in texts}
    beyond = [text for text, spot in spots.items() if spot.width and not (spot.x0 >= edge.x0 - 1 and spot.x1 <= edge.x1 + 1
                                                            and spot.y0 >= edge.y0 - 1 and spot.y1 <= edge.y1 + 1)]  # fmt: skip
    assert beyond == []


def test_no_name_on_a_way_lies_over_its_neighbour() -> None:
    figure = _wide_figures()[6]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    spots = [text.get_window_extent(canvas.get_renderer()) for text in figure.axes[0].texts]
    assert len(spots) == 4
    assert all(left.x1 < right.x0 for left, right in pairwise(sorted(spots, key=lambda spot: spot.x0)))


def _breadth(names: list[str], shares: list[float], members: list[int], share: float = 0.5) -> Any:
    """The figure of role breadth of roles of such shares, each reaching so many principals of its own."""
    roles = pd.DataFrame({"role_id": names, "name": names, "broad_share": shares})
    held = [
        (f"{role}{number}", "User", role) for role, many in zip(names, members, strict=True) for number in range(many)
    ]
    return charts.role_breadth(roles, pd.DataFrame(held, columns=["principal_id", "principal_type", "role_id"]),
                               broad_share=share)  # fmt: skip


def _named(figure: Any) -> dict[str, Any]:
    """Where each name beside a point is, drawn at the size in which it is shown."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return {text.get_text(): text.get_window_extent(canvas.get_renderer()) for text in figure.axes[0].texts}


def test_no_name_of_a_broad_role_lies_over_another_and_what_has_none_is_counted() -> None:
    names = [f"Broad administrator {number:02d}" for number in range(40)]
    figure = _breadth(names, [0.6 + 0.001 * number for number in range(40)], [3 + number % 3 for number in range(40)])
    spots = _named(figure)
    assert 1 <= len(spots) < 40
    assert not [(one, other) for one, other in combinations(spots, 2) if spots[one].overlaps(spots[other])]
    assert figure.axes[0].get_xlabel().endswith(f"; {40 - len(spots)} of the 40 broad ones without their names")


def test_no_name_covers_the_point_of_another_role() -> None:
    shares, members = [0.6, 0.66, 0.72, 0.9, 0.1], [5, 5, 5, 4, 5]
    figure = _breadth(["Left", "Middle", "Right", "Far", "Narrow"], shares, members)
    spots = _named(figure)
    points = figure.axes[0].transData.transform(
        [(share * 100, many) for share, many in zip(shares, members, strict=True)]
    )
    assert set(spots) == {"Left", "Middle", "Right", "Far"}  # all that are broad, and no other
    assert figure.axes[0].get_xlabel() == "share of the catalogue that the role holds, %"
    assert not [name for name, spot in spots.items() for x, y in points if spot.contains(x, y)]


def test_where_no_role_is_broad_three_are_named() -> None:
    names, shares = ["a", "b", "c", "d"], [0.1, 0.4, 0.2, 0.3]
    assert set(_named(_breadth(names, shares, [1, 3, 5, 7]))) == {"b", "c", "d"}
    assert set(_named(_breadth(["a", "b"], [0.0, 0.1], [0, 0]))) == {"a", "b"}


def test_large_numbers_on_an_axis_are_grouped() -> None:
    ticks = [text.get_text() for text in _breadth(["a"], [0.6], [4_000]).axes[0].get_yticklabels()]
    assert {"1,000", "4,000"} <= set(ticks)


@pytest.mark.parametrize(
    ("shares", "members", "said"),
    [
        ([0.6, 0.1], [1, 1], "1 of 2 roles holds 50% or more of the catalogue; it reaches 1 principal"),
        ([0.6, 0.7], [1, 1], "2 of 2 roles hold 50% or more of the catalogue; they reach 2 principals"),
        ([0.1], [1], "0 of 1 role hold 50% or more of the catalogue"),
    ],
)
def test_breadth_counts_one_as_one(shares: list[float], members: list[int], said: str) -> None:
    assert title(_breadth([f"r{number}" for number in range(len(shares))], shares, members)) == said
