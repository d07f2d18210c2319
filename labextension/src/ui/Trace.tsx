/** What is done on the way to an answer: a quiet line that unfolds, with what it is made of inside it. */

import { useEffect, useState } from 'preact/hooks';

import { isTrace } from '../conversation.js';
import type { Step } from '../frames.js';
import { plainName } from '../markdown.js';
import { Icon, StepBody } from './later.js';

export interface TraceProps {
  readonly step: Step;
  /** The whole conversation, and which of its steps are shown inside another. */
  readonly steps: readonly Step[];
  readonly nested: ReadonlySet<string>;
  readonly allowRemoteImages: boolean;
}

export function Trace({ step, steps, nested, allowRemoteImages }: TraceProps) {
  const isUnderWay = isGoingOn(step);
  const [chosen, setChosen] = useState<boolean | null>(null);
  const isFolding = step.autoCollapse === true && !isUnderWay;
  useEffect(() => {
    if (isFolding) setChosen(null);
  }, [isFolding]);
  const isOpen = chosen ?? (step.defaultOpen === true && !isFolding);
  const name = plainName(step.name) || step.type;
  return (
    <article
      class={`jcs-step ${step.isError === true ? 'jcs-failed' : ''}`}
      aria-label={name}
      aria-busy={isUnderWay}
      data-step-id={step.id}
      data-step-type={step.type}
    >
      <button type="button" class="jcs-fold" aria-expanded={isOpen} onClick={() => setChosen(!isOpen)}>
        <Sign step={step} isUnderWay={isUnderWay} />
        <span class="jcs-step-name">{name}</span>
        <span class="jcs-step-state">{stateOf(step, isUnderWay)}</span>
      </button>
      {isOpen && <StepBody step={step} steps={steps} nested={nested} allowRemoteImages={allowRemoteImages} />}
    </article>
  );
}

function Sign({ step, isUnderWay }: { readonly step: Step; readonly isUnderWay: boolean }) {
  if (isUnderWay) return <span class="jcs-turning" aria-hidden="true" />;
  if (step.icon != null && step.isError !== true) return <Icon name={step.icon} />;
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={step.isError === true ? 'M4 4l8 8M12 4l-8 8' : (SIGNS[step.type] ?? 'M3 8.5 6.5 12 13 4.5')} />
    </svg>
  );
}

const SEARCH = 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.3 10.3 13.5 13.5';
const SIGNS: Readonly<Record<string, string>> = {
  tool: 'M13 4.5a3.2 3.2 0 0 1-4.2 4L4.5 12.8a1 1 0 0 1-1.4-1.4L7.4 7a3.2 3.2 0 0 1 4-4.2L9.5 4.8l1.7 1.7z',
  llm: 'M8 2.5 9.4 6.6 13.5 8 9.4 9.4 8 13.5 6.6 9.4 2.5 8 6.6 6.6z',
  retrieval: SEARCH,
  rerank: SEARCH,
};

function stateOf(step: Step, isUnderWay: boolean): string {
  if (step.status === 'interrupted') return 'interrupted';
  if (isUnderWay) return '';
  const seconds = (Date.parse(step.end ?? '') - Date.parse(step.start ?? '')) / 1000;
  const took = Number.isFinite(seconds) && seconds >= 0.1 ? `${seconds.toFixed(seconds < 10 ? 1 : 0)} s` : '';
  return [step.isError === true ? 'failed' : '', took].filter((part) => part !== '').join(' · ');
}

/** Whether a step has begun and not ended. */
export function isGoingOn(step: Step): boolean {
  const isBegun = step.start != null || step.streaming === true;
  return isBegun && step.end == null && step.status !== 'interrupted';
}

/** The steps that are shown inside another one. Whoever is its own ancestor is shown by itself: authors may make rings. */
export function nestedIn(steps: readonly Step[]): ReadonlySet<string> {
  const parents = new Map(steps.filter(isTrace).map((step) => [step.id, step.parentId ?? '']));
  const isInRing = (id: string): boolean => {
    const passed = new Set<string>();
    for (let at = id; parents.has(at); at = parents.get(at) ?? '') {
      if (passed.has(at)) return true;
      passed.add(at);
    }
    return false;
  };
  return new Set([...parents].filter(([id, parent]) => parents.has(parent) && !isInRing(id)).map(([id]) => id));
}
