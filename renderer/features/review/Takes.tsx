/** The takes of the clip: which one is looked at, which one the film shows, and another try. */
import { useState } from 'react';
import type { ReviewClip, TakeView } from '../../../main/host/review-contract.ts';
import { type Motion, RENDERER_NAMES, type RendererName } from '../../../pipeline/domain.ts';
import { runCommand, useShownKey } from '../../keys/index.ts';
import { usePerson } from '../../stores/person.ts';
import { lookAtTake, renderClip, renderTakeAgain, useReview } from '../../stores/review.ts';
import { RefreshCw } from '../../ui/icons.ts';
import { Button, Chip, cx, Select, Slider, TextField } from '../../ui/index.ts';
import { changesOf } from '../renders/Again.tsx';
import { inWords, RENDERER_NAMES_SHOWN, whenWords } from '../renders/words.ts';
import styles from './Panel.module.css';
import { forbidden } from './words.ts';

const MOST_SEED = 2_147_483_647;

export function Takes({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView | null }) {
  const kbd = useShownKey('review.choose');
  const person = usePerson((state) => state.person);
  const pending = useReview((state) => state.pending > 0);
  const why = forbidden(person, 'render clips');
  return (
    <section className={styles.section} aria-labelledby="takes-title">
      <h3 id="takes-title">Takes</h3>
      {clip.takes.length === 0 && (
        <>
          <p className={styles.quiet}>Nothing is rendered of this clip yet.</p>
          <div className={styles.row}>
            <Button
              disabled={why !== null || pending || clip.state === 'queued' || clip.state === 'rendering'}
              onClick={() => void renderClip(clip.clipId)}
            >
              {clip.state === 'queued' ? 'Queued' : clip.state === 'rendering' ? 'Rendering' : 'Render it'}
            </Button>
          </div>
        </>
      )}
      <ul className={styles.items}>
        {clip.takes.toReversed().map((one) => (
          <li key={one.specHash}>
            <button
              type="button"
              className={cx(styles.item, styles.take, one.specHash === take?.specHash && styles.on)}
              aria-pressed={one.specHash === take?.specHash}
              onClick={() => lookAtTake(one.specHash)}
            >
              <span className={styles.itemWords}>
                <span className={styles.takeTop}>
                  <b>Take {one.number}</b>
                  {one.current && (
                    <Chip tone="you" icon={null}>
                      In the film
                    </Chip>
                  )}
                  <Chip tone={one.verdict}>{one.validationScore.toFixed(2)}</Chip>
                  {one.file !== 'present' && (
                    <Chip tone="fail">{one.file === 'missing' ? 'File missing' : 'File altered'}</Chip>
                  )}
                </span>
                <span className={styles.quiet}>
                  {inWords(one.motion)} · {RENDERER_NAMES_SHOWN[one.renderer]} · amount {one.amount.toFixed(2)} · seed{' '}
                  {one.seed} · {whenWords(one.at)}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {take !== null && !take.current && (
        <div className={styles.row}>
          <Button
            kbd={kbd}
            disabled={why !== null || pending || take.file !== 'present'}
            {...(why === null ? {} : { title: why })}
            onClick={() => runCommand('review.choose')}
          >
            Put take {take.number} in the film
          </Button>
        </div>
      )}
      <Again
        key={`${clip.clipId} ${clip.motion} ${clip.renderer} ${clip.amount} ${clip.seed}`}
        clip={clip}
        why={why}
        pending={pending}
      />
    </section>
  );
}

function Again({
  clip,
  why,
  pending,
}: {
  readonly clip: ReviewClip;
  readonly why: string | null;
  readonly pending: boolean;
}) {
  const [motion, setMotion] = useState<Motion>(clip.motion);
  const [renderer, setRenderer] = useState<RendererName>(clip.renderer);
  const [amount, setAmount] = useState(clip.amount);
  const [seedText, setSeedText] = useState(String(clip.seed));
  const person = usePerson((state) => state.person);
  const seed = /^\d{1,10}$/.test(seedText.trim()) ? Number(seedText) : Number.NaN;
  const seedFails = !(seed <= MOST_SEED);
  const changes = seedFails ? null : changesOf(clip, { motion, renderer, amount, seed });
  const editsFilm = changes !== null && Object.keys(changes).some((name) => name !== 'seed');
  const hindered = why ?? (editsFilm ? forbidden(person, 'edit the film') : null);
  const motions = clip.allowedMotions.includes(clip.motion)
    ? clip.allowedMotions
    : [clip.motion, ...clip.allowedMotions];
  const renderers = RENDERER_NAMES.filter((name) => name !== 'ltx' || clip.renderer === 'ltx');
  return (
    <fieldset className={styles.again} id="review-again" aria-label="Render again with">
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
        <TextField
          label="Seed"
          hideLabel
          inputMode="numeric"
          value={seedText}
          onChange={setSeedText}
          error={seedFails ? `A whole number up to ${MOST_SEED}.` : undefined}
        />
      </div>
      <div className={styles.row}>
        <Button
          icon={<RefreshCw size={14} aria-hidden="true" />}
          disabled={changes === null || pending || hindered !== null}
          onClick={() => changes !== null && void renderTakeAgain(clip.clipId, changes)}
        >
          Render again
        </Button>
      </div>
      <p className={styles.quiet}>
        {hindered ??
          (changes === null
            ? 'Change something: the same settings give the same frames.'
            : editsFilm
              ? 'This changes the film, too: one step of undo on the timeline. The new take is to be reviewed.'
              : 'The film stays as it is. The new take is to be reviewed.')}
      </p>
    </fieldset>
  );
}
