/** Delivering unapproved clips: who takes it on, and why. It stands in the provenance. */
import { useEffect, useState } from 'react';
import type { Blocker } from '../../../main/host/review-contract.ts';
import { useDelivery } from '../../stores/delivery.ts';
import { usePerson } from '../../stores/person.ts';
import { Button, Dialog, TextField } from '../../ui/index.ts';
import styles from './Deliver.module.css';

export interface OverrideProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly clips: readonly Blocker[];
  readonly onConfirm: (override: { readonly name: string; readonly reason: string }) => void;
}

/** As the host asks for it. */
const LEAST_REASON = 3;

export function Override({ open, onOpenChange, clips, onConfirm }: OverrideProps) {
  const known = usePerson(({ person }) => person?.name ?? '');
  const starting = useDelivery((state) => state.starting);
  const [name, setName] = useState(known);
  const [reason, setReason] = useState('');
  useEffect(() => {
    if (!open) return;
    setName(known);
    setReason('');
  }, [open, known]);
  const ready = name.trim() !== '' && reason.trim().length >= LEAST_REASON && !starting;
  const confirm = (): void => {
    if (ready) onConfirm({ name: name.trim(), reason: reason.trim() });
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={
        clips.length === 1 ? 'Deliver with one unapproved clip?' : `Deliver with ${clips.length} unapproved clips?`
      }
      about="Your name and your reason are kept with the delivery and stand in its provenance. Nothing takes them out again."
      actions={
        <>
          <Button variant="ghost" onClick={() => onOpenChange(false)}>
            Back
          </Button>
          <Button variant="danger" disabled={!ready} onClick={confirm}>
            Deliver all the same
          </Button>
        </>
      }
    >
      <form
        className={styles.override}
        onSubmit={(event) => {
          event.preventDefault();
          confirm();
        }}
      >
        <ul className={styles.unapproved}>
          {clips.slice(0, 6).map((clip) => (
            <li key={clip.clipId ?? clip.sentence}>{clip.sentence}</li>
          ))}
          {clips.length > 6 && <li>and {clips.length - 6} more</li>}
        </ul>
        <TextField label="Your name" value={name} maxLength={80} onChange={setName} />
        <TextField
          label="Why it is delivered all the same"
          value={reason}
          maxLength={1_000}
          onChange={setReason}
          hint="At least three letters, such as: agreed with the agent by phone"
        />
        {/* Enter in a field sends a form only when it has such a button. */}
        <button type="submit" hidden disabled={!ready} />
      </form>
    </Dialog>
  );
}
