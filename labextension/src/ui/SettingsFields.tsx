/** The fields of a settings form, in tabs where it has any. Whatever an author calls them is text. */

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { plainName } from '../markdown.js';
import type { Field, Form, Values } from '../settings.js';
import { SettingControl, isGroup } from './SettingControl.js';

export interface SettingsFieldsProps {
  readonly form: Form;
  readonly values: Values;
  /** Why a value cannot be saved, by the ids of the fields. */
  readonly problems: Values;
  /** The field that somebody has to look at first. */
  readonly wanted: Field | null;
  readonly onEdit: (id: string, value: unknown) => void;
}

export function SettingsFields({ form, values, problems, wanted, onEdit }: SettingsFieldsProps) {
  const prefix = useId();
  const body = useRef<HTMLDivElement>(null);
  const loose = form.groups.filter((group) => group.label === null);
  const tabs = form.groups.filter((group) => group.label !== null);
  const [chosen, setChosen] = useState('');
  const open = tabs.find((tab) => tab.id === chosen) ?? tabs[0];
  const wantedId = wanted?.id;
  const wantedTab = tabs.find((tab) => tab.fields.some((field) => field.id === wantedId))?.id;
  useEffect(() => {
    if (wantedTab !== undefined) setChosen(wantedTab);
  }, [wantedId, wantedTab]);
  useEffect(() => {
    if (wantedId !== undefined) body.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [wantedId, open?.id]);

  const show = (fields: readonly Field[]): ComponentChildren =>
    fields.map((field) => (
      <FieldRow
        key={`${field.id} ${field.type}`}
        id={`${prefix}-${form.fields.indexOf(field)}`}
        field={field}
        value={values[field.id]}
        problem={typeof problems[field.id] === 'string' ? String(problems[field.id]) : null}
        onEdit={(value) => onEdit(field.id, value)}
      />
    ));
  return (
    <div class="jcs-settings-body" ref={body}>
      {loose.map((group) => show(group.fields))}
      {open !== undefined && (
        <>
          <div
            class="jcs-tabs"
            role="tablist"
            aria-label="Settings"
            onKeyDown={(event) => {
              const next = neighbour(tabs.length, tabs.indexOf(open), event.key);
              const tab = next === null ? undefined : tabs[next];
              if (tab === undefined) return;
              event.preventDefault();
              setChosen(tab.id);
              event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')[next ?? 0]?.focus();
            }}
          >
            {tabs.map((tab, index) => (
              <button
                key={tab.id}
                type="button"
                role="tab"
                id={`${prefix}-tab-${index}`}
                aria-selected={tab === open}
                aria-controls={`${prefix}-panel`}
                tabIndex={tab === open ? 0 : -1}
                onClick={() => setChosen(tab.id)}
              >
                {plainName(tab.label ?? '')}
              </button>
            ))}
          </div>
          <div role="tabpanel" id={`${prefix}-panel`} aria-labelledby={`${prefix}-tab-${tabs.indexOf(open)}`} key={open.id}>
            {show(open.fields)}
          </div>
        </>
      )}
    </div>
  );
}

interface FieldRowProps {
  readonly id: string;
  readonly field: Field;
  readonly value: unknown;
  readonly problem: string | null;
  readonly onEdit: (value: unknown) => void;
}

function FieldRow({ id, field, value, problem, onEdit }: FieldRowProps) {
  const [isTipOpen, setIsTipOpen] = useState(false);
  const label = plainName(field.label);
  const about = [
    field.description === '' ? '' : `${id}-about`,
    isTipOpen ? `${id}-tip` : '',
    problem === null ? '' : `${id}-problem`,
  ].filter((each) => each !== '');
  const describedBy = about.length > 0 ? about.join(' ') : undefined;
  const control = (
    <SettingControl id={id} label={label} field={field} value={value} isWrong={problem !== null} describedBy={describedBy} onEdit={onEdit} />
  );
  const tip = field.tooltip !== '' && (
    <button
      type="button"
      class="jcs-tip"
      aria-label={`About ${label}`}
      aria-expanded={isTipOpen}
      title={field.tooltip}
      onClick={() => setIsTipOpen(!isTipOpen)}
    >
      ?
    </button>
  );
  const more = (
    <>
      {isTipOpen && (
        <p class="jcs-setting-about" id={`${id}-tip`}>
          {field.tooltip}
        </p>
      )}
      {field.description !== '' && (
        <p class="jcs-setting-about" id={`${id}-about`}>
          {field.description}
        </p>
      )}
      {problem !== null && (
        <p class="jcs-refused" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </>
  );
  const isBeside = field.type === 'switch' || field.type === 'checkbox';
  const shape = `jcs-setting ${isBeside ? 'jcs-beside' : ''} ${field.isDisabled ? 'jcs-locked' : ''}`;
  return isGroup(field) ? (
    <fieldset class={shape} disabled={field.isDisabled} aria-describedby={describedBy}>
      <legend>
        {label} {tip}
      </legend>
      {control}
      {more}
    </fieldset>
  ) : (
    <div class={shape}>
      <span class="jcs-setting-label">
        <label htmlFor={id}>{label}</label> {tip}
      </span>
      {control}
      {more}
    </div>
  );
}

/** Which tab a key leads to. */
function neighbour(count: number, here: number, key: string): number | null {
  const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: count - 1 }[key];
  return next === undefined ? null : (next + count) % count;
}
