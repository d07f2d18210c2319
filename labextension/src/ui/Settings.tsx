/** The settings of a chat: the button that is there when there are any, and the dialog that it opens. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import type { Connection } from '../connection.js';
import { isCall, isUnfinished } from '../conversation.js';
import type { CallName, Step } from '../frames.js';
import { fitting, problemWith, readForm, shownValue } from '../settings.js';
import type { Form, Values } from '../settings.js';
import styles from '../style/settings.css?inline';
import { SettingsFields } from './SettingsFields.js';

adopt(styles);

const NOTHING: Values = {};
/** So long nothing is typed before an author who wants to know is told. */
export const EDIT_DELAY_MS = 300;

export function Settings({ connection }: { readonly connection: Connection }) {
  const state = connection.conversation?.state['settings'];
  const form = useMemo(() => readForm(state), [state]);
  const [drafts, setDrafts] = useState<Values>(() => connection.settingsDraft);
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const told = useTellEdits(connection, form, drafts);

  const keep = (values: Values): void => {
    setDrafts(values);
    connection.settingsDraft = values;
  };
  const leave = (): void => {
    keep(NOTHING);
    setIsOpen(false);
    button.current?.focus();
  };
  const save = (values: Values): boolean => {
    if (Object.keys(values).length > 0 && !connection.call('on_settings_update', values)) return false;
    // What is saved is told as such; that it is edited no more need not be.
    told.current = NOTHING;
    leave();
    return true;
  };
  if (form === null) return null;
  const trouble = troubleWith(connection);
  const note = trouble !== null ? ', not saved' : Object.keys(fitting(form, drafts)).length > 0 && !isOpen ? ', edited' : '';
  return (
    <>
      <button
        type="button"
        class={`jcs-quiet jcs-icon ${note === '' ? '' : 'jcs-noted'}`}
        aria-label={`Settings${note}`}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        title="Settings"
        ref={button}
        onClick={() => setIsOpen(true)}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2.5 4.5h5M11.5 4.5h2M2.5 11.5h2M8.5 11.5h5" />
          <circle cx="9.5" cy="4.5" r="2" />
          <circle cx="6.5" cy="11.5" r="2" />
        </svg>
      </button>
      {isOpen && (
        <Dialog connection={connection} form={form} drafts={drafts} onEdit={keep} onSave={save} onCancel={leave} />
      )}
    </>
  );
}

interface DialogProps {
  readonly connection: Connection;
  readonly form: Form;
  readonly drafts: Values;
  readonly onEdit: (drafts: Values) => void;
  /** Returns whether it was taken. */
  readonly onSave: (values: Values) => boolean;
  readonly onCancel: () => void;
}

function Dialog({ connection, form, drafts, onEdit, onSave, onCancel }: DialogProps) {
  const dialog = useRef<HTMLDivElement>(null);
  const [wantsProblems, setWantsProblems] = useState(false);
  const [wasTooMuch, setWasTooMuch] = useState(false);
  const onItsWay = valuesOnTheirWay(connection);
  const base = (id: string): unknown => valueOf(form, id, onItsWay, form.values);
  const shown = Object.fromEntries(form.fields.map((field) => [field.id, shownValue(field, drafts, onItsWay, form.values)]));
  const problems = Object.fromEntries(
    form.fields.map((field) => [field.id, field.isDisabled ? null : problemWith(field, shown[field.id])]),
  );
  const problematic = form.fields.find((field) => problems[field.id] !== null);
  useFocusInside(dialog);

  const edit = (values: Values): void => {
    const changed = Object.entries({ ...drafts, ...values }).filter(([id, value]) => !isSame(value, base(id)));
    onEdit(Object.fromEntries(changed));
  };
  const save = (): void => {
    setWantsProblems(true);
    if (problematic === undefined) setWasTooMuch(!onSave(fitting(form, drafts)));
  };
  return (
    <div class="jcs-cover">
      <div
        class="jcs-settings"
        role="dialog"
        aria-modal="true"
        aria-labelledby="jcs-settings-title"
        ref={dialog}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !event.isComposing) onCancel();
          else if (event.key === 'Tab') keepInside(dialog.current, event);
        }}
      >
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <div class="jcs-settings-head">
            <h2 id="jcs-settings-title">Settings</h2>
            <button
              type="button"
              class="jcs-link"
              onClick={() => edit(Object.fromEntries(form.fields.filter((field) => !field.isDisabled).map((field) => [field.id, field.initial])))}
            >
              Reset to defaults
            </button>
          </div>
          <Trouble connection={connection} />
          <SettingsFields
            form={form}
            values={shown}
            problems={wantsProblems ? problems : NOTHING}
            wanted={wantsProblems ? (problematic ?? null) : null}
            onEdit={(id, value) => edit({ [id]: value })}
          />
          <div class="jcs-settings-foot">
            <span class="jcs-note" aria-live="polite">
              {wasTooMuch
                ? 'Too much waits to be sent already. Save again when it is through.'
                : Object.keys(onItsWay).length > 0
                  ? 'What you saved holds once its turn has come.'
                  : ''}
            </span>
            <button type="button" class="jcs-quiet" onClick={onCancel}>
              Cancel
            </button>
            <button type="submit" class="jcs-primary" disabled={connection.status.kind === 'ended'}>
              Save
            </button>
          </div>
        </form>
      </div>
    </div>
  );
}

/** What was saved and did not come to hold: turned down by the hub, or its run was interrupted. */
function Trouble({ connection }: { readonly connection: Connection }) {
  const trouble = troubleWith(connection);
  if (trouble === null) return null;
  return (
    <p class="jcs-settings-trouble" role="alert">
      <span class="jcs-refused">{trouble.text}</span>{' '}
      <button type="button" class="jcs-link" onClick={trouble.again}>
        {trouble.verb}
      </button>{' '}
      {trouble.dismiss !== null && (
        <button type="button" class="jcs-link" onClick={trouble.dismiss}>
          Dismiss
        </button>
      )}
    </p>
  );
}

interface TroubleText {
  readonly text: string;
  readonly verb: string;
  readonly again: () => void;
  readonly dismiss: (() => void) | null;
}

function troubleWith(connection: Connection): TroubleText | null {
  const failed = connection.failed.find(({ command }) => command.type === 'call' && command.name === 'on_settings_update');
  if (failed?.command.type === 'call') {
    const { value } = failed.command;
    const again = (): void => {
      if (connection.call('on_settings_update', value)) connection.dismiss(failed);
    };
    return { text: `Not saved: ${failed.error.text}`, verb: 'Save again', again, dismiss: () => connection.dismiss(failed) };
  }
  const interrupted = callsOf(connection, 'on_settings_update').find((step) => step.status === 'interrupted');
  if (interrupted === undefined) return null;
  return {
    text: 'Interrupted: the notebook stopped before your settings had their effect.',
    verb: 'Retry',
    again: () => connection.retryRun(interrupted.id),
    dismiss: null,
  };
}

/** What was saved and waits for its turn, behind what runs or a lost connection. */
function valuesOnTheirWay(connection: Connection): Values {
  const waiting = callsOf(connection, 'on_settings_update').filter((step) => isUnfinished(step.status));
  const pending = connection.pending.filter((command) => command.type === 'call' && command.name === 'on_settings_update');
  const given: unknown[] = [
    ...waiting.map((step) => parsed(step.input ?? '')),
    ...pending.map((command) => (command.type === 'call' ? command.value : null)),
  ];
  return Object.assign({}, ...given.filter((each) => typeof each === 'object' && each !== null)) as Values;
}

function callsOf(connection: Connection, name: CallName): readonly Step[] {
  return (connection.conversation?.steps ?? []).filter((step) => isCall(step) && step.name === name);
}

/**
 * Tell the author of what is edited, where they want to know: once nothing is typed for a moment, and one thing at a time, so that what
 * waits for a long run is the newest and no more.
 *
 * @returns What was told last; to be set where something else tells it.
 */
function useTellEdits(connection: Connection, form: Form | null, drafts: Values): { current: Values } {
  const told = useRef(drafts);
  const isLive = form?.isLive === true;
  const isUnderWay =
    connection.pending.some((command) => command.type === 'call' && command.name === 'on_settings_edit') ||
    callsOf(connection, 'on_settings_edit').some((step) => isUnfinished(step.status));
  useEffect(() => {
    if (!isLive || isUnderWay || isSame(told.current, drafts)) return;
    const timer = setTimeout(() => {
      if (connection.call('on_settings_edit', drafts)) told.current = drafts;
    }, EDIT_DELAY_MS);
    return () => clearTimeout(timer);
  }, [connection, isLive, isUnderWay, drafts]);
  return told;
}

function useFocusInside(dialog: { readonly current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    const [first] = focusable(dialog.current?.querySelector('.jcs-settings-body') ?? null);
    (first ?? focusable(dialog.current)[0])?.focus();
  }, [dialog]);
}

/** Let Tab go round inside the dialog. */
function keepInside(dialog: HTMLElement | null, event: KeyboardEvent): void {
  const all = focusable(dialog);
  const leaves = event.shiftKey ? all[0] : all.at(-1);
  if (document.activeElement !== leaves) return;
  event.preventDefault();
  (event.shiftKey ? all.at(-1) : all[0])?.focus();
}

function focusable(within: Element | null): readonly HTMLElement[] {
  const all = within?.querySelectorAll<HTMLElement>('button, input, select, textarea') ?? [];
  return [...all].filter((each) => !each.matches(':disabled, [tabindex="-1"], [hidden] *') && isStopOf(each));
}

/** Of the radio buttons of one group Tab stops at one. */
function isStopOf(element: HTMLElement): boolean {
  if (!(element instanceof HTMLInputElement) || element.type !== 'radio' || element.checked) return true;
  const group = [...(element.closest('fieldset')?.querySelectorAll<HTMLInputElement>('input[type=radio]') ?? [])];
  return !group.some((each) => each.checked) && group[0] === element;
}

function valueOf(form: Form, id: string, ...layers: readonly Values[]): unknown {
  const field = form.fields.find((each) => each.id === id);
  return field === undefined ? undefined : shownValue(field, ...layers);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
