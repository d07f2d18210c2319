/**
 * The frames of `docs/protocol.md`, as this side reads and sends them.
 * The one rule: past `readFrames`, everything has the shape that its type says.
 */

export const PROTOCOL_VERSION = 1;
export const MAX_TEXT = 32_768;

export type RunStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';

export interface Action {
  readonly id: string;
  readonly name: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly label?: string;
  readonly tooltip?: string;
  readonly icon?: string | null;
}

export interface Element {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly display?: 'inline' | 'side' | 'page';
  readonly mime?: string | null;
  /** Its content, where the hub keeps that. */
  readonly file?: string | null;
  readonly url?: string | null;
  readonly bytes?: number | null;
  readonly size?: 'small' | 'medium' | 'large' | null;
  readonly language?: string | null;
  readonly props?: Readonly<Record<string, unknown>>;
}

export interface Feedback {
  readonly value: 0 | 1;
  readonly comment?: string | null;
}

/** Which files a viewer may give. */
export interface Uploads {
  readonly accept?: readonly string[];
  readonly maxFiles?: number;
  readonly maxBytes?: number;
}

export interface Step {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly parentId?: string | null;
  readonly input?: string;
  readonly output?: string;
  readonly createdAt?: string | null;
  readonly start?: string | null;
  readonly showInput?: boolean | string;
  readonly defaultOpen?: boolean;
  readonly autoCollapse?: boolean;
  readonly end?: string | null;
  readonly isError?: boolean;
  readonly streaming?: boolean;
  readonly waitForAnswer?: boolean;
  readonly language?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly command?: string | null;
  readonly modes?: Readonly<Record<string, string>> | null;
  readonly icon?: string | null;
  readonly actions?: readonly Action[];
  readonly elements?: readonly Element[];
  readonly feedback?: Feedback | null;
  readonly clientId?: string | null;
  readonly status?: RunStatus | null;
  readonly attempt?: number;
}

export interface Question {
  readonly id: string;
  readonly stepId: string;
  readonly kind?: 'text' | 'action' | 'file';
  readonly timeoutS?: number;
  readonly uploads?: Uploads | null;
}

/** What is said beside the text of a message. */
export interface Beside {
  readonly command?: string;
  readonly modes?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
}

export interface SessionState {
  readonly host?: 'connected' | 'busy' | 'gone';
  readonly run?: { readonly id: string; readonly name: string };
  readonly started?: boolean;
  readonly missingEnv?: readonly string[];
  /** Conversations are not kept as they should be: what a banner says. */
  readonly storage?: { readonly code: string; readonly text: string };
  readonly [key: string]: unknown;
}

export interface Snapshot {
  readonly steps?: readonly Step[];
  readonly questions?: readonly Question[];
  readonly state?: SessionState;
  readonly earlier?: number;
}

export type Event =
  | { readonly type: 'put_step'; readonly step: Step; readonly replaces?: boolean }
  | {
      readonly type: 'append_text';
      readonly stepId: string;
      readonly offset: number;
      readonly text: string;
      readonly into?: 'output' | 'input';
    }
  | { readonly type: 'finish_step'; readonly stepId: string; readonly end?: string | null }
  | { readonly type: 'remove_step'; readonly stepId: string }
  | { readonly type: 'put_action'; readonly stepId: string; readonly action: Action }
  | { readonly type: 'remove_action'; readonly stepId: string; readonly actionId: string }
  | { readonly type: 'put_element'; readonly stepId: string; readonly element: Element }
  | { readonly type: 'remove_element'; readonly stepId: string; readonly elementId: string }
  | { readonly type: 'put_question'; readonly question: Question }
  | { readonly type: 'clear_question'; readonly questionId: string; readonly reason?: string }
  | { readonly type: 'set_state'; readonly state: Readonly<Record<string, unknown>> }
  | { readonly type: 'set_run'; readonly run: string; readonly name: string; readonly status: RunStatus };

export interface ChannelInfo {
  readonly name: string;
  readonly title: string;
  readonly botName?: string;
  readonly placeholder?: string | null;
  readonly allowRemoteImages?: boolean;
  /** Which files may go with a message; none where it is not there. */
  readonly uploads?: Uploads | null;
  /** Whether viewers may change what they have said; so where it is not there. */
  readonly canEdit?: boolean;
  /** What the author tells viewers of the chat, as Markdown. */
  readonly readme?: string | null;
}

export interface UserInfo {
  readonly identifier: string;
  readonly displayName?: string | null;
}

export interface Welcome {
  readonly type: 'welcome';
  readonly v: number;
  readonly session: string;
  readonly threadId: string;
  readonly epoch: string;
  readonly seq: number;
  readonly resumed: boolean;
  readonly reason?: 'new' | 'epoch' | 'window' | null;
  readonly snapshot?: Snapshot | null;
  readonly channel: ChannelInfo;
  readonly user: UserInfo;
  readonly isOwner?: boolean;
  readonly remainingS?: Readonly<Record<string, number>>;
}

export interface ErrorFrame {
  readonly type: 'error';
  readonly code: string;
  readonly text: string;
  readonly clientId?: string | null;
  readonly retryAfterS?: number | null;
  readonly details?: readonly string[];
}

export interface Bye {
  readonly type: 'bye';
  readonly code: number;
  readonly text: string;
}

/** Something for whoever looks on now; it has no number. */
export interface Signal {
  readonly type: 'signal';
  readonly kind: string;
  readonly data?: unknown;
}

export type HubFrame =
  | Welcome
  | { readonly type: 'event'; readonly seq: number; readonly first?: number | null; readonly event: Event }
  | { readonly type: 'accepted'; readonly clientId: string; readonly stepId?: string | null }
  | ErrorFrame
  | Bye
  | { readonly type: 'going'; readonly retryAfterS: number }
  | Signal
  | { readonly type: 'pong' }
  | { readonly type: 'heartbeat' };

/** Asks for a session, before `hello`. */
export interface Begin {
  readonly type: 'begin';
  readonly v: number;
  readonly channel: string;
  readonly client?: string;
  readonly language?: string;
  readonly chatProfile?: string;
}

export interface Hello {
  readonly type: 'hello';
  readonly v: number;
  readonly session: string;
  readonly secret: string;
  readonly epoch?: string;
  readonly lastSeq?: number;
}

/** What a handler of the author's is run for, other than a message or a button. */
export type CallName = 'on_settings_update' | 'on_settings_edit' | 'on_feedback' | 'on_window_message';

/** What a person says or does: kept until the hub has confirmed it. */
export type Command =
  | {
      readonly type: 'message';
      readonly clientId: string;
      readonly text: string;
      readonly command?: string;
      readonly modes?: Readonly<Record<string, string>>;
      readonly files?: readonly string[];
    }
  | {
      readonly type: 'answer';
      readonly clientId: string;
      readonly questionId: string;
      readonly text: string;
      readonly actionId?: string;
      readonly files?: readonly string[];
    }
  | {
      readonly type: 'call';
      readonly clientId: string;
      readonly name: CallName;
      readonly about?: string;
      readonly value?: unknown;
    }
  | { readonly type: 'edit'; readonly clientId: string; readonly stepId: string; readonly text: string }
  | { readonly type: 'press'; readonly clientId: string; readonly stepId: string; readonly actionId: string }
  | { readonly type: 'retry'; readonly clientId: string; readonly stepId: string }
  | { readonly type: 'env'; readonly clientId: string; readonly values: Readonly<Record<string, string>> };

export type ViewerFrame =
  | Begin
  | Hello
  | Command
  | { readonly type: 'stop' }
  | { readonly type: 'end' }
  | { readonly type: 'seen'; readonly seq: number }
  | { readonly type: 'ping' };

const HUB_TYPES = new Set(['welcome', 'event', 'accepted', 'error', 'bye', 'going', 'signal', 'pong', 'heartbeat']);
const EVENT_TYPES = new Set([
  'put_step',
  'append_text',
  'finish_step',
  'remove_step',
  'put_action',
  'remove_action',
  'put_element',
  'remove_element',
  'put_question',
  'clear_question',
  'set_state',
  'set_run',
]);

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStep(value: unknown): value is Step {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    typeof value['name'] === 'string' &&
    areTexts(value['type'], value['output'], value['input'], value['language']) &&
    (value['actions'] === undefined || (Array.isArray(value['actions']) && value['actions'].every(isAction))) &&
    (value['elements'] === undefined || (Array.isArray(value['elements']) && value['elements'].every(isElement)))
  );
}

function isAction(value: unknown): value is Action {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    typeof value['name'] === 'string' &&
    areTexts(value['label'], value['tooltip'], value['icon'])
  );
}

/** Whether a value is an element, with the fields that it needs. */
export function isElement(value: unknown): value is Element {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    typeof value['type'] === 'string' &&
    typeof value['name'] === 'string' &&
    areTexts(value['mime'], value['file'], value['url'], value['language'], value['display'], value['size']) &&
    (value['props'] === undefined || isRecord(value['props']))
  );
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => value === undefined || value === null || typeof value === 'string');
}

/** Whether a value is an event of a type that this side knows, with the fields that it needs. */
export function isEvent(value: unknown): value is Event {
  if (!isRecord(value) || !EVENT_TYPES.has(String(value['type']))) return false;
  switch (value['type']) {
    case 'put_step':
      return isStep(value['step']);
    case 'append_text':
      return (
        typeof value['stepId'] === 'string' && typeof value['offset'] === 'number' && typeof value['text'] === 'string'
      );
    case 'put_action':
      return typeof value['stepId'] === 'string' && isAction(value['action']);
    case 'remove_action':
      return typeof value['stepId'] === 'string' && typeof value['actionId'] === 'string';
    case 'put_element':
      return typeof value['stepId'] === 'string' && isElement(value['element']);
    case 'remove_element':
      return typeof value['stepId'] === 'string' && typeof value['elementId'] === 'string';
    case 'put_question':
      return isRecord(value['question']) && typeof value['question']['id'] === 'string';
    case 'clear_question':
      return typeof value['questionId'] === 'string';
    case 'set_state':
      return isRecord(value['state']);
    case 'set_run':
      return [value['run'], value['name'], value['status']].every((each) => typeof each === 'string');
    default:
      return typeof value['stepId'] === 'string';
  }
}

export function isErrorFrame(value: unknown): value is ErrorFrame {
  return isRecord(value) && value['type'] === 'error' && typeof value['text'] === 'string';
}

/** Whether a value is something that a person said: what comes out of the browser's storage may be anything. */
export function isCommand(value: unknown): value is Command {
  if (!isRecord(value) || typeof value['clientId'] !== 'string') return false;
  switch (value['type']) {
    case 'message':
      return typeof value['text'] === 'string';
    case 'answer':
      return typeof value['text'] === 'string' && typeof value['questionId'] === 'string';
    case 'edit':
      return typeof value['text'] === 'string' && typeof value['stepId'] === 'string';
    case 'press':
      return typeof value['stepId'] === 'string' && typeof value['actionId'] === 'string';
    case 'call':
      return typeof value['name'] === 'string';
    case 'retry':
      return typeof value['stepId'] === 'string';
    case 'env':
      return isRecord(value['values']);
    default:
      return false;
  }
}

function isHubFrame(value: unknown): value is HubFrame {
  if (!isRecord(value) || !HUB_TYPES.has(String(value['type']))) return false;
  switch (value['type']) {
    case 'event':
      return typeof value['seq'] === 'number';
    case 'welcome':
      return (
        typeof value['epoch'] === 'string' &&
        typeof value['seq'] === 'number' &&
        isRecord(value['channel']) &&
        isRecord(value['user'])
      );
    case 'error':
      return isErrorFrame(value);
    case 'accepted':
      return typeof value['clientId'] === 'string';
    case 'going':
      return typeof value['retryAfterS'] === 'number';
    case 'signal':
      return typeof value['kind'] === 'string';
    default:
      return true;
  }
}

/** An event that this side does not understand keeps its number: without it, everything after it would look like a gap. */
function understood(frame: HubFrame): HubFrame {
  if (frame.type !== 'event' || isEvent(frame.event)) return frame;
  return { ...frame, event: { type: 'set_state', state: {} } };
}

/**
 * Read one WebSocket message. Frames of types that this side does not know are left out, and events change nothing: a newer hub may
 * send them.
 *
 * @throws {SyntaxError} The message is no JSON.
 */
export function readFrames(message: string): HubFrame[] {
  const parsed: unknown = JSON.parse(message);
  return Array.isArray(parsed) ? parsed.filter(isHubFrame).map(understood) : [];
}

/** Replace halves of surrogate pairs, which are no text: the hub could not read the message that carries one. */
export function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
}

/** Replace halves of surrogate pairs in every text of a JSON value. */
export function wellFormedValue(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(wellFormedValue);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [wellFormed(key), wellFormedValue(each)]));
}

/** Write one WebSocket message. */
export function writeFrames(frames: readonly ViewerFrame[]): string {
  return JSON.stringify(frames);
}
