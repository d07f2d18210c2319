/** The buttons under a message: what they say is text, whatever a bot writes on them. */

import type { Connection } from '../connection.js';
import { isUnfinished } from '../conversation.js';
import type { Action, Step } from '../frames.js';
import { plainName } from '../markdown.js';
import { Icon } from './later.js';

export interface ActionsProps {
  readonly connection: Connection;
  readonly step: Step;
  /** What was pressed under it. */
  readonly calls: readonly Step[];
}

export function Actions({ connection, step, calls }: ActionsProps) {
  const actions = step.actions ?? [];
  const interrupted = calls.filter((call) => call.status === 'interrupted').at(-1);
  const refused = connection.failed.find(({ command }) => command.type === 'press' && command.stepId === step.id);
  if (actions.length === 0 && interrupted === undefined && refused === undefined) return null;
  const isAnswered = connection.pending.some((command) => command.type === 'answer' && isOf(actions, command.actionId));
  const isOpen = connection.status.kind !== 'ended' && !isAnswered;
  return (
    <div class="jcs-actions">
      {actions.map((action) => {
        const isUnderWay =
          connection.pending.some((command) => 'actionId' in command && command.actionId === action.id) ||
          calls.some((call) => isUnfinished(call.status) && isAbout(call, action));
        const label = plainName(action.label === undefined || action.label === '' ? action.name : action.label);
        return (
          <button
            key={action.id}
            type="button"
            class={`jcs-action ${isUnderWay ? 'jcs-under-way' : ''}`}
            title={action.tooltip === undefined || action.tooltip === '' ? undefined : action.tooltip}
            aria-busy={isUnderWay}
            disabled={!isOpen || isUnderWay}
            onClick={() => connection.press(step.id, action.id)}
          >
            {action.icon != null && <Icon name={action.icon} />}
            {label}
          </button>
        );
      })}
      {interrupted !== undefined && (
        <span class="jcs-note">
          Interrupted: the notebook stopped before it was done.{' '}
          <button
            type="button"
            class="jcs-link"
            disabled={connection.isRetrying(interrupted.id)}
            onClick={() => connection.retryRun(interrupted.id)}
          >
            Retry
          </button>
        </span>
      )}
      {refused !== undefined && (
        <span class="jcs-note" role="alert">
          <span class="jcs-refused">{refused.error.text}</span>{' '}
          <button type="button" class="jcs-link" onClick={() => connection.dismiss(refused)}>
            Dismiss
          </button>
        </span>
      )}
    </div>
  );
}

function isOf(actions: readonly Action[], id: string | undefined): boolean {
  return actions.some((action) => action.id === id);
}

/** Whether a call is the press of a button: the call carries the button as JSON. */
function isAbout(call: Step, action: Action): boolean {
  return (call.input ?? '').includes(`"${action.id}"`);
}
