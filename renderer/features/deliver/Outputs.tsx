/** The films that are made: shape, size and rate of each. */
import type { DeliveryOutput } from '../../../main/host/review-contract.ts';
import { FRAME_SHAPES, type FrameShape } from '../../../main/host/timeline-contract.ts';
import { useCommand, useShownKey } from '../../keys/index.ts';
import { changeDelivery, useDelivery } from '../../stores/delivery.ts';
import { ChevronDown, Plus, X } from '../../ui/icons.ts';
import { Button, DropdownMenu, IconButton, Segmented, Select } from '../../ui/index.ts';
import styles from './Deliver.module.css';
import { Section, Shape } from './parts.tsx';
import { nextOutput, outputWords, PRESETS, repeated, SHAPE_USE, SHAPE_WORDS, sizeOf } from './words.ts';

/** As many as the host takes. */
const MOST = 12;
const RATES = ['24', '25', '30', '60'] as const;
const NONE: readonly DeliveryOutput[] = [];

const set = (outputs: readonly DeliveryOutput[]): void => changeDelivery('Outputs', { outputs: [...outputs] });

export function Outputs() {
  const outputs = useDelivery((state) => state.settings?.outputs ?? NONE);
  const kbd = useShownKey('deliver.addOutput');
  const twice = repeated(outputs);
  const add = (): void => set([...outputs, nextOutput(outputs)]);
  useCommand('deliver.addOutput', add, { enabled: outputs.length < MOST });
  const change = (at: number, next: DeliveryOutput): void => set(outputs.with(at, next));
  return (
    <Section
      title={outputs.length === 1 ? 'One film' : `${outputs.length} films`}
      aside={
        <>
          <DropdownMenu
            align="end"
            trigger={
              <Button variant="ghost">
                Presets
                <ChevronDown size={14} aria-hidden="true" />
              </Button>
            }
            entries={PRESETS.map(({ name, note, outputs: wished }) => ({
              label: `${name}: ${note}`,
              onSelect: () => set(wished),
            }))}
          />
          <Button
            kbd={kbd}
            disabled={outputs.length >= MOST}
            icon={<Plus size={14} aria-hidden="true" />}
            onClick={add}
          >
            Add
          </Button>
        </>
      }
    >
      <ul className={styles.outputs}>
        {outputs.map((output, at) => {
          const { width, height } = sizeOf(output);
          const name = outputWords(output);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; two may be equal while one is changed
            <li key={at} className={styles.output}>
              <Shape shape={output.shape} />
              <Select<FrameShape>
                label={`Shape of film ${at + 1}`}
                value={output.shape}
                options={FRAME_SHAPES.map((shape) => ({
                  value: shape,
                  label: SHAPE_WORDS[shape],
                  note: SHAPE_USE[shape],
                }))}
                onChange={(shape) => change(at, { ...output, shape })}
              />
              <Segmented
                label={`Resolution of film ${at + 1}`}
                value={output.resolution}
                options={[
                  { value: '1080p', label: '1080p' },
                  { value: '4k', label: '4K' },
                ]}
                onChange={(resolution) => change(at, { ...output, resolution })}
              />
              <Select
                label={`Frames a second of film ${at + 1}`}
                value={String(output.fps)}
                options={RATES.map((rate) => ({ value: rate, label: `${rate} fps` }))}
                onChange={(rate) => {
                  const fps = ([24, 25, 30, 60] as const).find((one) => String(one) === rate);
                  if (fps !== undefined) change(at, { ...output, fps });
                }}
              />
              <span className={styles.size}>
                {width} × {height}
              </span>
              <IconButton
                label={`Leave out ${name}`}
                disabled={outputs.length === 1}
                icon={<X size={14} aria-hidden="true" />}
                onClick={() => set(outputs.toSpliced(at, 1))}
              />
              {twice.has(at) && <p className={styles.twice}>This film stands above already. Change or remove it.</p>}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
