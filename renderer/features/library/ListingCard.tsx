import { memo, useState } from 'react';
import { type ListingCard as Card, mediaUrl } from '../../../main/host/contract.ts';
import { activeTaskOf, useTasks } from '../../stores/tasks.ts';
import { FolderSearch, ImageOff, Images, Pause, Play, RotateCcw, TriangleAlert, X } from '../../ui/icons.ts';
import { Chip, cx, ProgressBar } from '../../ui/index.ts';
import styles from './ListingCard.module.css';
import { NameField } from './NameField.tsx';
import { PhaseSteps } from './PhaseSteps.tsx';
import { cardLabel, phaseView, photosText, shortFolder, troubleOf, workOf } from './phases.ts';

/** Pixels; fixed, so that 500 cards are laid out by arithmetic. Matches ListingCard.module.css. */
export const CARD_HEIGHT = 288;

export type CardAction = 'open' | 'menu' | 'retry' | 'locate' | 'pause' | 'resume' | 'cancel';

export interface ListingCardProps {
  readonly card: Card;
  readonly domId: string;
  /** 1-based, for a screen reader. */
  readonly column: number;
  readonly selected: boolean;
  readonly active: boolean;
  readonly renaming: boolean;
}

/**
 * One listing. Buttons carry `data-action`; the grid listens once for all cards, so a card holds no handlers and is
 * drawn again only when itself, its selection or its task changes.
 */
export const ListingCard = memo(function ListingCard(props: ListingCardProps) {
  const { card, domId, column, selected, active, renaming } = props;
  const task = useTasks(activeTaskOf(card.id)) ?? workOf(card);
  const view = phaseView(card, task);
  const trouble = task === null ? troubleOf(card) : null;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus and names this cell as the active one
    // biome-ignore lint/a11y/useSemanticElements: a cell of the grid, which is no table
    <div
      id={domId}
      role="gridcell"
      aria-colindex={column}
      aria-selected={selected}
      aria-label={cardLabel(card, view)}
      data-card={card.id}
      className={cx(
        styles.card,
        selected && styles.selected,
        active && styles.active,
        card.archived && styles.archived,
        trouble !== null && styles.troubled,
      )}
    >
      <div className={styles.poster}>
        <Poster card={card} />
        {card.archived && (
          <span className={styles.corner}>
            <Chip icon={null}>Archived</Chip>
          </span>
        )}
        {trouble !== null && (
          <div className={styles.trouble}>
            <strong>
              <TriangleAlert size={14} aria-hidden="true" />
              {trouble.title}
            </strong>
            <p title={trouble.detail}>{trouble.detail}</p>
            <span className={styles.ways}>
              {trouble.waysOn.map((way) => (
                <button key={way} type="button" className={styles.onPhoto} data-action={way}>
                  {way === 'retry' ? (
                    <RotateCcw size={12} aria-hidden="true" />
                  ) : (
                    <FolderSearch size={12} aria-hidden="true" />
                  )}
                  {way === 'retry' ? 'Try again' : 'Locate folder…'}
                </button>
              ))}
            </span>
          </div>
        )}
        {trouble === null && (
          <button type="button" className={cx(styles.onPhoto, styles.open)} data-action="open" tabIndex={-1}>
            Open
          </button>
        )}
      </div>
      <div className={styles.body}>
        <div className={styles.head}>
          {renaming ? (
            <NameField id={card.id} name={card.name} />
          ) : (
            <span className={styles.name} title={card.name}>
              {card.name}
            </span>
          )}
          <button
            type="button"
            className={styles.tool}
            data-action="menu"
            tabIndex={-1}
            aria-label={`Actions for ${card.name}`}
            title="Actions"
          >
            <span aria-hidden="true">⋯</span>
          </button>
        </div>
        <div className={styles.about} title={card.folder}>
          {photosText(card)}
          <span className={styles.folder}>{shortFolder(card.folder)}</span>
        </div>
        {task === null ? (
          <div className={styles.foot}>
            <PhaseSteps view={view} />
            {card.attentionCount > 0 && (
              <Chip tone="attention">
                {card.attentionCount} {card.attentionCount === 1 ? 'needs' : 'need'} attention
              </Chip>
            )}
          </div>
        ) : (
          <div className={styles.work}>
            <ProgressBar
              fraction={task.fraction}
              sentence={task.state === 'running' ? task.sentence : view.words}
              secondsLeft={task.state === 'running' ? task.secondsLeft : null}
            />
            <span className={styles.workTools}>
              <button
                type="button"
                className={styles.tool}
                data-action={task.state === 'paused' ? 'resume' : 'pause'}
                aria-label={task.state === 'paused' ? 'Go on with the analysis' : 'Pause the analysis'}
                title={task.state === 'paused' ? 'Go on' : 'Pause'}
              >
                {task.state === 'paused' ? (
                  <Play size={14} aria-hidden="true" />
                ) : (
                  <Pause size={14} aria-hidden="true" />
                )}
              </button>
              <button
                type="button"
                className={styles.tool}
                data-action="cancel"
                aria-label="Cancel the analysis"
                title="Cancel; what is finished is kept"
              >
                <X size={14} aria-hidden="true" />
              </button>
            </span>
          </div>
        )}
      </div>
    </div>
  );
});

/** 320 px proxy at a fixed place, decoded off the main thread; without one, what is known instead. */
function Poster({ card }: { readonly card: Card }) {
  const [broken, setBroken] = useState<string | null>(null);
  const photo = card.posterPhotoId;
  if (photo === null || broken === photo)
    return (
      <span className={styles.noPoster}>
        {photo === null ? (
          <Images size={24} strokeWidth={1.25} aria-hidden="true" />
        ) : (
          <ImageOff size={24} strokeWidth={1.25} aria-hidden="true" />
        )}
      </span>
    );
  return (
    <img
      src={mediaUrl(card.id, photo, '320')}
      alt=""
      width={320}
      height={213}
      decoding="async"
      draggable={false}
      onError={() => setBroken(photo)}
    />
  );
}
