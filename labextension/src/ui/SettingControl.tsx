/** What one changes a setting with: one control for each kind of field. */

import { useEffect, useRef, useState } from 'preact/hooks';

import { MAX_TEXT } from '../frames.js';
import { plainName } from '../markdown.js';
import type { Field, FieldOf } from '../settings.js';
import { TagsControl } from './TagsControl.js';

export interface ControlProps<Shown extends Field = Field> {
  readonly id: string;
  readonly label: string;
  readonly field: Shown;
  readonly value: unknown;
  readonly isWrong: boolean;
  readonly describedBy: string | undefined;
  readonly onEdit: (value: unknown) => void;
}

/** Whether a field has several controls, which its label is a heading for. */
export function isGroup(field: Field): boolean {
  return field.type === 'radio' || field.type === 'multiselect' || (field.type === 'datepicker' && field.isRange);
}

export function SettingControl(props: ControlProps) {
  const { field } = props;
  switch (field.type) {
    case 'switch':
      return <SwitchControl {...props} />;
    case 'checkbox':
      return (
        <input
          type="checkbox"
          {...common(props)}
          checked={props.value === true}
          onChange={(event) => props.onEdit(event.currentTarget.checked)}
        />
      );
    case 'slider':
      return <SliderControl {...props} field={field} />;
    case 'numberinput':
      return <NumberControl {...props} placeholder={field.placeholder} />;
    case 'textinput':
      return <TextControl {...props} field={field} />;
    case 'select':
      return <SelectControl {...props} field={field} />;
    case 'radio':
      return <RadioControl {...props} field={field} />;
    case 'multiselect':
      return <ManyControl {...props} field={field} />;
    case 'tags':
      return <TagsControl {...props} />;
    case 'datepicker':
      return field.isRange ? <DatesControl {...props} field={field} /> : <DateControl {...props} field={field} />;
  }
}

function common({ id, field, describedBy, isWrong }: ControlProps) {
  return { id, disabled: field.isDisabled, 'aria-describedby': describedBy, 'aria-invalid': isWrong };
}

function SwitchControl({ id, field, value, describedBy, onEdit }: ControlProps) {
  return (
    <button
      type="button"
      role="switch"
      class="jcs-switch"
      id={id}
      disabled={field.isDisabled}
      aria-describedby={describedBy}
      aria-checked={value === true}
      onClick={() => onEdit(value !== true)}
    />
  );
}

function SliderControl(props: ControlProps<FieldOf<'slider'>>) {
  const { field, value, label, onEdit } = props;
  const { min, max, step } = field;
  return (
    <span class="jcs-slider">
      <input
        type="range"
        {...common(props)}
        min={min}
        max={max}
        step={step}
        value={typeof value === 'number' ? value : min}
        onInput={(event) => onEdit(event.currentTarget.valueAsNumber)}
      />
      <NumberControl {...props} id={`${props.id}-number`} name={`${label}, as a number`} bounds={{ min, max, step }} placeholder="" />
    </span>
  );
}

interface NumberProps extends ControlProps {
  readonly placeholder: string;
  /** Where no label says it. */
  readonly name?: string;
  readonly bounds?: { readonly min: number; readonly max: number; readonly step: number };
}

/** Keeps what is typed as it is typed: `1.` is no number yet, and must not become `1` under the cursor. */
function NumberControl(props: NumberProps) {
  const { value, placeholder, name, bounds, onEdit } = props;
  const [text, setText] = useState(written(value));
  const typed = useRef(value);
  useEffect(() => {
    if (typed.current !== value) setText(written(value));
    typed.current = value;
  }, [value]);
  return (
    <input
      type="number"
      {...common(props)}
      {...(name === undefined ? {} : { 'aria-label': name })}
      {...(bounds ?? { step: 'any' })}
      placeholder={placeholder}
      value={text}
      onInput={(event) => {
        const { valueAsNumber } = event.currentTarget;
        setText(event.currentTarget.value);
        typed.current = Number.isNaN(valueAsNumber) ? null : valueAsNumber;
        onEdit(typed.current);
      }}
    />
  );
}

function written(value: unknown): string {
  return typeof value === 'number' ? String(value) : '';
}

function TextControl(props: ControlProps<FieldOf<'textinput'>>) {
  const { field, value, onEdit } = props;
  const shared = {
    ...common(props),
    placeholder: field.placeholder,
    maxLength: MAX_TEXT,
    value: typeof value === 'string' ? value : '',
    onInput: (event: { currentTarget: { value: string } }) => onEdit(event.currentTarget.value === '' ? null : event.currentTarget.value),
  };
  return field.isMultiline ? <textarea rows={4} {...shared} /> : <input type="text" {...shared} />;
}

function SelectControl(props: ControlProps<FieldOf<'select' | 'radio' | 'multiselect'>>) {
  const { field, value, onEdit } = props;
  const chosen = field.choices.findIndex((choice) => choice.value === value);
  return (
    <select {...common(props)} value={String(chosen)} onChange={(event) => onEdit(field.choices[Number(event.currentTarget.value)]?.value ?? null)}>
      {(field.initial === null || chosen < 0) && <option value="-1">Nothing chosen</option>}
      {field.choices.map((choice, index) => (
        <option key={choice.value} value={String(index)}>
          {plainName(choice.label)}
        </option>
      ))}
    </select>
  );
}

function RadioControl(props: ControlProps<FieldOf<'select' | 'radio' | 'multiselect'>>) {
  const { id, field, value, onEdit } = props;
  return (
    <>
      {field.choices.map((choice) => (
        <label key={choice.value} class="jcs-choice">
          <input type="radio" name={id} checked={choice.value === value} onChange={() => onEdit(choice.value)} />
          <span>{plainName(choice.label)}</span>
        </label>
      ))}
    </>
  );
}

function ManyControl(props: ControlProps<FieldOf<'select' | 'radio' | 'multiselect'>>) {
  const { field, value, onEdit } = props;
  const chosen: readonly unknown[] = Array.isArray(value) ? value : [];
  const toggle = (toggled: string, isOn: boolean): void =>
    onEdit(field.choices.map((choice) => choice.value).filter((each) => (each === toggled ? isOn : chosen.includes(each))));
  return (
    <div class="jcs-many">
      {field.choices.map((choice) => (
        <label key={choice.value} class="jcs-choice">
          <input
            type="checkbox"
            checked={chosen.includes(choice.value)}
            onChange={(event) => toggle(choice.value, event.currentTarget.checked)}
          />
          <span>{plainName(choice.label)}</span>
        </label>
      ))}
    </div>
  );
}

function DateControl(props: ControlProps<FieldOf<'datepicker'>>) {
  const { field, value, onEdit } = props;
  return (
    <input
      type="date"
      {...common(props)}
      min={field.min === '' ? undefined : field.min}
      max={field.max === '' ? undefined : field.max}
      value={typeof value === 'string' ? value : ''}
      onInput={(event) => onEdit(event.currentTarget.value === '' ? null : event.currentTarget.value)}
    />
  );
}

function DatesControl(props: ControlProps<FieldOf<'datepicker'>>) {
  const dates: readonly unknown[] = Array.isArray(props.value) ? (props.value as unknown[]) : ['', ''];
  const [first, last] = dates;
  const edit = (edited: readonly unknown[]): void =>
    props.onEdit(edited.every((date) => date === null || date === '') ? null : edited.map((date) => date ?? ''));
  return (
    <span class="jcs-dates">
      <label>
        <span>From</span>
        <DateControl {...props} id={`${props.id}-from`} value={first} onEdit={(date) => edit([date, last])} />
      </label>
      <label>
        <span>To</span>
        <DateControl {...props} id={`${props.id}-to`} value={last} onEdit={(date) => edit([first, date])} />
      </label>
    </span>
  );
}
