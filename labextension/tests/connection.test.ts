import { describe, expect, it } from 'vitest';

import { QUICK_TRIES, QUICK_WAIT_MS } from '../src/backoff.js';
import { Refused } from '../src/backend.js';
import { Connection } from '../src/connection.js';
import type { ViewerFrame } from '../src/frames.js';
import { TabStorage } from '../src/storage.js';
import { FakeBackend, FakeClock, FakeKeep, absent, event, put, resumed, welcome } from './doubles.js';

class Tab {
  readonly clock = new FakeClock();
  readonly sessions: string[] = [];
  readonly connection: Connection;

  constructor(
    readonly backend = new FakeBackend(),
    readonly keep = new FakeKeep(),
  ) {
    this.connection = new Connection(backend, 'demo', new TabStorage(keep, '/ demo'), this.clock);
    this.connection.onSession = (session) => this.sessions.push(session);
  }

  /** Begin, and be welcomed. */
  async arrive(frame = welcome()): Promise<this> {
    this.connection.start();
    await settle();
    this.backend.line.listener.onOpen();
    this.backend.line.arrive(frame);
    return this;
  }

  cut(code = 1006): void {
    this.backend.line.cut(code);
  }

  /** Let the longest wait before a try pass, and the line open. */
  dial(): void {
    const before = this.backend.lines.length;
    this.clock.pass(15_000);
    expect(this.backend.lines).toHaveLength(before + 1);
    this.backend.line.listener.onOpen();
  }

  get text(): string {
    return (this.connection.conversation?.steps ?? []).map((step) => step.output).join('|');
  }
}

/** Let promises that are settled already run their callbacks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

function said(frames: readonly ViewerFrame[]): ViewerFrame[] {
  return frames.filter((frame) => frame.type === 'message' || frame.type === 'answer');
}

describe('beginning', () => {
  it('makes a session, says hello with its secret, and shows the snapshot', async () => {
    const tab = await new Tab().arrive();
    expect(tab.backend.line.sent[0]).toEqual({ type: 'hello', v: 1, session: 'session-1', secret: 'secret-1' });
    expect(tab.connection.status).toEqual({ kind: 'connected' });
    expect(tab.sessions).toEqual(['session-1']);
  });

  it('says no hello on a line where it is welcome already', async () => {
    const tab = new Tab();
    tab.connection.start();
    await settle();
    tab.backend.line.listener.onOpen(true);
    tab.backend.line.arrive(welcome());
    expect(tab.backend.line.sent).toEqual([]);
    expect(tab.connection.status).toEqual({ kind: 'connected' });
  });

  it('waits for a notebook that is not running, and joins by itself', async () => {
    const tab = new Tab();
    tab.backend.refusals.push(absent());
    tab.connection.start();
    await settle();
    expect(tab.connection.status.kind).toBe('absent');
    tab.clock.pass(QUICK_WAIT_MS);
    await settle();
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive(welcome());
    expect(tab.connection.status.kind).toBe('connected');
  });

  it('does not flicker while it tries again', async () => {
    const tab = new Tab();
    tab.backend.refusals.push(absent(), absent(), new TypeError('offline'), new TypeError('offline'));
    const seen: string[] = [];
    tab.connection.onChange = () => seen.push(tab.connection.status.kind);
    tab.connection.start();
    for (let tries = 0; tries < 3; tries += 1) {
      await settle();
      tab.clock.pass(QUICK_WAIT_MS);
    }
    await settle();
    expect(seen.filter((kind, index) => kind !== seen[index - 1])).toEqual(['connecting', 'absent', 'reconnecting']);
  });

  it('says why the server gives no session, and tries again', async () => {
    const tab = new Tab();
    tab.backend.refusals.push(new Refused('storage_off', 'The database cannot be reached.'));
    tab.connection.start();
    await settle();
    expect(tab.connection.status).toEqual({ kind: 'off', text: 'The database cannot be reached.' });
    tab.clock.pass(QUICK_WAIT_MS);
    await settle();
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive(welcome());
    expect(tab.connection.status.kind).toBe('connected');
  });

  it('says so when something on the way lets no WebSocket through, and keeps trying', async () => {
    const tab = new Tab();
    tab.connection.start();
    await settle();
    for (let tries = 1; tries < 4; tries += 1) {
      tab.backend.line.cut();
      expect(tab.connection.status).toEqual({ kind: 'reconnecting' });
      tab.clock.pass(QUICK_WAIT_MS);
    }
    tab.backend.line.cut();
    expect(tab.connection.status).toMatchObject({ kind: 'off', text: expect.stringContaining('a proxy') as string });
    tab.clock.pass(QUICK_WAIT_MS);
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive(welcome());
    tab.backend.line.cut();
    expect(tab.connection.status).toEqual({ kind: 'reconnecting' });
  });

  it('takes what a proxy says while the server is away for no reason', async () => {
    const tab = new Tab();
    tab.backend.refusals.push(new Refused('internal', 'The server answered 502.'));
    tab.connection.start();
    await settle();
    expect(tab.connection.status).toEqual({ kind: 'reconnecting' });
  });

  it('says why, and does not try again, when this person may not chat', async () => {
    const tab = new Tab();
    tab.backend.refusals.push(new Refused('forbidden', 'Ask the owner.'));
    tab.connection.start();
    await settle();
    tab.clock.pass(60_000);
    await settle();
    expect(tab.connection.status).toEqual({ kind: 'ended', text: 'Ask the owner.', remedy: null });
    expect(tab.backend.created).toHaveLength(1);
  });
});

describe('a line that breaks', () => {
  it('is dialled anew, and the viewer says how far it has read', async () => {
    const tab = await new Tab().arrive();
    tab.backend.line.arrive(event(1, put('a', 'one')));
    tab.backend.line.cut();
    expect(tab.connection.status.kind).toBe('reconnecting');
    tab.clock.pass(QUICK_WAIT_MS);
    tab.backend.line.listener.onOpen();
    expect(tab.backend.line.sent[0]).toMatchObject({ type: 'hello', epoch: 'e1', lastSeq: 1 });
    tab.backend.line.arrive(resumed(2), event(2, put('b', 'two')));
    expect(tab.text).toBe('one|two');
    expect(tab.connection.status.kind).toBe('connected');
  });

  it('shows nothing twice when the hub repeats itself', async () => {
    const tab = await new Tab().arrive();
    tab.backend.line.arrive(event(1, put('a', 'x', { streaming: true })));
    const more = event(2, { type: 'append_text', stepId: 'a', offset: 1, text: 'y' });
    tab.backend.line.arrive(more, more);
    expect(tab.text).toBe('xy');
  });

  it('is closed with 4010 when an event is missing, and the viewer resumes', async () => {
    const tab = await new Tab().arrive();
    const line = tab.backend.line;
    line.arrive(event(2, put('b', 'two')));
    expect(line.closed).toBe(4010);
    tab.clock.pass(QUICK_WAIT_MS);
    tab.backend.line.listener.onOpen();
    expect(tab.backend.line.sent[0]).toMatchObject({ epoch: 'e1', lastSeq: 0 });
  });

  it('no longer counts: what still comes on it changes nothing', async () => {
    const tab = await new Tab().arrive();
    const old = tab.backend.line;
    old.cut();
    tab.clock.pass(QUICK_WAIT_MS);
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive(resumed(0));
    old.arrive(event(1, put('a', 'ghost')));
    old.cut();
    expect(tab.text).toBe('');
    expect(tab.connection.status.kind).toBe('connected');
  });

  it('waits longer after each try in vain, and begins anew after some peace', async () => {
    const tab = await new Tab().arrive();
    const waits = [...Array<number>(QUICK_TRIES).fill(1), 2, 4].map((times) => times * QUICK_WAIT_MS);
    for (const wait of waits) {
      tab.backend.line.cut();
      const before = tab.backend.lines.length;
      tab.clock.pass(wait - 1);
      expect(tab.backend.lines.length).toBe(before);
      tab.clock.pass(1);
      expect(tab.backend.lines.length).toBe(before + 1);
    }
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive(resumed(0));
    tab.clock.pass(30_000);
    tab.backend.line.cut();
    const before = tab.backend.lines.length;
    tab.clock.pass(QUICK_WAIT_MS);
    expect(tab.backend.lines.length).toBe(before + 1);
  });

  it('is taken for dead after 40 s without a frame', async () => {
    const tab = await new Tab().arrive();
    tab.clock.pass(39_000);
    tab.backend.line.arrive({ type: 'heartbeat' });
    tab.clock.pass(39_000);
    expect(tab.connection.status.kind).toBe('connected');
    tab.clock.pass(1_000);
    expect(tab.connection.status.kind).toBe('reconnecting');
  });

  it('is probed when the page is seen again, and dead if nothing comes within 1 s', async () => {
    const tab = await new Tab().arrive();
    tab.connection.probe();
    expect(tab.backend.line.sent.at(-1)).toEqual({ type: 'ping' });
    tab.backend.line.arrive({ type: 'pong' });
    tab.clock.pass(1_000);
    expect(tab.connection.status.kind).toBe('connected');
    tab.connection.probe();
    tab.clock.pass(1_000);
    expect(tab.connection.status.kind).toBe('reconnecting');
  });

  it('has no more time when it is probed again meanwhile', async () => {
    const tab = await new Tab().arrive();
    tab.connection.probe();
    tab.clock.pass(900);
    tab.connection.probe();
    tab.clock.pass(100);
    expect(tab.connection.status.kind).toBe('reconnecting');
  });

  it('is given its time to be welcomed when the page is seen again', async () => {
    const tab = await new Tab().arrive();
    tab.backend.line.cut();
    tab.clock.pass(QUICK_WAIT_MS);
    const dialled = tab.backend.lines.length;
    tab.connection.probe();
    tab.clock.pass(20_000);
    expect(tab.backend.lines).toHaveLength(dialled);
    expect(tab.backend.line.closed).toBeNull();
  });

  it('says so when what was missed has come, for a moment', async () => {
    const tab = await new Tab().arrive();
    tab.cut();
    tab.dial();
    tab.backend.line.arrive(resumed(2), event(1, put('a', 'one')));
    expect(tab.connection.status).toEqual({ kind: 'connected' });
    tab.backend.line.arrive(event(2, put('b', 'two')));
    expect(tab.connection.status).toEqual({ kind: 'connected', caughtUp: true });
    tab.clock.pass(4_000);
    expect(tab.connection.status).toEqual({ kind: 'connected' });
  });

  it('says so too when a snapshot brought it, and not when nothing was missed', async () => {
    const tab = await new Tab().arrive();
    tab.cut();
    tab.dial();
    tab.backend.line.arrive(resumed(0));
    expect(tab.connection.status).toEqual({ kind: 'connected' });
    tab.cut();
    tab.dial();
    tab.backend.line.arrive(welcome({ seq: 9, epoch: 'e2' }));
    expect(tab.connection.status).toEqual({ kind: 'connected', caughtUp: true });
  });

  it('is not dialled again when the hub closed it for good', async () => {
    const tab = await new Tab().arrive();
    tab.backend.line.cut(4403);
    expect(tab.connection.status.kind).toBe('ended');
  });
});

describe('what is said', () => {
  it('is kept until it is accepted, and sent again in order after each welcome', async () => {
    const tab = await new Tab().arrive();
    tab.connection.say('one', {}, 'c1');
    tab.connection.say('two', {}, 'c2');
    tab.backend.line.arrive({ type: 'accepted', clientId: 'c1' });
    tab.backend.line.cut();
    tab.connection.say('three', {}, 'c3');
    tab.clock.pass(QUICK_WAIT_MS);
    tab.backend.line.listener.onOpen();
    expect(said(tab.backend.line.sent)).toEqual([]);
    tab.backend.line.arrive(resumed(0));
    expect(said(tab.backend.line.sent)).toEqual([
      { type: 'message', clientId: 'c2', text: 'two' },
      { type: 'message', clientId: 'c3', text: 'three' },
    ]);
  });

  it('outlives a reload', async () => {
    const tab = await new Tab().arrive();
    tab.connection.say('one', {}, 'c1');
    const again = new Tab(new FakeBackend(), tab.keep);
    again.connection.start();
    again.backend.line.listener.onOpen();
    again.backend.line.arrive(welcome());
    expect(again.backend.created).toEqual([]);
    expect(said(again.backend.line.sent)).toEqual([{ type: 'message', clientId: 'c1', text: 'one' }]);
  });

  it('answers the question that has waited longest', async () => {
    const question = { id: 'q1', stepId: 'a' };
    const tab = await new Tab().arrive(welcome({ snapshot: { questions: [question] } }));
    tab.connection.say('Alice', {}, 'c1');
    expect(said(tab.backend.line.sent)).toEqual([{ type: 'answer', clientId: 'c1', questionId: 'q1', text: 'Alice' }]);
  });

  it('keeps its text when it is turned down, and can be sent again under a new id', async () => {
    const tab = await new Tab().arrive();
    tab.connection.say('one', {}, 'c1');
    tab.backend.line.arrive({ type: 'error', code: 'busy', text: 'Too many.', clientId: 'c1' });
    const failed = tab.connection.failed[0];
    expect(failed?.error.text).toBe('Too many.');
    expect(tab.connection.pending).toEqual([]);
    if (failed !== undefined) tab.connection.retry(failed);
    expect(tab.connection.failed).toEqual([]);
    const again = said(tab.backend.line.sent).at(-1);
    expect(again).toMatchObject({ type: 'message', text: 'one' });
    expect(again).not.toMatchObject({ clientId: 'c1' });
  });

  it('that is refused for now is said again in its time, and nothing overtakes it', async () => {
    const tab = await new Tab().arrive();
    tab.connection.say('one', {}, 'c1');
    tab.backend.line.arrive({ type: 'error', code: 'busy', text: 'Later.', clientId: 'c1', retryAfterS: 2 });
    tab.connection.say('two', {}, 'c2');
    expect(said(tab.backend.line.sent)).toHaveLength(1);
    tab.clock.pass(2_000);
    expect(said(tab.backend.line.sent).map((frame) => 'text' in frame && frame.text)).toEqual(['one', 'one', 'two']);
    expect(tab.connection.failed).toEqual([]);
  });

  it('is text: half a surrogate pair would cost the whole message', async () => {
    const tab = await new Tab().arrive();
    tab.connection.say('a\ud83d b\ude00 c😀', {}, 'c1');
    expect(said(tab.backend.line.sent)).toMatchObject([{ text: 'a\ufffd b\ufffd c😀' }]);
  });

  it('never puts the viewer’s own variables into the storage', async () => {
    const tab = await new Tab().arrive(welcome({ snapshot: { state: { missingEnv: ['KEY'] } } }));
    tab.connection.giveEnv({ KEY: 'canary-secret' });
    expect([...tab.keep.items.values()].join()).not.toContain('canary-secret');
  });
});

describe('ending', () => {
  it('begins anew without a word when the session of before a reload is gone', async () => {
    const first = await new Tab().arrive();
    const tab = new Tab(new FakeBackend(), first.keep);
    tab.connection.start();
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive({ type: 'bye', code: 4404, text: 'unknown' });
    await settle();
    expect(tab.backend.created).toEqual(['demo']);
    expect(tab.connection.status.kind).toBe('connecting');
  });

  it('gives back what the session did not take, for the new one', async () => {
    const first = await new Tab().arrive();
    first.connection.say('precious', {}, 'c1');
    const tab = new Tab(new FakeBackend(), first.keep);
    tab.connection.start();
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive({ type: 'bye', code: 4404, text: 'unknown' });
    await settle();
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive(welcome());
    expect(said(tab.backend.line.sent)).toEqual([]);
    const [failed] = tab.connection.failed;
    expect(failed?.command).toMatchObject({ text: 'precious' });
    if (failed !== undefined) tab.connection.retry(failed);
    expect(said(tab.backend.line.sent)).toMatchObject([{ type: 'message', text: 'precious' }]);
  });

  it('in the middle of a sentence leaves nothing “sending”, and New chat can still send it', async () => {
    const tab = await new Tab().arrive();
    tab.connection.say('precious', {}, 'c1');
    tab.backend.line.arrive({ type: 'bye', code: 4410, text: 'It has ended.' });
    expect(tab.connection.pending).toEqual([]);
    tab.connection.newChat();
    await settle();
    expect(tab.connection.failed.map(({ command }) => command)).toMatchObject([{ text: 'precious' }]);
  });

  it('says so when a live session is gone, and offers a new chat', async () => {
    const tab = await new Tab().arrive();
    tab.backend.line.arrive({ type: 'bye', code: 4410, text: 'It has ended.' });
    expect(tab.connection.status).toEqual({ kind: 'ended', text: 'It has ended.', remedy: 'begin' });
    tab.clock.pass(120_000);
    expect(tab.backend.lines).toHaveLength(1);
    tab.connection.newChat();
    await settle();
    tab.backend.line.listener.onOpen();
    expect(tab.backend.line.sent[0]).toMatchObject({ session: 'session-2' });
  });

  it('of a chat by New chat tells the hub, and forgets what was shown', async () => {
    const tab = await new Tab().arrive();
    tab.backend.line.arrive(event(1, put('a', 'old')));
    const old = tab.backend.line;
    tab.connection.newChat();
    expect(old.sent.at(-1)).toEqual({ type: 'end' });
    await settle();
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive(welcome({ session: 'session-2' }));
    expect(tab.text).toBe('');
    expect(tab.sessions).toEqual(['session-1', 'session-2']);
  });

  it('of a chat twice in a hurry makes one new session', async () => {
    const tab = await new Tab().arrive();
    tab.connection.newChat();
    tab.connection.newChat();
    await settle();
    expect(tab.backend.created).toHaveLength(2);
    expect(tab.backend.lines).toHaveLength(2);
  });

  it('of the page while a session is being made keeps it for when the page comes back', async () => {
    const tab = new Tab();
    tab.connection.start();
    tab.connection.stop();
    await settle();
    expect(tab.backend.lines).toEqual([]);
    const again = new Tab(tab.backend, tab.keep);
    again.connection.start();
    expect(again.connection.session).toBe('session-1');
    expect(tab.backend.created).toHaveLength(1);
  });

  it('of the page leaves the session alone', async () => {
    const tab = await new Tab().arrive();
    tab.connection.stop();
    expect(tab.backend.line.sent.some((frame) => frame.type === 'end')).toBe(false);
    expect(tab.backend.line.closed).toBe(1000);
    tab.clock.pass(120_000);
    expect(tab.backend.lines).toHaveLength(1);
  });
});

it('tells the hub how far it has read, at most once a second', async () => {
  const tab = await new Tab().arrive();
  for (let seq = 1; seq <= 5; seq++) tab.backend.line.arrive(event(seq, put(`s${seq}`, 'x')));
  tab.clock.pass(1_000);
  expect(tab.backend.line.sent.filter((frame) => frame.type === 'seen')).toEqual([{ type: 'seen', seq: 5 }]);
});

it('puts older steps of one session into no other', async () => {
  const old = welcome({ snapshot: { steps: [{ id: 'b', type: 't', name: 'n', output: 'B' }], earlier: 1 } });
  const tab = await new Tab().arrive(old);
  tab.backend.older = [{ id: 'a', type: 't', name: 'n', output: 'A' }];
  const shown = tab.connection.showEarlier();
  tab.connection.newChat();
  await shown;
  await settle();
  tab.backend.line.listener.onOpen();
  tab.backend.line.arrive(welcome({ session: 'session-2' }));
  expect(tab.text).toBe('');
});

it('forgets a refused message once, however often one asks', async () => {
  const tab = await new Tab().arrive();
  for (const id of ['c1', 'c2']) {
    tab.connection.say(id, {}, id);
    tab.backend.line.arrive({ type: 'error', code: 'busy', text: 'Too many.', clientId: id });
  }
  const last = tab.connection.failed[1];
  if (last === undefined) throw new Error('nothing was refused');
  tab.connection.dismiss(last);
  tab.connection.dismiss(last);
  expect(tab.connection.failed.map(({ command }) => command.clientId)).toEqual(['c1']);
});

it('puts older steps before those that it has', async () => {
  const tab = await new Tab().arrive(welcome({ snapshot: { steps: [{ id: 'b', type: 't', name: 'n', output: 'B' }], earlier: 1 } }));
  tab.backend.older = [{ id: 'a', type: 't', name: 'n', output: 'A' }];
  await tab.connection.showEarlier();
  expect(tab.text).toBe('A|B');
  expect(tab.connection.conversation?.earlier).toBe(0);
});

it('lets older steps go only when there are many', async () => {
  const steps = Array.from({ length: 400 }, (_, number) => ({ id: `${number}`, type: 't', name: 'n', output: `${number}` }));
  const tab = await new Tab().arrive(welcome({ snapshot: { steps, earlier: 5 } }));
  tab.connection.forgetOlder();
  expect(tab.connection.conversation?.size).toBe(400);
  tab.backend.line.arrive({ type: 'event', seq: 1, event: { type: 'put_step', step: { id: 'z', type: 't', name: 'n', output: 'Z' } } });
  tab.connection.forgetOlder();
  expect(tab.connection.conversation?.size).toBe(200);
  expect(tab.connection.conversation?.earlier).toBe(206);
  expect(tab.text.endsWith('|399|Z')).toBe(true);
});

describe('a server that stops in an orderly way', () => {
  it('is left alone for the time that it named, and is said to be restarting', async () => {
    const tab = await new Tab().arrive();
    tab.backend.line.arrive({ type: 'going', retryAfterS: 20 });
    expect(tab.connection.status.kind).toBe('connected');
    tab.cut(1012);
    expect(tab.connection.status.kind).toBe('restarting');
    tab.clock.pass(19_999);
    tab.connection.probe();
    expect(tab.backend.lines).toHaveLength(1);
    tab.clock.pass(QUICK_WAIT_MS + 1);
    expect(tab.backend.lines).toHaveLength(2);
    tab.backend.line.cut(1006);
    expect(tab.connection.status.kind).toBe('restarting');
  });

  it('that does not come back is just gone', async () => {
    const tab = await new Tab().arrive();
    tab.backend.line.arrive({ type: 'going', retryAfterS: 1 });
    tab.cut(1012);
    tab.clock.pass(60_500);
    tab.clock.pass(15_000);
    tab.cut(1006);
    expect(tab.connection.status.kind).toBe('reconnecting');
  });

  it.each([1000, 1001, 1005, 1006, 1011, 1012, 4008, 4012, 4408])('comes back after %i, too', async (code) => {
    const tab = await new Tab().arrive();
    tab.cut(code);
    tab.dial();
    tab.backend.line.arrive(resumed(0));
    expect(tab.connection.status.kind).toBe('connected');
  });

  it.each([
    [4401, 'reload'],
    [4403, null],
    [4404, 'begin'],
    [4409, null],
    [4410, 'begin'],
  ])('that says goodbye with %i names what helps: %s', async (code, remedy) => {
    const tab = await new Tab().arrive();
    tab.backend.line.arrive({ type: 'bye', code, text: 'Goodbye.' });
    expect(tab.connection.status).toEqual({ kind: 'ended', text: 'Goodbye.', remedy });
  });

  it('of another version asks for a reload, whether it said so or only closed', async () => {
    const told = await new Tab().arrive();
    told.backend.line.arrive({ type: 'bye', code: 4426, text: 'Reload the page.' });
    expect(told.connection.status).toEqual({ kind: 'ended', text: 'Reload the page.', remedy: 'reload' });
    const closed = await new Tab().arrive();
    closed.cut(4426);
    expect(closed.connection.status).toMatchObject({ kind: 'ended', remedy: 'reload' });
  });
});

describe('what waits in the browser', () => {
  it('is no more than 32 commands: the next is not taken', async () => {
    const tab = await new Tab().arrive();
    for (let number = 0; number < 32; number++) expect(tab.connection.say(`m${number}`, {}, `c${number}`)).toBe(true);
    expect(tab.connection.say('one too many')).toBe(false);
    tab.backend.line.arrive({ type: 'accepted', clientId: 'c0' });
    expect(tab.connection.say('fits again')).toBe(true);
  });

  it('fits into one message of the WebSocket', async () => {
    const tab = await new Tab().arrive();
    const long = '😀'.repeat(30_000);
    expect([tab.connection.say(long), tab.connection.say(long), tab.connection.say(long)]).toEqual([true, true, false]);
    tab.cut();
    tab.dial();
    tab.backend.line.arrive(resumed(0));
    const [, ...again] = tab.backend.line.sent;
    expect(again).toHaveLength(2);
    expect(new TextEncoder().encode(JSON.stringify(again)).length).toBeLessThanOrEqual(256 * 1024);
  });

  it('keeps its order over a reload, and goes before what is said then', async () => {
    const first = await new Tab().arrive();
    for (const id of ['c1', 'c2', 'c3']) first.connection.say(id, {}, id);
    first.backend.line.arrive({ type: 'accepted', clientId: 'c2' });
    const tab = new Tab(new FakeBackend(), first.keep);
    tab.connection.start();
    tab.connection.say('c4', {}, 'c4');
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive(welcome());
    expect(said(tab.backend.line.sent).map((frame) => 'clientId' in frame && frame.clientId)).toEqual(['c1', 'c3', 'c4']);
  });

  it('says that it would not survive a reload when the browser is full, and is sent all the same', async () => {
    const tab = await new Tab().arrive();
    tab.keep.isFull = true;
    tab.connection.say('one', {}, 'c1');
    expect(tab.connection.isKept).toBe(false);
    expect(said(tab.backend.line.sent)).toHaveLength(1);
    tab.backend.line.arrive({ type: 'accepted', clientId: 'c1' });
    expect(tab.connection.isKept).toBe(true);
  });

  it('is the same command in a tab that was duplicated', async () => {
    const tab = await new Tab().arrive();
    tab.connection.say('once', {}, 'c1');
    const copy = new FakeKeep();
    for (const [key, value] of tab.keep.items) copy.items.set(key, value);
    const other = new Tab(new FakeBackend(), copy);
    other.connection.start();
    other.backend.line.listener.onOpen();
    other.backend.line.arrive(welcome());
    expect(said(other.backend.line.sent)).toEqual(said(tab.backend.line.sent));
    other.backend.line.arrive({ type: 'accepted', clientId: 'c1' });
    expect(other.connection.pending).toEqual([]);
  });

  it('was refused, and can be sent again after a reload, too', async () => {
    const first = await new Tab().arrive();
    first.connection.say('precious', {}, 'c1');
    first.backend.line.arrive({ type: 'error', code: 'busy', text: 'Too many.', clientId: 'c1' });
    const tab = new Tab(new FakeBackend(), first.keep);
    const [failed] = tab.connection.failed;
    expect(failed).toMatchObject({ command: { text: 'precious' }, error: { text: 'Too many.' } });
    if (failed !== undefined) tab.connection.dismiss(failed);
    expect(new Tab(new FakeBackend(), first.keep).connection.failed).toEqual([]);
  });

  it('may be anything that somebody put there', async () => {
    const { keep } = await new Tab().arrive();
    keep.setItem('jupyter-chat-sessions outbox / demo', '[null, 1, {"type": "message"}, {"type": "end", "clientId": "c"}]');
    keep.setItem('jupyter-chat-sessions refused / demo', '[null, {}, {"command": {"type": "message"}}]');
    keep.setItem('jupyter-chat-sessions draft / demo', '{"not": "text"}');
    const tab = await new Tab(new FakeBackend(), keep).arrive();
    expect([tab.connection.pending, tab.connection.failed, tab.connection.draft]).toEqual([[], [], '']);
  });

  it('is given back, and not said again, when the server closes on it as too big', async () => {
    const tab = await new Tab().arrive();
    tab.connection.say('huge', {}, 'c1');
    tab.cut(1009);
    tab.dial();
    tab.backend.line.arrive(resumed(0));
    expect(said(tab.backend.line.sent)).toEqual([]);
    expect(tab.connection.failed[0]).toMatchObject({ command: { text: 'huge' }, error: { code: 'too_large' } });
  });

  it('and was not confirmed goes along to the new chat, to be sent again there', async () => {
    const tab = await new Tab().arrive();
    tab.cut();
    tab.connection.say('precious', {}, 'c1');
    tab.connection.newChat();
    await settle();
    tab.backend.line.listener.onOpen();
    tab.backend.line.arrive(welcome({ session: 'session-2' }));
    expect(said(tab.backend.line.sent)).toEqual([]);
    expect(tab.connection.failed[0]?.command).toMatchObject({ text: 'precious' });
  });

  it('and was refused for now tells how long until it is tried again', async () => {
    const tab = await new Tab().arrive();
    tab.connection.say('one', {}, 'c1');
    tab.backend.line.arrive({ type: 'error', code: 'too_fast', text: 'Slowly.', clientId: 'c1', retryAfterS: 5 });
    tab.clock.pass(2_000);
    expect(tab.connection.heldMs).toBe(3_000);
    expect(tab.connection.held?.error.text).toBe('Slowly.');
    tab.clock.pass(3_000);
    expect(tab.connection.held).toBeNull();
    expect(said(tab.backend.line.sent)).toHaveLength(2);
  });
});

describe('an interrupted message', () => {
  const retries = (tab: Tab): ViewerFrame[] => tab.backend.line.sent.filter((frame) => frame.type === 'retry');

  it('is run again once, however often one presses', async () => {
    const tab = await new Tab().arrive();
    tab.connection.retryRun('step-1');
    tab.connection.retryRun('step-1');
    expect(retries(tab)).toMatchObject([{ stepId: 'step-1' }]);
    expect([tab.connection.isRetrying('step-1'), tab.connection.isRetrying('step-2')]).toEqual([true, false]);
  });

  it('is asked for again with the same id after a cut and after a reload', async () => {
    const tab = await new Tab().arrive();
    tab.connection.retryRun('step-1');
    const [first] = retries(tab);
    tab.cut();
    tab.dial();
    tab.backend.line.arrive(resumed(0));
    expect(retries(tab)).toEqual([first]);
    const again = new Tab(new FakeBackend(), tab.keep);
    again.connection.start();
    again.backend.line.listener.onOpen();
    again.backend.line.arrive(welcome());
    expect(retries(again)).toEqual([first]);
  });

  it('that somebody else has retried already is no failure; another refusal is', async () => {
    const tab = await new Tab().arrive();
    for (const [code, failed] of [
      ['conflict', []],
      ['busy', ['busy']],
    ] as const) {
      tab.connection.retryRun('step-1');
      const retry = retries(tab).at(-1);
      const clientId = retry !== undefined && 'clientId' in retry ? retry.clientId : '';
      tab.backend.line.arrive({ type: 'error', code, text: code, clientId });
      expect(tab.connection.failed.map(({ error }) => error.code)).toEqual(failed);
    }
    tab.connection.retryRun('step-1');
    expect(tab.connection.failed).toEqual([]);
  });
});

describe('a conversation of before', () => {
  it('is shown in a session of its own; the one that was shown does not end', async () => {
    const tab = await new Tab().arrive();
    const old = tab.backend.line;
    await tab.connection.resume('thread-0');
    expect(tab.backend.resumed).toEqual(['thread-0']);
    expect(old.sent.some((frame) => frame.type === 'end')).toBe(false);
    expect(old.closed).toBe(1000);
    tab.backend.line.listener.onOpen();
    expect(tab.backend.line.sent[0]).toMatchObject({ session: 'session-2', secret: 'secret-2' });
    tab.backend.line.arrive(welcome({ session: 'session-2', threadId: 'thread-0' }));
    const again = new Tab(new FakeBackend(), tab.keep);
    again.connection.start();
    expect(again.connection.session).toBe('session-2');
  });

  it('that is gone leaves the one that is shown as it is', async () => {
    const tab = await new Tab().arrive();
    tab.backend.refusals.push(new Refused('unknown_thread', 'It is gone.'));
    await expect(tab.connection.resume('thread-0')).rejects.toThrow('It is gone.');
    expect([tab.connection.status.kind, tab.connection.session]).toEqual(['connected', 'session-1']);
    tab.connection.newChat();
    await settle();
    expect(tab.backend.created).toHaveLength(3);
  });

  it('that is chosen while a new session is being made is the one that is shown', async () => {
    const first = await new Tab().arrive();
    const tab = new Tab(new FakeBackend(), first.keep);
    tab.connection.start();
    tab.backend.line.listener.onOpen();
    const gone = tab.connection.resume('thread-0');
    tab.backend.line.arrive({ type: 'bye', code: 4404, text: 'unknown' });
    await gone;
    await settle();
    expect(tab.connection.session).toBe('session-1');
    expect(tab.backend.lines).toHaveLength(2);
    expect(tab.keep.getItem('jupyter-chat-sessions / demo')).toContain('session-1');
  });

  it('is not gone to while something is not sent yet', async () => {
    const tab = await new Tab().arrive();
    tab.cut();
    tab.connection.say('unsent', {}, 'c1');
    await expect(tab.connection.resume('thread-0')).rejects.toThrow('not sent yet');
    expect(tab.backend.resumed).toEqual([]);
  });
});

describe('what is done other than saying something', () => {
  const calls = (frames: readonly ViewerFrame[]): ViewerFrame[] => frames.filter((frame) => frame.type === 'call');

  it('is kept until it is confirmed, and sent again over a lost line', async () => {
    const tab = await new Tab().arrive();
    tab.cut();
    expect(tab.connection.call('on_settings_update', { temperature: 0.2 })).toBe(true);
    tab.dial();
    tab.backend.line.arrive(resumed(0));
    expect(calls(tab.backend.line.sent)).toMatchObject([
      { type: 'call', name: 'on_settings_update', value: { temperature: 0.2 } },
    ]);
  });

  it('says what it is about only where it is about something', async () => {
    const tab = await new Tab().arrive();
    tab.connection.call('on_window_message', null);
    tab.connection.call('on_feedback', { value: 1 }, 'a');
    expect(calls(tab.backend.line.sent).map((frame) => 'about' in frame && frame.about)).toEqual([false, 'a']);
  });

  it('has no halves of surrogate pairs, however deep', async () => {
    const tab = await new Tab().arrive();
    tab.connection.call('on_window_message', { 'a\uD800': ['\uDC00b', { c: 1 }] });
    expect(calls(tab.backend.line.sent)).toMatchObject([{ value: { 'a\uFFFD': ['\uFFFDb', { c: 1 }] } }]);
  });

  it.each([
    ['on_settings_update', 1],
    ['on_settings_edit', 0],
  ] as const)('%s is kept %d times when it is turned down', async (name, times) => {
    const tab = await new Tab().arrive();
    tab.connection.call(name, {}, undefined, 'x');
    tab.backend.line.arrive({ type: 'error', code: 'busy', text: 'Too many', clientId: 'x' });
    expect(tab.connection.failed).toHaveLength(times);
    expect(tab.connection.pending).toEqual([]);
  });
});
