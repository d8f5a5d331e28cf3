import { Button, Dialog } from '../../ui/index.ts';
import { useAdding } from './add.ts';
import styles from './Library.module.css';

/** Folders that no listing could be made of, each with its reason. */
export function RefusedDialog() {
  const refused = useAdding((state) => state.refused);
  const close = (): void => useAdding.setState({ refused: [] });
  return (
    <Dialog
      open={refused.length > 0}
      onOpenChange={(open) => !open && close()}
      title={refused.length === 1 ? 'No listing was made of this folder' : `${refused.length} folders made no listing`}
      about="Nothing was changed in them. Mend what is named and drop them again."
      actions={
        <Button variant="primary" onClick={close}>
          Close
        </Button>
      }
    >
      <ul className={styles.refused}>
        {refused.map(({ folder, error }) => (
          <li key={folder}>
            <strong>{folder}</strong>
            <span>{error.message}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
