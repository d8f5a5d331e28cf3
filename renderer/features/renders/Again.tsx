/** Another try of a clip: another motion, renderer, amount or seed, then it is queued. */
import { useState } from 'react';
import type { ClipRender, Rerender } from '../../../main/host/review-contract.ts';
import { type Motion, RENDERER_NAMES, type RendererName } from '../../../pipeline/domain.ts';
import { mayDo } from '../../../pipeline/roles.ts';
import { useCommand, useShownKey } from '../../keys/index.ts';
import { useMay, usePerson } from '../../stores/person.ts';
import { renderAgain, useRenders } from '../../stores/renders.ts';
import { RefreshCw } from '../../ui/icons.ts';
import { Button, Select, Slider, TextField } from '../../ui/index.ts';
import styles from './Details.module.css';
import { inWords, RENDERER_NAMES_SHOWN } from './words.ts';

const MAX_SEED = 2_147_483_647;

/** What differs from what the film asks for; null when nothing does. */
export function changesOf(
  clip: Pick<ClipRender, 'motion' | 'renderer' | 'amount' | 'seed'>,
  wish: { readonly motion: Motion; readonly renderer: RendererName; readonly amount: number; readonly seed: number },
): Rerender | null {
  const changes: Rerender = {
    ...(wish.motion === clip.motion ? {} : { motion: wish.motion }),
    ...(wish.renderer === clip.renderer ? {} : { renderer: wish.renderer }),
    ...(wish.amount === clip.amount ? {} : { amount: wish.amount }),
    ...(wish.seed === clip.seed ? {} : { seed: wish.seed }),
  };
  return Object.keys(changes).length === 0 ? null : changes;
}

export function Again({ clip }: { readonly clip: ClipRender }) {
  const [motion, setMotion] = useState(clip.motion);
  const [renderer, setRenderer] = useState(clip.renderer);
  const [amount, setAmount] = useState(clip.amount);
  const [seedText, setSeedText] = useState(String(clip.seed));
  const kbd = useShownKey('renders.change');
  const pending = useRenders((state) => state.pending > 0);
  const role = usePerson(({ person }) => person?.role ?? null);
  const mayRender = useMay('render clips');
  const seed = /^\d{1,10}$/.test(seedText.trim()) ? Number(seedText) : Number.NaN;
  const seedFails = !(seed <= MAX_SEED);
  const changes = seedFails ? null : changesOf(clip, { motion, renderer, amount, seed });
  const editsFilm = changes !== null && Object.keys(changes).some((name) => name !== 'seed');
  const mayEdit = role === null || mayDo(role, 'edit the film');
  useCommand('renders.change', () => document.getElementById('again')?.querySelector('button')?.focus());
  const motions = clip.allowedMotions.includes(clip.motion)
    ? clip.allowedMotions
    : [clip.motion, ...clip.allowedMotions];
  // LTX needs a machine with a graphics processor: offered where the film asks for it already.
  const renderers = RENDERER_NAMES.filter((name) => name !== 'ltx' || clip.renderer === 'ltx');
  return (
    <section className={styles.section} aria-labelledby="again-title" id="again">
      <h3 id="again-title">Render again with</h3>
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
            error={seedFails ? `A whole number up to ${MAX_SEED}.` : undefined}
          />
          <Button onClick={() => setSeedText(String((clip.seed + 1 + Math.floor(Math.random() * 9_998)) % MAX_SEED))}>
            Another
          </Button>
        </span>
      </div>
      <div className={styles.row}>
        <Button
          kbd={kbd}
          icon={<RefreshCw size={14} aria-hidden="true" />}
          disabled={changes === null || pending || !mayRender || (editsFilm && !mayEdit)}
          onClick={() => changes !== null && void renderAgain(clip.clipId, changes)}
        >
          Render again
        </Button>
      </div>
      <p className={styles.quiet}>
        {changes === null
          ? 'Change something: the same settings give the same frames.'
          : editsFilm && !mayEdit
            ? `As ${role ?? 'reviewer'} you may try another seed; motion, renderer and amount change the film.`
            : editsFilm
              ? 'This changes the film, too: one step of undo on the timeline. The new take is to be reviewed.'
              : 'The film stays as it is. The new take is to be reviewed.'}
      </p>
    </section>
  );
}
