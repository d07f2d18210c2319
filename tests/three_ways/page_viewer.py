"""The second way: somebody with a browser, who finds everything by its role and its name."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Locator, Page

from .around import around_of
from .script import Arrive, Begin, Deed, Edit, Press, Say, Stop, Wait
from .view import SeenStep, View

LIMIT_S = 10.0
QUESTIONS = {"Answering:": "text", "Choose above:": "action"}


class PageViewer:
    """Somebody who looks at an app's page.

    Args:
        page: A tab that nothing was opened in.
        url: Where the app is.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._log = page.get_by_role("log", name="Conversation")
        self._box = page.get_by_role("textbox", name="Message", exact=True)
        page.goto(url)

    def do(self, deed: Deed) -> None:
        """Do something, and do not wait until it is answered."""
        match deed:
            case Arrive() | Wait():
                pass
            case Say() | Begin():
                self._box.fill(deed.text)
                self._named_button("Send").click()
            case Stop():
                self._named_button("Stop").click()
            case Press():
                self._log.get_by_role("button", name=deed.label, exact=True).last.click()
            case Edit():
                mine = self._log.locator("article[data-step-type=user_message]").filter(has_text=deed.old).last
                mine.hover()
                mine.get_by_role("button", name="Edit your message").click()
                changed = self._log.get_by_role("textbox", name="Your message, changed")
                changed.fill(deed.new)
                changed.press("Enter")
            case _:
                raise AssertionError(f"Nobody can do this on the page yet: {deed}")

    def wait_for(self, lines: list[str]) -> list[str]:
        """Wait until this is shown; return what is shown, which is something else where that took too long."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            shown = self.view().shown_lines()
            if shown == lines or time.monotonic() > deadline:
                return shown
            self._log.evaluate(UNTIL_CHANGED)

    def view(self) -> View:
        """Return what is shown now. What is folded is unfolded."""
        found: dict[str, Any] = self._log.evaluate(READ)
        questions = [kind for says, kind in QUESTIONS.items() if says in found["hints"]]
        return View(
            steps=[
                SeenStep(
                    id=step["id"],
                    type=step["type"],
                    author=step["name"],
                    text=step["text"],
                    parent=step["parent"],
                    is_error=step["isError"],
                    elements=tuple(step["elements"]),
                    buttons=tuple(step["buttons"]),
                )
                for step in found["steps"]
            ],
            question=questions[0] if questions else None,
            around=around_of({}),
        )

    def _named_button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)


READ = """
(log) => {
    for (const fold of log.querySelectorAll('article > button[aria-expanded=false]')) fold.click();
    const textOf = (element) => {
        if (element === null) return '';
        const copy = element.cloneNode(true);
        for (const other of copy.querySelectorAll('article, button, details, .jcs-hint, .jcs-code-bar')) other.remove();
        document.body.append(copy);  // only what is in the page has the line breaks that are seen
        const text = copy.innerText;
        copy.remove();
        return text;
    };
    const steps = [];
    for (const found of log.querySelectorAll('article, .jcs-actions button')) {
        if (found.tagName === 'BUTTON') {
            steps.at(-1).buttons.push(found.innerText.trim());
            continue;
        }
        const body = found.querySelector(':scope > .jcs-body, :scope > .jcs-step-body');
        steps.push({
            id: found.dataset.stepId,
            type: found.dataset.stepType,
            name: found.getAttribute('aria-label'),
            text: textOf(body),
            parent: found.parentElement.closest('article')?.dataset.stepId ?? null,
            isError: found.matches('.jcs-error, .jcs-failed'),
            elements: [],
            buttons: [],
        });
    }
    const hints = [...document.querySelectorAll('.jcs-composer .jcs-hint')].map((hint) => hint.innerText).join(' ');
    return { steps, hints };
}
"""

UNTIL_CHANGED = """
(log) => new Promise((resolve) => {
    const timer = setTimeout(resolve, 500);
    const observer = new MutationObserver(() => {
        clearTimeout(timer);
        observer.disconnect();
        resolve();
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
})
"""
