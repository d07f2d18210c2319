import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Conversation, OutOfOrder, codePoints } from '../src/conversation.js';
import type { Event, Snapshot } from '../src/frames.js';
import { normalised, vectors } from './vectors.js';

interface Vector {
  readonly name: string;
  readonly start?: Snapshot;
  readonly events: readonly Event[];
  readonly snapshot?: Snapshot;
  readonly error?: string;
}

describe('the shared vectors', () => {
  it.each(vectors<Vector>('conversation').map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    const conversation = new Conversation(vector.start ?? {});
    if (vector.error !== undefined) {
      for (const event of vector.events.slice(0, -1)) conversation.apply(event);
      expect(() => conversation.apply(vector.events.at(-1) as Event)).toThrow(OutOfOrder);
      return;
    }
    for (const event of vector.events) conversation.apply(event);
    expect(normalised(conversation.snapshot())).toEqual(normalised(vector.snapshot));
  });
});

const ids = ['a', 'b', 'c'];
const action = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), id: fc.constantFrom(...ids), text: fc.string({ unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('append' as const), id: fc.constantFrom(...ids), text: fc.string({ unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('remove' as const), id: fc.constantFrom(...ids), text: fc.constant('') }),
  fc.record({ kind: fc.constant('finish' as const), id: fc.constantFrom(...ids), text: fc.constant('') }),
);

describe('any events', () => {
  it('make the same conversation from the start and from any snapshot on the way', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), fc.nat(), (actions, cut) => {
        const events: Event[] = [];
        const whole = new Conversation();
        const at = actions.length === 0 ? 0 : cut % actions.length;
        let resumed = new Conversation();
        actions.forEach(({ kind, id, text }, index) => {
          if (index === at) resumed = new Conversation(structuredClone(whole.snapshot()));
          const length = codePoints(whole.steps.find((step) => step.id === id)?.output ?? '');
          const event: Event =
            kind === 'put'
              ? { type: 'put_step', step: { id, type: 'assistant_message', name: 'Bot', output: text } }
              : kind === 'append'
                ? { type: 'append_text', stepId: id, offset: length, text }
                : { type: kind === 'remove' ? 'remove_step' : 'finish_step', stepId: id };
          events.push(event);
          whole.apply(event);
          if (index >= at) resumed.apply(event);
        });
        if (actions.length > 0) expect(resumed.snapshot()).toEqual(whole.snapshot());
      }),
    );
  });

  it('leave steps that they do not touch as the same objects, so that they need not be drawn again', () => {
    const conversation = new Conversation({
      steps: [
        { id: 'a', type: 'assistant_message', name: 'Bot' },
        { id: 'b', type: 'assistant_message', name: 'Bot' },
      ],
    });
    const before = conversation.steps[0];
    conversation.apply({ type: 'append_text', stepId: 'b', offset: 0, text: 'x' });
    expect(conversation.steps[0]).toBe(before);
  });
});

describe('earlier steps', () => {
  it('stand before those that are here, once', () => {
    const conversation = new Conversation({ steps: [{ id: 'b', type: 't', name: 'n' }], earlier: 2 });
    conversation.prepend([{ id: 'a', type: 't', name: 'n' }], 1);
    expect(conversation.steps.map((step) => step.id)).toEqual(['a', 'b']);
    expect(conversation.earlier).toBe(1);
  });

  it('are those that were let go', () => {
    const steps = ['a', 'b', 'c', 'd'].map((id) => ({ id, type: 't', name: 'n' }));
    const conversation = new Conversation({ steps, earlier: 2 });
    conversation.trim(3);
    expect(conversation.steps.map((step) => step.id)).toEqual(['b', 'c', 'd']);
    expect(conversation.earlier).toBe(3);
    conversation.apply({ type: 'put_step', step: { id: 'a', type: 't', name: 'n' }, replaces: true });
    conversation.apply({ type: 'append_text', stepId: 'a', offset: 0, text: 'x' });
    expect(conversation.size).toBe(3);
  });

  it.each([{ streaming: true }, { status: 'queued' }, { status: 'running' }] as const)('are none to which something will happen: %j', (state) => {
    const steps = ['a', 'b', 'c', 'd'].map((id) => ({ id, type: 't', name: 'n', ...(id === 'b' ? state : {}) }));
    const conversation = new Conversation({ steps });
    conversation.trim(0);
    expect(conversation.steps.map((step) => step.id)).toEqual(['b', 'c', 'd']);
  });
});
