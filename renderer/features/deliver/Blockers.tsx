/** What stands in the way, each with the way to it. */
import type { Blocker } from '../../../main/host/review-contract.ts';
import { whyNot } from '../../../pipeline/roles.ts';
import { useCommand } from '../../keys/index.ts';
import { usePerson } from '../../stores/person.ts';
import { clipHref } from '../../stores/renders-links.ts';
import { ChevronRight, CircleAlert, CircleCheck, CircleX, Info, User } from '../../ui/icons.ts';
import styles from './Deliver.module.css';
import { Section } from './parts.tsx';
import { gateOf, placeOf } from './words.ts';

export interface BlockersProps {
  readonly listingId: string;
  readonly blockers: readonly Blocker[];
  /** What nobody should be surprised by afterwards. */
  readonly cautions: readonly string[];
}

export function Blockers({ listingId, blockers, cautions }: BlockersProps) {
  const refusal = usePerson(({ person }) =>
    person === null ? null : whyNot(person.role, 'deliver films', person.team),
  );
  useCommand('deliver.blocker', () => document.querySelector<HTMLElement>('[data-blocker]')?.focus(), {
    enabled: blockers.length > 0,
  });
  const gate = gateOf({ blockers });
  const soft = gate.state === 'override';
  return (
    <Section
      title={
        gate.state === 'open' ? (
          <span className={styles.ready}>
            <CircleCheck size={16} aria-hidden="true" />
            {gate.words}
          </span>
        ) : (
          gate.words
        )
      }
      about={
        soft ? 'A producer can deliver all the same, with a name and a reason that stand in the provenance.' : undefined
      }
    >
      {refusal !== null && (
        <p className={styles.role}>
          <User size={14} aria-hidden="true" />
          {refusal}
        </p>
      )}
      {blockers.length > 0 && (
        <ul className={styles.blockers}>
          {blockers.map((blocker, at) => {
            const { screen, verb } = placeOf(blocker);
            const hard = blocker.kind !== 'unapproved';
            return (
              // One clip may stand in the way for two reasons: the place tells them apart.
              // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced whole and keeps no state
              <li key={`${blocker.kind} ${blocker.clipId ?? ''} ${at}`}>
                <a className={styles.blocker} data-blocker href={clipHref(listingId, screen, blocker.clipId)}>
                  {hard ? (
                    <CircleX size={14} className={styles.fail} aria-hidden="true" />
                  ) : (
                    <CircleAlert size={14} className={styles.attention} aria-hidden="true" />
                  )}
                  <span className={styles.sentence}>{blocker.sentence}</span>
                  <span className={styles.verb}>
                    {verb}
                    <ChevronRight size={14} aria-hidden="true" />
                  </span>
                </a>
              </li>
            );
          })}
        </ul>
      )}
      {cautions.length > 0 && (
        <ul className={styles.cautions} aria-label="To know before">
          {cautions.map((caution) => (
            <li key={caution} className={styles.caution}>
              <Info size={14} aria-hidden="true" />
              {caution}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
