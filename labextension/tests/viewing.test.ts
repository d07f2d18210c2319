import { describe, expect, it } from 'vitest';

import type { Command, Hello, HubFrame, Snapshot } from '../src/frames.js';
import { Viewing } from '../src/viewing.js';
import type { Effect } from '../src/viewing.js';
import { normalised, vectors } from './vectors.js';

interface Line {
  readonly hello?: Hello;
  readonly receive?: HubFrame;
  readonly effect?: Effect;
  readonly command?: Command;
  readonly send?: readonly Command[];
  readonly disconnected?: true;
}

interface Vector {
  readonly name: string;
  readonly session: string;
  readonly secret: string;
  readonly script: readonly Line[];
  readonly snapshot: Snapshot;
  readonly lastSeq: number;
  readonly unconfirmed: readonly string[];
}

describe('the shared vectors', () => {
  it.each(vectors<Vector>('viewing').map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    const viewing = new Viewing(vector.session, vector.secret);
    for (const line of vector.script) {
      if (line.hello !== undefined) {
        expect(normalised(viewing.hello())).toEqual(normalised(line.hello));
      } else if (line.receive !== undefined) {
        const { effect, send } = viewing.receive(line.receive);
        expect([effect, normalised(send)]).toEqual([line.effect, normalised(line.send)]);
      } else if (line.command !== undefined) {
        expect(normalised(viewing.command(line.command))).toEqual(normalised(line.send));
      } else {
        expect(line).toEqual({ disconnected: true });
        viewing.disconnected();
      }
    }
    expect(normalised(viewing.conversation.snapshot())).toEqual(normalised(vector.snapshot));
    expect(viewing.lastSeq).toBe(vector.lastSeq);
    expect(viewing.unconfirmed.map((command) => command.clientId)).toEqual(vector.unconfirmed);
  });
});
