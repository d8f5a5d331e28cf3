/** What a decision asks before it is signed: the reason, the words, and once the name. */
import { type FormEvent, type KeyboardEvent, useId, useRef, useState } from 'react';
import { REJECT_REASONS, type RejectReason } from '../../../main/host/review-contract.ts';
import { REASON_WORDS } from '../../../pipeline/review.ts';
import { errorOf } from '../../api.ts';
import { type CommandId, useCommands } from '../../keys/index.ts';
import { changePerson, usePerson } from '../../stores/person.ts';
import { openedClip, signClip, useReview } from '../../stores/review.ts';
import { Button, Dialog, Kbd, TextField } from '../../ui/index.ts';
import { personHost } from '../renders/host.ts';
import { openNotes, sign } from './actions.ts';
import styles from './Panel.module.css';

const close = (): void => useReview.setState({ asking: null, unsigned: null });

export function Questions() {
  const asking = useReview((state) => state.asking);
  return (
    <>
      {asking === 'reject' && <Reject />}
      {asking === 'changes' && <Changes />}
      {asking === 'name' && <Name />}
    </>
  );
}

const NUMBERS = REJECT_REASONS.map((_, at) => `review.number.${at + 1}` as CommandId);

function Reject() {
  const [reason, setReason] = useState<RejectReason | null>(null);
  const [comment, setComment] = useState('');
  const [lacks, setLacks] = useState<string | null>(null);
  const list = useRef<HTMLFieldSetElement>(null);
  const words = useRef<HTMLTextAreaElement>(null);
  const form = useId();
  const choose = (at: number): void => {
    const next = REJECT_REASONS[at];
    if (next === undefined) return;
    setReason(next);
    setLacks(null);
    if (next === 'other') words.current?.focus();
    else list.current?.querySelectorAll('input')[at]?.focus();
  };
  useCommands(NUMBERS, (id) => choose(Number(id.at(-1)) - 1), { inOverlay: true });
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    setLacks(sign('rejected', reason, comment));
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={`Reject ${openedClip()?.room ?? 'the clip'}?`}
      about="Choose why, by number or arrows. Enter signs."
      actions={
        <>
          <Button variant="ghost" onClick={close}>
            Keep
          </Button>
          <Button variant="danger" type="submit" form={form} disabled={reason === null}>
            Reject
          </Button>
        </>
      }
    >
      <form id={form} className={styles.question} onSubmit={submit}>
        <fieldset ref={list} className={styles.reasons}>
          <legend className="spoken">Reason</legend>
          {REJECT_REASONS.map((name, at) => (
            <label key={name} className={styles.reason} data-on={reason === name}>
              <input
                type="radio"
                name="reason"
                checked={reason === name}
                onChange={() => {
                  setReason(name);
                  setLacks(null);
                }}
                onKeyDown={(event) => enterSubmits(event, submit)}
              />
              <span>{REASON_WORDS[name]}</span>
              <Kbd chord={`${at + 1}`} />
            </label>
          ))}
        </fieldset>
        <Words field={words} value={comment} onChange={setComment} submit={submit} label="Comment" />
        {lacks !== null && (
          <p className={styles.lacks} role="alert">
            {lacks}
          </p>
        )}
      </form>
    </Dialog>
  );
}

function Changes() {
  const [comment, setComment] = useState('');
  const [lacks, setLacks] = useState<string | null>(null);
  const form = useId();
  const notes = openNotes();
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    setLacks(sign('changes_requested', null, comment));
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={`Ask for changes to ${openedClip()?.room ?? 'the clip'}?`}
      about={
        notes === 0
          ? 'Say what is to be changed. Enter signs.'
          : `Your ${notes === 1 ? 'open note says' : `${notes} open notes say`} what is to be changed; a comment may say more. Enter signs.`
      }
      actions={
        <>
          <Button variant="ghost" onClick={close}>
            Keep
          </Button>
          <Button variant="primary" type="submit" form={form} disabled={notes === 0 && comment.trim() === ''}>
            Ask for changes
          </Button>
        </>
      }
    >
      <form id={form} className={styles.question} onSubmit={submit}>
        <Words value={comment} onChange={setComment} submit={submit} label="What is to be changed" />
        {lacks !== null && (
          <p className={styles.lacks} role="alert">
            {lacks}
          </p>
        )}
      </form>
    </Dialog>
  );
}

/** Enter signs, Shift and Enter begins a new line. */
function Words({
  field,
  label,
  value,
  onChange,
  submit,
}: {
  readonly field?: React.RefObject<HTMLTextAreaElement | null>;
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly submit: () => void;
}) {
  const id = useId();
  return (
    <div className={styles.words}>
      <label htmlFor={id}>{label}</label>
      <textarea
        {...(field === undefined ? {} : { ref: field })}
        id={id}
        rows={3}
        maxLength={4_000}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => enterSubmits(event, submit)}
      />
    </div>
  );
}

function enterSubmits(event: KeyboardEvent, submit: () => void): void {
  if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
  event.preventDefault();
  submit();
}

/** A signature carries a name: asked for once, kept by the host. */
function Name() {
  const person = usePerson((state) => state.person);
  const [name, setName] = useState(person?.name ?? '');
  const [error, setError] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const form = useId();
  const submit = async (): Promise<void> => {
    const { unsigned } = useReview.getState();
    if (person === null || unsigned === null || busy || name.trim() === '') return;
    setBusy(true);
    try {
      await changePerson(personHost, { ...person, name: name.trim() });
      useReview.setState({ asking: null });
      await signClip(unsigned);
    } catch (refused) {
      setError(errorOf(refused).message);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title="Who signs?"
      about="Your name stands on every decision, with the time. You can change it in Settings; what is signed keeps its name."
      actions={
        <>
          <Button variant="ghost" onClick={close}>
            Not now
          </Button>
          <Button variant="primary" type="submit" form={form} disabled={name.trim() === '' || busy}>
            Sign
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.question}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField label="Name" value={name} maxLength={80} onChange={setName} error={error} data-autofocus="" />
      </form>
    </Dialog>
  );
}
