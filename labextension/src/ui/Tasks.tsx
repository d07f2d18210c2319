/** What a chat is doing, task by task: the state `tasks`. Folded, one line says how far it is. */

import { useRef, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import { plainName } from '../markdown.js';
import styles from '../style/tasks.css?inline';

adopt(styles);

export type TaskStatus = 'ready' | 'running' | 'failed' | 'done';

export interface Task {
  readonly title: string;
  readonly status: TaskStatus;
  readonly forId: string | null;
}

const STATUSES: readonly TaskStatus[] = ['ready', 'running', 'failed', 'done'];
const WORDS: Readonly<Record<TaskStatus, string>> = { ready: 'To do', running: 'Under way', failed: 'Failed', done: 'Done' };

export function Tasks({ state }: { readonly state: unknown }) {
  const place = useRef<HTMLElement>(null);
  const [chosen, setChosen] = useState<boolean | null>(null);
  const list = readTasks(state);
  if (list === null) return null;
  const { name, status, tasks } = list;
  const done = tasks.filter((task) => task.status === 'done').length;
  const now = tasks.find((task) => task.status === 'running');
  const isOpen = chosen ?? window.innerWidth > 480;
  const show = (id: string): void => {
    const steps = place.current?.closest('.jcs')?.querySelectorAll<HTMLElement>('[data-step-id]') ?? [];
    const message = [...steps].find((step) => step.dataset['stepId'] === id);
    if (message === undefined) return;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    message.scrollIntoView({ block: 'center', behavior: isStill ? 'auto' : 'smooth' });
    message.tabIndex = -1;
    message.focus({ preventScroll: true });
  };
  return (
    <section class="jcs-tasks" aria-label={name} ref={place}>
      <button type="button" class="jcs-fold" aria-expanded={isOpen} onClick={() => setChosen(!isOpen)}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d={isOpen ? 'M4 6l4 4 4-4' : 'M6 4l4 4-4 4'} />
        </svg>
        <span class="jcs-tasks-name">{name}</span>
        <span class="jcs-tasks-now" role="status">
          {done} of {tasks.length} done{status === '' ? '' : ` · ${status}`}
          {!isOpen && now !== undefined && ` · ${now.title}`}
        </span>
      </button>
      {isOpen && (
        <ul>
          {tasks.map((task, at) => (
            <li key={at} class={`jcs-task jcs-task-${task.status}`}>
              <Sign status={task.status} />
              {task.forId === null ? (
                <span>{task.title}</span>
              ) : (
                <button type="button" class="jcs-link" onClick={() => show(task.forId ?? '')}>
                  {task.title}
                </button>
              )}
              <span class="jcs-unseen">{WORDS[task.status]}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Read the state `tasks`; null where there are none. */
export function readTasks(state: unknown): { readonly name: string; readonly status: string; readonly tasks: readonly Task[] } | null {
  if (typeof state !== 'object' || state === null) return null;
  const { name, status, tasks } = state as Readonly<Record<string, unknown>>;
  const read = Array.isArray(tasks) ? tasks.map(readTask).filter((task) => task !== null) : [];
  if (read.length === 0 && status === undefined) return null;
  // Chainlit's list has this name where its author gives it none.
  const given = textOf(name);
  return { name: given === '' || given === 'tasklist' ? 'Tasks' : given, status: textOf(status), tasks: read };
}

function readTask(task: unknown): Task | null {
  if (typeof task !== 'object' || task === null) return null;
  const { title, status, forId } = task as Readonly<Record<string, unknown>>;
  const known = STATUSES.find((each) => each === status) ?? 'ready';
  return { title: textOf(title) || 'Untitled', status: known, forId: typeof forId === 'string' ? forId : null };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? plainName(value) : '';
}

function Sign({ status }: { readonly status: TaskStatus }) {
  if (status === 'running') return <span class="jcs-turning" aria-hidden="true" />;
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={SIGNS[status]} />
    </svg>
  );
}

const SIGNS = { ready: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11', failed: 'M4 4l8 8M12 4l-8 8', done: 'M3 8.5 6.5 12 13 4.5' };
