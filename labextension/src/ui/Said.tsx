/** A message with what belongs to it: what became of it, buttons, thumbs, and how it is changed. */

import { useMemo, useState } from 'preact/hooks';

import type { Connection } from '../connection.js';
import { isUnfinished } from '../conversation.js';
import type { SessionState, Step } from '../frames.js';
import { plainName } from '../markdown.js';
import { Actions } from './Actions.js';
import { Message, isCutOff } from './Message.js';
import type { Mark, Retry } from './Message.js';
import { EditMessage, Rating } from './later.js';

const ORDINALS = ['', '1st', '2nd', '3rd'];

interface SaidProps {
  readonly connection: Connection;
  readonly step: Step;
  readonly steps: readonly Step[];
  readonly isContinued: boolean;
  /** What was pressed under it. */
  readonly calls: readonly Step[];
  readonly allowRemoteImages: boolean;
}

/** A message with what belongs to it. A step is never changed in place, so an unchanged one need not be looked at again. */
export function Said({ connection, step, steps, isContinued, calls, allowRemoteImages }: SaidProps) {
  const [isEditing, setIsEditing] = useState(false);
  const state = connection.conversation?.state ?? {};
  const note = refusedRetry(connection, step) ?? noteFor(step, steps, state);
  const mark = markFor(step, steps, state);
  const retry = retryFor(connection, step);
  const canEdit = isEditable(connection, step);
  const onEdit = canEdit ? () => setIsEditing(true) : null;
  const props = { step, isContinued, note, mark, retry, onEdit, allowRemoteImages };
  const shown = useMemo(
    () => <Message {...props} />,
    [step, isContinued, note, mark, retry?.isPending, canEdit, allowRemoteImages],
  );
  return (
    <>
      {isEditing ? <Editing connection={connection} step={step} onLeave={() => setIsEditing(false)} /> : shown}
      {state['feedback'] === true && canBeRated(step) && <Rating connection={connection} step={step} />}
      {(step.actions !== undefined || calls.length > 0 || connection.failed.length > 0) && (
        <Actions connection={connection} step={step} calls={calls} />
      )}
    </>
  );
}

interface EditingProps {
  readonly connection: Connection;
  readonly step: Step;
  readonly onLeave: () => void;
}

function Editing({ connection, step, onLeave }: EditingProps) {
  const canSend = isEditable(connection, step) && canEditNow(connection);
  const save = (text: string): void => {
    if (canSend && connection.edit(step.id, text)) onLeave();
  };
  return (
    <article class="jcs-message jcs-mine" aria-label={plainName(step.name)} data-step-id={step.id} data-step-type={step.type}>
      <EditMessage text={step.output ?? ''} canSend={canSend} onSave={save} onLeave={onLeave} />
    </article>
  );
}

/** While something is answered, nothing is edited. */
export function canEditNow(connection: Connection): boolean {
  const isQuiet = connection.conversation?.state.run === undefined && connection.pending.length === 0;
  return isQuiet && connection.status.kind === 'connected';
}

/** What became of a user's message, where that is worth a word. */
export function noteFor(step: Step, steps: readonly Step[], state: SessionState): string | null {
  if (isCutOff(step)) return 'Cut off: the notebook stopped here';
  switch (step.status) {
    case 'queued': {
      if (state.host === 'busy') return 'Waiting: the notebook is running a cell';
      if (state.host === 'gone') return 'Stored: it will be answered when the notebook runs again';
      const ahead = steps.filter((other) => isUnfinished(other.status));
      const place = ahead.indexOf(step) + 1;
      return place > 1 ? `Waiting, ${ORDINALS[place] ?? `${place}th`} in line` : null;
    }
    case 'cancelled':
      return 'Stopped';
    case 'interrupted':
      return 'Interrupted: the notebook stopped before the answer was complete.';
    default:
      return null;
  }
}

/** The small sign beside a user's message that has nothing written below it. */
export function markFor(step: Step, steps: readonly Step[], state: SessionState): Mark | null {
  if (step.type !== 'user_message' || noteFor(step, steps, state) !== null) return null;
  return step.status === 'queued' ? 'sent' : step.status === 'running' ? 'answering' : null;
}

function retryFor(connection: Connection, step: Step): Retry | null {
  if (step.type !== 'user_message' || step.status !== 'interrupted' || connection.status.kind === 'ended') return null;
  return { isPending: connection.isRetrying(step.id), run: () => connection.retryRun(step.id) };
}

/** What was said to a handler can be changed; an answer to a question cannot. */
function isEditable(connection: Connection, step: Step): boolean {
  const isSaid = step.type === 'user_message' && step.clientId != null && step.status != null;
  return isSaid && !isUnfinished(step.status) && connection.welcome?.channel.canEdit !== false;
}

function refusedRetry(connection: Connection, step: Step): string | null {
  if (step.status !== 'interrupted') return null;
  if (connection.held !== null && connection.isRetrying(step.id)) return connection.held.error.text;
  const refused = connection.failed.find(({ command }) => command.type === 'retry' && command.stepId === step.id);
  return refused?.error.text ?? null;
}

/** What the bot has said, and not what it asks or what went wrong. */
function canBeRated(step: Step): boolean {
  return step.type === 'assistant_message' && step.streaming !== true && step.isError !== true && step.waitForAnswer !== true;
}
