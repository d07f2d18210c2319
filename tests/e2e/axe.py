"""axe-core's rules for WCAG 2.1 AA, run on what a page shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def violations(page: Page, *, within: str = "html") -> list[str]:
    """Return what keeps somebody from using what a page shows."""
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate(
        "([within, values]) => axe.run(within, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] })",
        [within, RULES],
    )
    return [
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
