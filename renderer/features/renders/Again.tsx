/** Another try of a clip beside its figures. */
import type { ClipRender } from '../../../main/host/review-contract.ts';
import { useCommand, useShownKey } from '../../keys/index.ts';
import { renderAgain, useRenders } from '../../stores/renders.ts';
import { AgainFields } from './AgainFields.tsx';
import styles from './Details.module.css';

export function Again({ clip }: { readonly clip: ClipRender }) {
  const kbd = useShownKey('renders.change');
  const pending = useRenders((state) => state.pending > 0);
  useCommand('renders.change', () => document.getElementById('again')?.querySelector('button')?.focus());
  return (
    <section className={styles.section} aria-labelledby="again-title" id="again">
      <h3 id="again-title">Render again with</h3>
      <AgainFields
        clip={clip}
        pending={pending}
        row={styles.row}
        kbd={kbd}
        onAgain={(clipId, changes) => void renderAgain(clipId, changes)}
      />
    </section>
  );
}
