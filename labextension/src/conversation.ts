/**
 * The reducer: a conversation, and how each event changes it.
 * `jupyter_chat_sessions/protocol/conversation.py` is the same; `tests/vectors/conversation.json` holds the two together.
 */

import type { Action, Element, Event, Question, RunStatus, SessionState, Snapshot, Step } from './frames.js';

/** Text that does not continue where the step ends: something was lost on the way. */
export class OutOfOrder extends Error {}

/** An ordered set of steps with open questions and a little state. */
export class Conversation {
  private readonly _steps = new Map<string, Step>();
  private readonly _questions = new Map<string, Question>();
  private readonly _lengths = new Map<string, number>();
  private _state: SessionState;
  private _earlier: number;

  constructor(snapshot: Snapshot = {}) {
    for (const step of snapshot.steps ?? []) this._steps.set(step.id, step);
    for (const question of snapshot.questions ?? []) this._questions.set(question.id, question);
    this._state = snapshot.state ?? {};
    this._earlier = snapshot.earlier ?? 0;
  }

  get steps(): readonly Step[] {
    return [...this._steps.values()];
  }

  get size(): number {
    return this._steps.size;
  }

  /** Whether text is being added to a step. */
  get isGrowing(): boolean {
    for (const step of this._steps.values()) if (step.streaming === true) return true;
    return false;
  }

  get questions(): readonly Question[] {
    return [...this._questions.values()];
  }

  get state(): SessionState {
    return this._state;
  }

  get earlier(): number {
    return this._earlier;
  }

  /** Change the conversation as the event says; text for a step that is not here changes nothing. */
  apply(event: Event): void {
    switch (event.type) {
      case 'put_step':
        if (event.replaces === true && !this._steps.has(event.step.id)) return;
        this._forgetLengths(event.step.id);
        this._steps.set(event.step.id, event.step);
        return;
      case 'append_text':
        return this._append(event.stepId, event.into ?? 'output', event.offset, event.text);
      case 'finish_step': {
        const step = this._steps.get(event.stepId);
        if (step !== undefined) {
          const { streaming: _, ...rest } = step;
          this._steps.set(step.id, event.end ? { ...rest, end: event.end } : rest);
        }
        return;
      }
      case 'remove_step':
        this._forgetLengths(event.stepId);
        this._steps.delete(event.stepId);
        return;
      case 'put_action':
        return this._putInto(event.stepId, 'actions', event.action);
      case 'remove_action':
        return this._takeOut(event.stepId, 'actions', event.actionId);
      case 'put_element':
        return this._putInto(event.stepId, 'elements', event.element);
      case 'remove_element':
        return this._takeOut(event.stepId, 'elements', event.elementId);
      case 'put_question':
        this._questions.set(event.question.id, event.question);
        return;
      case 'clear_question':
        this._questions.delete(event.questionId);
        return;
      case 'set_state': {
        const merged = Object.entries({ ...this._state, ...event.state });
        this._state = Object.fromEntries(merged.filter(([, value]) => value !== null));
        return;
      }
      case 'set_run':
        return this._setRun(event.run, event.name, event.status);
    }
  }

  /** Put older steps before those that are here. */
  prepend(steps: readonly Step[], earlier: number): void {
    const here = [...this._steps.values()];
    this._steps.clear();
    for (const step of [...steps, ...here]) this._steps.set(step.id, step);
    this._earlier = earlier;
  }

  /** Let older steps go that nothing will happen to by itself any more, and count them as earlier; so many stay at least. */
  trim(newest: number): void {
    let excess = this._steps.size - newest;
    for (const step of this._steps.values()) {
      if (excess <= 0 || step.streaming === true || isUnfinished(step.status)) break;
      this._forgetLengths(step.id);
      this._steps.delete(step.id);
      this._earlier += 1;
      excess -= 1;
    }
  }

  snapshot(): Snapshot {
    return { steps: this.steps, questions: this.questions, state: this._state, earlier: this._earlier };
  }

  private _append(stepId: string, into: 'output' | 'input', offset: number, text: string): void {
    const step = this._steps.get(stepId);
    if (step === undefined) return;
    const key = `${stepId} ${into}`;
    const before = step[into] ?? '';
    const length = this._lengths.get(key) ?? codePoints(before);
    if (offset !== length) throw new OutOfOrder(`text for offset ${offset} came when the step had ${length}`);
    this._lengths.set(key, length + codePoints(text));
    this._steps.set(stepId, { ...step, [into]: before + text });
  }

  private _putInto(stepId: string, into: 'actions' | 'elements', part: Action | Element): void {
    const step = this._steps.get(stepId);
    if (step === undefined) return;
    const parts = new Map<string, Action | Element>((step[into] ?? []).map((each) => [each.id, each]));
    this._steps.set(stepId, { ...step, [into]: [...parts.set(part.id, part).values()] });
  }

  private _takeOut(stepId: string, outOf: 'actions' | 'elements', id: string): void {
    const step = this._steps.get(stepId);
    if (step === undefined) return;
    const { [outOf]: parts, ...rest } = step;
    const left = (parts ?? []).filter((each) => each.id !== id);
    this._steps.set(stepId, left.length > 0 ? { ...rest, [outOf]: left } : rest);
  }

  private _setRun(id: string, name: string, status: RunStatus): void {
    const step = this._steps.get(id);
    if (step !== undefined && isUnfinished(step.status)) this._steps.set(id, { ...step, status });
    if (status === 'running') this._state = { ...this._state, run: { id, name } };
    else if (!isUnfinished(status) && this._state.run?.id === id) {
      const { run: _, ...rest } = this._state;
      this._state = rest;
    }
  }

  private _forgetLengths(stepId: string): void {
    this._lengths.delete(`${stepId} output`);
    this._lengths.delete(`${stepId} input`);
  }
}

/** Whether a message waits to be answered, or is being answered. */
export function isUnfinished(status: RunStatus | null | undefined): boolean {
  return status === 'queued' || status === 'running';
}

/** Whether a step is what a viewer did, such as pressing a button: kept as a message is, and not shown as one. */
export function isCall(step: Step): boolean {
  return step.type === 'run' && step.clientId != null;
}

/** Whether a step is what somebody does on the way to an answer, and not what somebody says. */
export function isTrace(step: Step): boolean {
  return !step.type.endsWith('_message') && !isCall(step);
}

/** Count code points, as Python does: an emoji is one, not two. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
