/** The note that is being written: its frames, its words, what is drawn. */
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { Mark } from '../../../main/host/review-contract.ts';
import { CommandButton, useShownKey } from '../../keys/index.ts';
import { usePerson } from '../../stores/person.ts';
import { type Draft, frameWords, saveDraft, useReview } from '../../stores/review.ts';
import { Pencil, Undo2, X } from '../../ui/icons.ts';
import { Button, IconButton, Segmented } from '../../ui/index.ts';
import { focusStage, toggleDrawing, undraw } from './actions.ts';
import { COLOURS, TOOLS, useTool } from './Drawing.tsx';
import styles from './Panel.module.css';
import { forbidden } from './words.ts';

const TOOL_WORDS: Readonly<Record<Mark['tool'], string>> = {
  pen: 'Pen',
  arrow: 'Arrow',
  rectangle: 'Box',
  ellipse: 'Ellipse',
};
const COLOUR_WORDS: Readonly<Record<Mark['colour'], string>> = { red: 'Red', yellow: 'Yellow', white: 'White' };
const MOST = 4_000;

export function Composer() {
  const draft = useReview((state) => (state.draft?.clipId === state.clipId ? state.draft : null));
  const person = usePerson((state) => state.person);
  const why = forbidden(person, 'write review notes');
  if (why !== null) return <p className={styles.quiet}>{why}</p>;
  if (draft === null)
    return (
      <div className={styles.row}>
        <CommandButton command="review.note" />
        <CommandButton command="review.draw" label="Draw" icon={<Pencil size={14} aria-hidden="true" />} />
      </div>
    );
  return <Writing draft={draft} />;
}

function Writing({ draft }: { readonly draft: Draft }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { tool, colour } = useTool();
  const undo = useShownKey('review.undraw');
  const empty = draft.text.trim() === '' && draft.marks.length === 0;
  const save = (): void => {
    if (empty) return;
    // The keyboard is back with the picture at once; what cannot be saved stays here.
    focusStage();
    void saveDraft();
  };
  const drop = (): void => {
    useReview.setState({ draft: null, said: 'Note dropped.' });
    focusStage();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // The Enter that ends a composed character is not one that saves.
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) save();
    else if (event.key === 'Escape') drop();
    else return;
    event.preventDefault();
  };
  // Drawing keeps the keyboard; otherwise the words have it.
  const { drawing } = draft;
  useEffect(() => {
    if (!drawing) field.current?.focus();
  }, [drawing]);
  return (
    <section className={styles.composer} aria-label={`Note on ${frameWords(draft.inFrame, draft.outFrame)}`}>
      <header>
        <b>Note on {frameWords(draft.inFrame, draft.outFrame)}</b>
        <IconButton label="Drop the note" icon={<X size={14} aria-hidden="true" />} onClick={drop} />
      </header>
      <textarea
        ref={field}
        id="note-text"
        aria-label="Note"
        rows={2}
        maxLength={MOST}
        placeholder="What do you see? Enter saves."
        value={draft.text}
        onChange={(event) => useReview.setState({ draft: { ...draft, text: event.target.value } })}
        onKeyDown={onKeyDown}
      />
      {drawing && (
        <div className={styles.tools}>
          <Segmented
            label="Tool"
            value={tool}
            options={TOOLS.map((value) => ({ value, label: TOOL_WORDS[value] }))}
            onChange={(next) => useTool.setState({ tool: next })}
          />
          <Segmented
            label="Colour"
            value={colour}
            options={COLOURS.map((value) => ({
              value,
              label: (
                <span className={styles.colour} data-colour={value}>
                  {COLOUR_WORDS[value]}
                </span>
              ),
            }))}
            onChange={(next) => useTool.setState({ colour: next })}
          />
        </div>
      )}
      <div className={styles.row}>
        <Button variant="primary" disabled={empty || draft.saving} onClick={save}>
          Save the note
        </Button>
        <Button pressed={drawing} icon={<Pencil size={14} aria-hidden="true" />} onClick={toggleDrawing}>
          {drawing ? 'Stop drawing' : 'Draw'}
        </Button>
        {draft.marks.length > 0 && (
          <IconButton
            label="Take the last line back"
            kbd={undo}
            icon={<Undo2 size={14} aria-hidden="true" />}
            onClick={undraw}
          />
        )}
        <span className={styles.quiet}>
          {draft.marks.length === 0 ? '' : draft.marks.length === 1 ? '1 mark' : `${draft.marks.length} marks`}
        </span>
      </div>
    </section>
  );
}
