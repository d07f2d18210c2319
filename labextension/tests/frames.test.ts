import { describe, expect, it } from 'vitest';

import { readFrames, writeFrames } from '../src/frames.js';
import type { ViewerFrame } from '../src/frames.js';
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
    ['an event that is not known', { type: 'event', seq: 1, event: { type: 'explode' } }],
    ['an event without its number', { type: 'event', event: { type: 'remove_step', stepId: 'a' } }],
    ['a step without an id', { type: 'event', seq: 1, event: { type: 'put_step', step: { name: 'x' } } }],
    ['text that is no text', { type: 'event', seq: 1, event: { type: 'append_text', stepId: 'a', offset: 0, text: 4 } }],
    ['a welcome without a channel', { type: 'welcome', epoch: 'e', seq: 1, user: {} }],
    ['no object', 7],
    ['null', null],
  ])('leaves out %s', (_, frame) => {
    expect(readFrames(JSON.stringify([frame, { type: 'pong' }]))).toEqual([{ type: 'pong' }]);
  });

  it('takes what is no array for nothing', () => {
    expect(readFrames('{"type":"pong"}')).toEqual([]);
  });
});
