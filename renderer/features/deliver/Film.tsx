/** One film of a delivery: how far it is, then every check line by line. */
import { useId, useState } from 'react';
import type { DeliveredFilm } from '../../../main/host/review-contract.ts';
import { Check, ChevronRight, CircleX, Play } from '../../ui/icons.ts';
import { Button, Chip, cx, ProgressBar } from '../../ui/index.ts';
import { inWords, spentWords } from '../renders/words.ts';
import { formatBytes } from '../settings/format.ts';
import styles from './Deliveries.module.css';
import { Shape } from './parts.tsx';
import { checksWords, copiedWords, FILM_STATES, outputWords, withMinus } from './words.ts';

export interface FilmProps {
  readonly film: DeliveredFilm;
  readonly open: boolean;
  /** The folder is there. */
  readonly there: boolean;
  readonly onWatch: () => void;
}

export function Film({ film, open, there, onWatch }: FilmProps) {
  const failed = film.verification.some((line) => !line.pass);
  const [shown, setShown] = useState<boolean | null>(null);
  const id = useId();
  // What failed is not to be looked for.
  const unfolded = shown ?? (open || failed);
  const state = FILM_STATES[film.state];
  const facts = [
    film.bytes === null ? '' : formatBytes(film.bytes),
    film.seconds === null ? '' : `${spentWords(film.seconds)} long`,
    copiedWords(film),
  ].filter((fact) => fact !== '');
  return (
    <li className={styles.film} data-state={film.state}>
      <div className={styles.filmTop}>
        <Shape shape={film.output.shape} />
        <span className={styles.filmName}>
          <b>{film.name}</b>
          <span className={styles.quiet}>{outputWords(film.output)}</span>
        </span>
        <Chip tone={state.tone}>{state.words}</Chip>
        {film.state === 'done' && (
          <Button
            icon={<Play size={14} aria-hidden="true" />}
            disabled={!there}
            aria-label={`Play ${film.name}`}
            onClick={onWatch}
          >
            Play
          </Button>
        )}
      </div>
      {film.state === 'running' && (
        <ProgressBar
          fraction={film.progress?.fraction ?? null}
          sentence={film.progress?.sentence ?? 'At work'}
          secondsLeft={film.progress?.secondsLeft ?? null}
        />
      )}
      {film.error !== null && (
        <p className={styles.error} role="alert">
          {film.error.message}
        </p>
      )}
      {facts.length > 0 && <p className={styles.quiet}>{facts.join(' · ')}</p>}
      {film.notes.map((note) => (
        <p key={note} className={styles.quiet}>
          {note}
        </p>
      ))}
      {film.verification.length > 0 && (
        <>
          <button
            type="button"
            className={styles.checks}
            aria-expanded={unfolded}
            aria-controls={id}
            onClick={() => setShown(!unfolded)}
          >
            <ChevronRight size={14} aria-hidden="true" />
            {failed ? (
              <CircleX size={14} className={styles.fail} aria-hidden="true" />
            ) : (
              <Check size={14} className={styles.pass} aria-hidden="true" />
            )}
            {checksWords(film)}
          </button>
          {unfolded && (
            <div id={id} className={styles.tableBox}>
              <table className={styles.table}>
                <thead>
                  <tr>
                    <th scope="col">Check</th>
                    <th scope="col">Expected</th>
                    <th scope="col">Measured</th>
                    <th scope="col">Result</th>
                  </tr>
                </thead>
                <tbody>
                  {film.verification.map((line) => (
                    <tr key={line.name}>
                      <th scope="row">{inWords(line.name)}</th>
                      <td>{withMinus(line.expected)}</td>
                      <td>{withMinus(line.measured)}</td>
                      <td className={cx(styles.result, line.pass ? styles.pass : styles.fail)}>
                        {line.pass ? <Check size={12} aria-hidden="true" /> : <CircleX size={12} aria-hidden="true" />}
                        {line.pass ? 'pass' : 'fail'}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </>
      )}
    </li>
  );
}
