/** A delivered film, played from its file. */
import { useState } from 'react';
import { type DeliveredFilm, deliveredUrl } from '../../../main/host/review-contract.ts';
import { Dialog } from '../../ui/index.ts';
import styles from './Deliveries.module.css';
import { outputWords } from './words.ts';

export interface WatchProps {
  readonly watched: { readonly deliveryId: string; readonly film: DeliveredFilm } | null;
  readonly onClose: () => void;
}

export function Watch({ watched, onClose }: WatchProps) {
  const [broken, setBroken] = useState('');
  const src = watched === null ? '' : deliveredUrl(watched.deliveryId, watched.film.name);
  return (
    <Dialog
      open={watched !== null}
      onOpenChange={(open) => !open && onClose()}
      title={watched?.film.name ?? ''}
      about={watched === null ? '' : outputWords(watched.film.output)}
      size="wide"
    >
      {watched !== null && (
        <div className={styles.watch}>
          {broken === src ? (
            <p className={styles.error} role="alert">
              The film cannot be played from its folder. Look whether it is still there.
            </p>
          ) : (
            // biome-ignore lint/a11y/useMediaCaption: its titles stand in the picture, and nobody wrote down what a voice-over says
            <video
              key={src}
              src={src}
              poster={deliveredUrl(watched.deliveryId, 'poster.jpg')}
              controls
              autoPlay
              playsInline
              onError={() => setBroken(src)}
            />
          )}
        </div>
      )}
    </Dialog>
  );
}
