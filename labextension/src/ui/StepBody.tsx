/** What a step is made of, when it is unfolded: its input, the steps inside it, its output. */

import { adopt } from '../adopt.js';
import styles from '../style/trace.css?inline';
import { Markdown } from './Markdown.js';
import { fence } from './Message.js';
import { Elements } from './later.js';
import { Trace } from './Trace.js';
import type { TraceProps } from './Trace.js';

adopt(styles);

export function StepBody({ step, steps, nested, allowRemoteImages }: TraceProps) {
  const input = step.showInput === false || step.showInput === undefined ? '' : (step.input ?? '');
  const output = step.output ?? '';
  const inside = steps.filter((other) => nested.has(other.id) && other.parentId === step.id);
  const language = typeof step.showInput === 'string' ? step.showInput : 'text';
  const isStreaming = step.streaming === true;
  return (
    <div class="jcs-step-body">
      {input !== '' && (
        <Markdown text={fence(input, language)} isStreaming={isStreaming} allowRemoteImages={allowRemoteImages} />
      )}
      {inside.map((each) => (
        <Trace key={each.id} step={each} steps={steps} nested={nested} allowRemoteImages={allowRemoteImages} />
      ))}
      {output !== '' && (
        <Markdown
          text={step.language != null && step.language !== '' ? fence(output, step.language) : output}
          isStreaming={isStreaming}
          allowRemoteImages={allowRemoteImages}
        />
      )}
      {step.elements !== undefined && <Elements elements={step.elements} />}
      {input === '' && output === '' && step.elements === undefined && inside.length === 0 && <span class="jcs-hint">Nothing to show.</span>}
    </div>
  );
}
