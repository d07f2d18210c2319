"""The second way: somebody with a browser, who finds everything by its role and its name."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import Locator, Page

from . import script
from .around import passing
from .view import SeenElement, SeenStep, View

LIMIT_S = 10.0
QUESTIONS = {"Answering:": "text", "Choose above:": "action", "Your files": "file"}


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

    def do(self, deed: script.Deed) -> None:
        """Do something, and do not wait until it is answered."""
        self._log.evaluate("() => document.querySelectorAll('.jcs-toast button').forEach((each) => each.click())")
        match deed:
            case script.Arrive():
                if deed.profile is not None:
                    self.page.get_by_role("button", name="Chat profile:").click()
                    choices = self.page.get_by_role("group", name="Chat profiles")
                    choices.get_by_role("button").filter(has_text=deed.profile).click()
            case script.Wait():
                pass
            case script.Say(command=command, modes=modes, files=files):
                if command is not None:
                    self._named_button("Commands").click()
                    self.page.get_by_role("option").filter(has_text=command).click()
                for mode, option in (modes or {}).items():
                    self.page.get_by_label(mode, exact=False).select_option(option)
                self._attach(files)
                self._box.fill(deed.text)
                self._named_button("Send").click()
            case script.Give():
                self._attach(deed.files)
                self._named_button("Send").click()
            case script.Pick():
                offers = self.page.get_by_role("group", name="Suggestions")
                if deed.of is not None and offers.get_by_role("button", name=deed.label, exact=True).count() == 0:
                    offers.get_by_role("button", name=deed.of, exact=True).click()
                offers.get_by_role("button", name=deed.label, exact=True).click()
            case script.Change():
                self._edit_settings(deed.values)
                self.page.get_by_role("dialog", name="Settings").get_by_role("button", name="Save").click()
            case script.Try():
                self._edit_settings(deed.values)
            case script.Rate():
                self._rate(deed)
            case script.Post():
                self._log.evaluate(POST, deed.data)
            case script.Resume():
                self._named_button("New chat").click()
                self._named_button("Conversations").click()
                self.page.get_by_role("group", name="Conversations").get_by_text(deed.begins).click()
            case script.Begin():
                self._box.fill(deed.text)
                self._named_button("Send").click()
            case script.Stop():
                self._named_button("Stop").click()
            case script.Press():
                self._log.get_by_role("button", name=deed.label, exact=True).last.click()
            case script.Edit():
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
                    elements=tuple(SeenElement(*each) for each in step["elements"]),
                    buttons=tuple(step["buttons"]),
                )
                for step in found["steps"]
            ],
            question=questions[0] if questions else None,
            around=found["around"],
            passing=[passing("toast", each) for each in found["toasts"]],
        )

    def _edit_settings(self, values: Mapping[str, Any]) -> None:
        dialog = self.page.get_by_role("dialog", name="Settings")
        if not dialog.is_visible():
            self._named_button("Settings").click()
        for label, value in values.items():
            field = (
                dialog.get_by_label(label, exact=True).or_(dialog.get_by_role("group", name=label, exact=True)).first
            )
            for tab in dialog.get_by_role("tab").all():
                if field.is_visible():
                    break
                tab.click()
            match value:
                case bool():
                    field.set_checked(value)
                case list():
                    for each in value:
                        field.get_by_label(each, exact=True).check()
                case float():
                    dialog.get_by_label(f"{label}, as a number").fill(str(value))
                case _ if field.evaluate("(field) => field.tagName") == "SELECT":
                    field.select_option(label=value)
                case _:
                    field.fill(value)

    def _rate(self, deed: script.Rate) -> None:
        rated = self._log.get_by_role("article").filter(has_text=deed.text).last
        rated.hover()
        thumbs = rated.locator("xpath=following-sibling::*[@aria-label='Rate this answer'][1]")
        thumb = thumbs.get_by_role("button", name=("Bad answer", "Good answer")[deed.value])
        if thumb.get_attribute("aria-pressed") != "true":
            thumb.click()
        if deed.comment is not None:
            thumbs.get_by_role("button", name="Add a comment").click()
            thumbs.get_by_role("textbox", name="Comment").fill(deed.comment)
            thumbs.get_by_role("button", name="Save").click()

    def _attach(self, files: Sequence[script.Upload]) -> None:
        if files:
            given = [{"name": each.name, "mimeType": each.mime, "buffer": each.content} for each in files]
            with self.page.expect_file_chooser() as chooser:
                attach = (
                    self.page.locator(".jcs-file-question")
                    .get_by_role("button")
                    .or_(self._named_button("Attach files"))
                )
                attach.first.click()
            chooser.value.set_files(given)

    def _named_button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)


READ = """
(log) => {
    for (const fold of log.querySelectorAll('article > button[aria-expanded=false]')) fold.click();
    const NOT_TEXT = 'article, button:not(.jcs-mention), details, .jcs-elements, .jcs-hint, .jcs-code-bar';
    const textOf = (element) => {
        if (element === null) return '';
        const copy = element.cloneNode(true);
        for (const other of copy.querySelectorAll(NOT_TEXT)) other.remove();
        document.body.append(copy);  // only what is in the page has the line breaks that are seen
        const text = copy.innerText;
        copy.remove();
        return text;
    };
    const elementsOf = (place) => {
        const isOwn = (found) => found.closest('article') === place.closest('article');
        const inline = [...place.querySelectorAll('.jcs-element')].filter(isOwn).map((element) => [
            [...element.classList].find((name) => name.startsWith('jcs-element-')).slice('jcs-element-'.length),
            (
                element.querySelector('.jcs-element-name, .jcs-chip-name')?.innerText ??
                element.querySelector('[aria-label]')?.getAttribute('aria-label').replace(/^Open /, '') ??
                ''
            ).trim(),
            'inline',
        ]);
        const links = [...place.querySelectorAll('.jcs-chips .jcs-chip-name, .jcs-mention')].filter(isOwn);
        const names = new Set(links.map((link) => link.innerText.trim()));
        return [...inline, ...[...names].map((name) => ['link', name, ''])];
    };
    const commandOf = (message) => {
        const before = message.querySelector(':scope > .jcs-body')?.previousElementSibling;
        const isMarked = message.dataset.stepType === 'user_message' && before?.matches('.jcs-note');
        return isMarked ? ` /${before.innerText}` : '';
    };
    const FILES = 'Your files';
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
            name: found.getAttribute('aria-label') + commandOf(found),
            text: textOf(body),
            parent: found.parentElement.closest('article')?.dataset.stepId ?? null,
            isError: found.matches('.jcs-error, .jcs-failed'),
            elements: elementsOf(found),
            buttons: [],
        });
    }
    const around = [];
    for (const list of document.querySelectorAll('.jcs-tasks')) {
        around.push(`tasks: ${list.querySelector('[role=status]').innerText.split('·')[1]?.trim() ?? ''}`);
        list.querySelectorAll('li').forEach((task, at) => {
            const title = task.querySelector('span:not(.jcs-unseen), button').innerText;
            const status = [...task.classList].find((name) => name.startsWith('jcs-task-')).slice('jcs-task-'.length);
            around.push(`task ${at + 1}: '${title}' ${status}`);
        });
    }
    for (const panel of document.querySelectorAll('[role=complementary]')) {
        around.push(`side panel '${panel.getAttribute('aria-label')}'`);
        for (const [type, name] of elementsOf(panel)) around.push(`side panel shows ${type} '${name}'`);
    }
    const toasts = [...document.querySelectorAll('.jcs-toast')].map((toast) => ({
        kind: [...toast.classList].find((name) => name.startsWith('jcs-toast-')).slice('jcs-toast-'.length),
        text: toast.querySelector('span').innerText,
    }));
    const asksForFiles = document.querySelector('.jcs-file-question') !== null;
    const hints = [...document.querySelectorAll('.jcs-composer .jcs-hint')].map((hint) => hint.innerText).join(' ');
    return { steps, hints: asksForFiles ? FILES : hints, around, toasts };
}
"""

POST = """
(log, data) => {
    log.dispatchEvent(new CustomEvent('chat-sessions-post', { bubbles: true, detail: data }));
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
