/** A small dialog for the words of a marker or a title. */
import { useState } from 'react';
import { edit, useTimeline } from '../../../stores/timeline.ts';
import { Button, Dialog, TextField } from '../../../ui/index.ts';
import { renameTitle } from './actions.ts';

export type Renamed = { readonly kind: 'marker' | 'title'; readonly id: string };

export function Rename({ what, onClose }: { readonly what: Renamed | null; readonly onClose: () => void }) {
  const timeline = useTimeline((state) => state.timeline);
  const marker = what?.kind === 'marker' ? timeline?.markers.find((one) => one.id === what.id) : undefined;
  const title = what?.kind === 'title' ? timeline?.titles.find((one) => one.id === what.id) : undefined;
  const open = marker !== undefined || title !== undefined;
  return (
    <Dialog open={open} onOpenChange={(next) => !next && onClose()} title={marker === undefined ? 'Title' : 'Marker'}>
      {open && (
        <Fields
          key={what?.id ?? ''}
          text={marker?.label ?? title?.text ?? ''}
          subtext={title === undefined ? null : (title.subtext ?? '')}
          onSave={(text, subtext) => {
            onClose();
            if (marker !== undefined)
              edit(`Name the marker “${text}”`, { type: 'setMarker', marker: { ...marker, label: text } });
            else if (title !== undefined) renameTitle(title.id, text, subtext);
          }}
        />
      )}
    </Dialog>
  );
}

function Fields({
  text,
  subtext,
  onSave,
}: {
  readonly text: string;
  /** Null: there is none. */
  readonly subtext: string | null;
  readonly onSave: (text: string, subtext: string) => void;
}) {
  const [first, setFirst] = useState(text);
  const [second, setSecond] = useState(subtext ?? '');
  return (
    <form
      style={{ display: 'grid', gap: 12 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (first.trim() !== '') onSave(first.trim(), second.trim());
      }}
    >
      <TextField label={subtext === null ? 'Name' : 'Text'} value={first} onChange={setFirst} autoFocus />
      {subtext !== null && <TextField label="Second line" value={second} onChange={setSecond} />}
      <div style={{ display: 'flex', justifyContent: 'flex-end' }}>
        <Button variant="primary" type="submit" disabled={first.trim() === ''}>
          Save
        </Button>
      </div>
    </form>
  );
}
