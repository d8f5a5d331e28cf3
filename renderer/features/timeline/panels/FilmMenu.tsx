/** In the top bar: what state the film is in, and taking it out of or into the studio. */
import { useRef, useState } from 'react';
import type {} from '../../../../main/desktop/bridge.ts'; // window.studio
import { FILM_EXPORTS, type FilmExport, filmUrl } from '../../../../main/host/timeline-contract.ts';
import type { Timeline } from '../../../../pipeline/domain.ts';
import { useCommand, useShownKey } from '../../../keys/index.ts';
import { importOtio, setStatus } from '../../../stores/timeline.ts';
import { toast } from '../../../stores/toasts.ts';
import { ChevronDown, Download } from '../../../ui/icons.ts';
import { AlertDialog, Button, DropdownMenu, type MenuEntry } from '../../../ui/index.ts';
import styles from './Panels.module.css';

const EXPORT_WORDS: Readonly<Record<FilmExport, string>> = {
  'film.otio': 'OpenTimelineIO (.otio)',
  'edit-list.csv': 'Edit list (.csv)',
  'storyboard.png': 'Storyboard (.png)',
  'storyboard.pdf': 'Storyboard (.pdf)',
};

export const STATUS_WORDS: Readonly<Record<Timeline['status'], { readonly name: string; readonly about: string }>> = {
  draft: { name: 'Draft', about: 'Everything can be changed.' },
  approved: { name: 'Approved', about: 'The film is agreed on: edits are refused until it is reopened.' },
  locked: { name: 'Locked', about: 'The film is being delivered: it changes no more until it is reopened.' },
};

/** Asked before an import of this size or more is refused: no film of the studio comes near it. */
const MAX_OTIO_BYTES = 6_000_000;

export function FilmMenu({ timeline, listingId }: { readonly timeline: Timeline; readonly listingId: string }) {
  const upload = useRef<HTMLInputElement>(null);
  const [asking, setAsking] = useState<{ readonly text: string; readonly name: string } | null>(null);
  const exports = useRef<HTMLButtonElement>(null);
  const exportKey = useShownKey('film.export');
  useCommand('film.export', () => openMenu(exports.current));
  const status = STATUS_WORDS[timeline.status];
  const locked = timeline.status !== 'draft';
  const take = async (file: File) => {
    if (file.size > MAX_OTIO_BYTES) {
      toast({ tone: 'fail', title: `${file.name} is too large to be a film of the studio.`, detail: 'At most 6 MB.' });
      return;
    }
    setAsking({ text: await file.text(), name: file.name });
  };
  const statusEntry = (to: Timeline['status'], label: string): MenuEntry => ({
    label,
    disabled: timeline.status === to,
    onSelect: () => void setStatus(to),
  });
  return (
    <>
      <DropdownMenu
        align="end"
        trigger={
          <Button title={status.about} aria-label={`Status: ${status.name}. ${status.about}`}>
            {status.name}
            <ChevronDown size={14} aria-hidden="true" />
          </Button>
        }
        entries={[
          { kind: 'heading', label: status.about },
          statusEntry('approved', 'Approve: agreed on, no edits'),
          statusEntry('locked', 'Lock: being delivered, no edits'),
          statusEntry('draft', 'Reopen: edits are possible again'),
        ]}
      />
      <DropdownMenu
        align="end"
        trigger={
          <Button ref={exports} kbd={exportKey} icon={<Download size={14} aria-hidden="true" />}>
            Export
            <ChevronDown size={14} aria-hidden="true" />
          </Button>
        }
        entries={[
          ...FILM_EXPORTS.map((what) => ({
            label: EXPORT_WORDS[what],
            onSelect: () => download(filmUrl(listingId, what)),
          })),
          { kind: 'line' as const },
          { label: 'Import an .otio file', disabled: locked, onSelect: () => upload.current?.click() },
        ]}
      />
      <input
        ref={upload}
        type="file"
        accept=".otio,application/json"
        className={styles.file}
        tabIndex={-1}
        aria-label="OpenTimelineIO file"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file !== undefined) void take(file);
          event.target.value = '';
        }}
      />
      <AlertDialog
        open={asking !== null}
        onOpenChange={(open) => !open && setAsking(null)}
        title={`Put ${asking?.name ?? 'the file'} in place of this film?`}
        about="The film as it is now stays one step of undo away."
        confirm="Import"
        onConfirm={() => {
          if (asking !== null) importOtio(asking.text, `Import ${asking.name}`.slice(0, 200));
        }}
      />
    </>
  );
}

/** As Enter on the button does. */
function openMenu(button: HTMLButtonElement | null): void {
  button?.focus();
  button?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
}

/** The host sends these as downloads, so the page stays where it is. */
function download(address: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = '';
  link.click();
}
