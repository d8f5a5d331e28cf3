/** Another try of a clip, as Renders and Review offer it: motion, renderer, amount, seed, and what that would change. */
import { useState } from 'react';
import type { ClipRender, Rerender } from '../../../main/host/review-contract.ts';
import { type Motion, RENDERER_NAMES, type RendererName } from '../../../pipeline/domain.ts';
import { whyNot } from '../../../pipeline/roles.ts';
import { usePerson } from '../../stores/person.ts';
import { RefreshCw } from '../../ui/icons.ts';
import { Button, Select, Slider, TextField } from '../../ui/index.ts';
import styles from './AgainFields.module.css';
import { inWords, RENDERER_NAMES_SHOWN } from './words.ts';

const MOST_SEED = 2_147_483_647;
type Wish = Pick<ClipRender, 'motion' | 'renderer' | 'amount' | 'seed'>;

/** What differs from what the film asks for; null when nothing does. */
export function changesOf(clip: Wish, wish: Wish): Rerender | null {
  const changes: Rerender = {
    ...(wish.motion === clip.motion ? {} : { motion: wish.motion }),
    ...(wish.renderer === clip.renderer ? {} : { renderer: wish.renderer }),
    ...(wish.amount === clip.amount ? {} : { amount: wish.amount }),
    ...(wish.seed === clip.seed ? {} : { seed: wish.seed }),
  };
  return Object.keys(changes).length === 0 ? null : changes;
}

export interface AgainFieldsProps {
  readonly clip: Wish & { readonly clipId: string; readonly allowedMotions: readonly Motion[] };
  readonly pending: boolean;
  readonly onAgain: (clipId: string, changes: Rerender) => void;
  /** Class of the row that the button stands in, and its key. */
  readonly row: string | undefined;
  readonly kbd?: string | undefined;
}

export function AgainFields({ clip, pending, onAgain, row, kbd }: AgainFieldsProps) {
  const [motion, setMotion] = useState<Motion>(clip.motion);
  const [renderer, setRenderer] = useState<RendererName>(clip.renderer);
  const [amount, setAmount] = useState(clip.amount);
  const [seedText, setSeedText] = useState(String(clip.seed));
  const person = usePerson((state) => state.person);
  const seed = /^\d{1,10}$/.test(seedText.trim()) ? Number(seedText) : Number.NaN;
  const seedFails = !(seed <= MOST_SEED);
  const changes = seedFails ? null : changesOf(clip, { motion, renderer, amount, seed });
  const editsFilm = changes !== null && Object.keys(changes).some((name) => name !== 'seed');
  const activity = editsFilm ? 'edit the film' : 'render clips';
  const hindered = person === null ? null : whyNot(person.role, activity, person.team);
  const motions = clip.allowedMotions.includes(clip.motion)
    ? clip.allowedMotions
    : [clip.motion, ...clip.allowedMotions];
  // LTX needs a machine with a graphics processor: offered where the film asks for it already.
  const renderers = RENDERER_NAMES.filter((name) => name !== 'ltx' || clip.renderer === 'ltx');
  return (
    <>
      <div className={styles.field}>
        <span>Motion</span>
        <Select
          label="Motion"
          value={motion}
          options={motions.map((name) => ({ value: name, label: inWords(name) }))}
          onChange={setMotion}
        />
      </div>
      <div className={styles.field}>
        <span>Renderer</span>
        <Select
          label="Renderer"
          value={renderer}
          options={renderers.map((name) => ({ value: name, label: RENDERER_NAMES_SHOWN[name] }))}
          onChange={setRenderer}
        />
      </div>
      <div className={styles.field}>
        <span>Amount</span>
        <span className={styles.slider}>
          <Slider
            label="Amount of motion"
            value={amount}
            min={0}
            max={1}
            step={0.05}
            valueText={(value) => value.toFixed(2)}
            onChange={(value) => setAmount(Math.round(value * 100) / 100)}
          />
          <span>{amount.toFixed(2)}</span>
        </span>
      </div>
      <div className={styles.field}>
        <span>Seed</span>
        <span className={styles.seed}>
          <TextField
            label="Seed"
            hideLabel
            inputMode="numeric"
            value={seedText}
            onChange={setSeedText}
            error={seedFails ? `A whole number up to ${MOST_SEED}.` : undefined}
          />
          <Button onClick={() => setSeedText(String((clip.seed + 1 + Math.floor(Math.random() * 9_998)) % MOST_SEED))}>
            Another
          </Button>
        </span>
      </div>
      <div className={row}>
        <Button
          kbd={kbd}
          icon={<RefreshCw size={14} aria-hidden="true" />}
          disabled={changes === null || pending || hindered !== null}
          onClick={() => changes !== null && onAgain(clip.clipId, changes)}
        >
          Render again
        </Button>
      </div>
      <p className={styles.quiet}>
        {changes === null
          ? 'Change something: the same settings give the same frames.'
          : (hindered ??
            (editsFilm
              ? 'This changes the film, too: one step of undo on the timeline. The new take is to be reviewed.'
              : 'The film stays as it is. The new take is to be reviewed.'))}
      </p>
    </>
  );
}
