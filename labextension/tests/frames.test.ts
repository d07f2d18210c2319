import { describe, expect, it } from 'vitest';

import { readFrames, writeFrames } from '../src/frames.js';
import type { ViewerFrame } from '../src/frames.js';
import { Viewing } from '../src/viewing.js';
import { put, welcome } from './doubles.js';
import { vectors } from './vectors.js';

describe('writing', () => {
  it('sends what the Python side holds against its schema', () => {
    const frames = vectors<ViewerFrame>('frames');
    expect(JSON.parse(writeFrames(frames))).toEqual(frames);
  });
});

describe('reading', () => {
  it.each([
    ['a type that is not known', { type: 'confetti' }],
    ['an event without its number', { type: 'event', event: { type: 'remove_step', stepId: 'a' } }],
    ['a welcome without a channel', { type: 'welcome', epoch: 'e', seq: 1, user: {} }],
    ['no object', 7],
    ['null', null],
  ])('leaves out %s', (_, frame) => {
    expect(readFrames(JSON.stringify([frame, { type: 'pong' }]))).toEqual([{ type: 'pong' }]);
  });

  it.each([
    ['an event that a newer hub may send', { type: 'explode' }],
    ['a step without an id', { type: 'put_step', step: { name: 'x' } }],
    ['a step whose text is no text', { type: 'put_step', step: { id: 'a', name: 'x', output: 4 } }],
    ['text that is no text', { type: 'append_text', stepId: 'a', offset: 0, text: 4 }],
    ['nothing', null],
  ])('keeps the number of %s and changes nothing, so that what follows is no gap', (_, event) => {
    const viewing = new Viewing('s', 'x');
    viewing.receive(welcome());
    const after = put('b', 'two');
    const frames = [{ type: 'event', seq: 1, event }, { type: 'event', seq: 2, event: after }];
    const effects = readFrames(JSON.stringify(frames)).map((frame) => viewing.receive(frame).effect);
    expect(effects).toEqual(['changed', 'changed']);
    expect(viewing.conversation.steps.map((step) => step.id)).toEqual(['b']);
  });

  it('takes what is no array for nothing', () => {
    expect(readFrames('{"type":"pong"}')).toEqual([]);
  });
});
