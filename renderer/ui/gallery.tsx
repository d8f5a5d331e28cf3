/** Every primitive in every state, at `#/gallery`: to look at, and what the accessibility checks run on. */
import { type ReactNode, useState } from 'react';
import { toast } from '../stores/toasts.ts';
import styles from './gallery.module.css';
import { Archive, Ellipsis, FolderPlus, Images, Merge, PanelRight, Pencil, Star, Trash2 } from './icons.ts';
import {
  AlertDialog,
  Button,
  Checkbox,
  Chip,
  ContextMenu,
  Dialog,
  DropdownMenu,
  EmptyState,
  ErrorState,
  IconButton,
  Kbd,
  KeyValue,
  type MenuEntry,
  Meter,
  PanelLayout,
  Popover,
  ProgressBar,
  SearchField,
  Segmented,
  Select,
  Skeleton,
  Slider,
  Switch,
  Tabs,
  TextField,
  VirtualGrid,
  VirtualList,
} from './index.ts';

const icon = { size: 16, 'aria-hidden': true } as const;
const TILES = Array.from({ length: 500 }, (_, at) => ({ id: `tile-${at}`, name: `Photo ${at + 1}` }));
const MENU: readonly MenuEntry[] = [
  { kind: 'heading', label: 'Photo' },
  { label: 'Make hero', icon: <Star {...icon} />, kbd: 'H', onSelect: () => undefined },
  { label: 'Rename', icon: <Pencil {...icon} />, kbd: 'F2', onSelect: () => undefined },
  { kind: 'sub', label: 'Move to', entries: [{ label: 'Kitchen', onSelect: () => undefined }] },
  { kind: 'line' },
  { label: 'Delete', icon: <Trash2 {...icon} />, kbd: 'Delete', danger: true, onSelect: () => undefined },
];

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={styles.part} aria-label={title}>
      <h2 className={styles.heading}>{title}</h2>
      <div className={styles.row}>{children}</div>
    </section>
  );
}

/** The gallery's screen. */
export function Gallery() {
  const [open, setOpen] = useState(true);
  const [width, setWidth] = useState(360);
  return (
    <PanelLayout label="Side panel" open={open} width={width} onWidthChange={setWidth} panel={<Panel />}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <section className={styles.page} tabIndex={0} aria-label="Primitives">
        <Part title="Buttons">
          <Button variant="primary" kbd="Alt+3">
            Make the timeline
          </Button>
          <Button icon={<Merge {...icon} />} kbd="M">
            Merge
          </Button>
          <Button variant="ghost" kbd="Mod+Z">
            Undo
          </Button>
          <Button variant="danger" icon={<Trash2 {...icon} />}>
            Delete 3 listings
          </Button>
          <Button disabled>Not now</Button>
          <IconButton label="Archive" icon={<Archive {...icon} />} kbd="E" />
          <IconButton
            label="Side panel"
            icon={<PanelRight {...icon} />}
            kbd="B"
            pressed={open}
            onClick={() => setOpen(!open)}
          />
        </Part>
        <Part title="Chips and keys">
          <Chip>medium</Chip>
          <Chip tone="pass">high</Chip>
          <Chip tone="attention">garden or patio?</Chip>
          <Chip tone="fail">changes asked</Chip>
          <Chip tone="you">you</Chip>
          <Kbd chord="Mod+Shift+Z" />
          <Kbd chord="Space" />
          <Kbd chord="ArrowLeft" />
          <Kbd chord="?" />
        </Part>
        <Fields />
        <Overlays />
        <Part title="Progress">
          <div className={styles.wide}>
            <ProgressBar
              fraction={0.62}
              sentence="Estimating depth, photo 15 of 24"
              secondsLeft={42}
              onCancel={() => undefined}
            />
          </div>
          <div className={styles.wide}>
            <ProgressBar fraction={null} sentence="Looking for photos" onCancel={() => undefined} />
          </div>
        </Part>
        <Part title="States">
          <div className={styles.card}>
            <EmptyState
              icon={<Images size={32} strokeWidth={1.4} aria-hidden="true" />}
              title="No listings yet"
              actions={
                <>
                  <Button variant="primary" icon={<FolderPlus {...icon} />} kbd="N">
                    Choose folders
                  </Button>
                  <Button>Try the sample</Button>
                </>
              }
            >
              Drop a folder of photos anywhere on this window. It is analysed at once.
            </EmptyState>
          </div>
          <div className={styles.card}>
            <ErrorState
              title="This photo is damaged."
              file="kitchen-03.jpg"
              details={'image_damaged: premature end of JPEG\nat 88 % of the file'}
              actions={<Button>Leave it out</Button>}
            >
              Export it again from the camera's card, or leave it out.
            </ErrorState>
          </div>
          <div className={styles.card}>
            <Skeleton height={141} width={212} />
          </div>
        </Part>
        <Part title="Five hundred tiles, only those in sight exist">
          <div className={styles.virtual}>
            <VirtualGrid
              label="Tiles"
              items={TILES}
              getKey={({ id }) => id}
              itemHeight={72}
              minItemWidth={120}
              gap={8}
              padding={8}
              renderItem={({ name }) => (
                <button type="button" className={styles.tile}>
                  {name}
                </button>
              )}
            />
          </div>
          <div className={styles.virtual}>
            <VirtualList
              label="Rows"
              items={TILES}
              getKey={({ id }) => id}
              itemHeight={28}
              renderItem={({ name }) => (
                <button type="button" className={styles.line}>
                  {name}
                </button>
              )}
            />
          </div>
        </Part>
      </section>
    </PanelLayout>
  );
}

function Fields() {
  const [view, setView] = useState<'rooms' | 'all' | 'attention'>('rooms');
  const [name, setName] = useState('18 Willow Lane, Portland');
  const [search, setSearch] = useState('');
  const [template, setTemplate] = useState<'classic' | 'luxury' | 'modern'>('classic');
  const [length, setLength] = useState(45);
  const [on, setOn] = useState(true);
  return (
    <Part title="Fields">
      <Segmented
        label="View"
        value={view}
        onChange={setView}
        options={[
          { value: 'rooms', label: 'Rooms' },
          { value: 'all', label: 'All photos' },
          { value: 'attention', label: 'Needs attention', count: 3 },
        ]}
      />
      <SearchField label="Search listings" value={search} onChange={setSearch} kbd="Mod+F" />
      <Select
        label="Template"
        value={template}
        onChange={setTemplate}
        options={[
          { value: 'classic', label: 'Classic', note: 'Calm cuts and dissolves' },
          { value: 'luxury', label: 'Luxury', note: 'Long takes' },
          { value: 'modern', label: 'Modern', disabled: true },
        ]}
      />
      <div className={styles.slider}>
        <Slider
          label="Length"
          value={length}
          min={10}
          max={120}
          step={5}
          onChange={setLength}
          valueText={(v) => `${v} seconds`}
        />
      </div>
      <span>{length} s</span>
      <div className={styles.wide}>
        <TextField label="Address" value={name} onChange={setName} hint="Shown on the end card." />
      </div>
      <div className={styles.wide}>
        <TextField
          label="Folder"
          value="/Volumes/gone"
          onChange={() => undefined}
          error="This folder is not there any more. Choose where it is now."
        />
      </div>
      <Switch label="Snap to beats" checked={on} onChange={setOn} hint="Cuts land on the nearest beat." />
      <Checkbox label="Include aerials" checked={on} onChange={setOn} />
      <Checkbox label="Not available" checked={false} onChange={() => undefined} disabled />
    </Part>
  );
}

function Overlays() {
  const [dialog, setDialog] = useState<'plain' | 'alert' | null>(null);
  return (
    <Part title="Overlays">
      <Button onClick={() => setDialog('plain')}>Dialog</Button>
      <Button onClick={() => setDialog('alert')}>Question</Button>
      <Popover label="Details" trigger={<Button>Popover</Button>}>
        <p>Three views overlap by 71 %, so a small orbit stays truthful.</p>
      </Popover>
      <DropdownMenu
        entries={MENU}
        trigger={<IconButton variant="plain" label="More" icon={<Ellipsis {...icon} />} />}
      />
      <ContextMenu entries={MENU}>
        <Button>Second button here</Button>
      </ContextMenu>
      <Button
        onClick={() =>
          toast({
            tone: 'pass',
            title: 'Two rooms merged',
            action: { label: 'Undo', run: () => undefined, kbd: 'Mod+Z' },
          })
        }
      >
        Toast
      </Button>
      <Button
        onClick={() =>
          toast({
            tone: 'fail',
            title: 'The download stopped.',
            detail: 'The disk is full. Free 1.2 GB and try again.',
          })
        }
      >
        Failure
      </Button>
      <Dialog
        open={dialog === 'plain'}
        onOpenChange={(next) => !next && setDialog(null)}
        title="Where are the photos now?"
        about="The folder of this listing was moved or its disk is not connected."
        actions={
          <>
            <Button variant="ghost" onClick={() => setDialog(null)}>
              Later
            </Button>
            <Button variant="primary" onClick={() => setDialog(null)}>
              Choose the folder
            </Button>
          </>
        }
      >
        Nothing of your work is lost: rooms and labels are kept by photo, not by place.
      </Dialog>
      <AlertDialog
        open={dialog === 'alert'}
        onOpenChange={(next) => !next && setDialog(null)}
        title="Remove the depth model?"
        about="It takes 394 MB. The next analysis downloads it again."
        confirm="Remove"
        danger
        onConfirm={() => setDialog(null)}
      />
    </Part>
  );
}

function Panel() {
  const [tab, setTab] = useState<'motion' | 'facts'>('facts');
  return (
    <div className={styles.panel}>
      <Tabs
        label="About this room"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            value: 'facts',
            label: 'Scores',
            content: (
              <div className={styles.stack}>
                <KeyValue
                  rows={[
                    { name: 'Room', value: 'Kitchen 0.94' },
                    { name: 'Cluster confidence', value: <Chip tone="pass">high</Chip> },
                    { name: 'View overlap', value: '0.71' },
                  ]}
                />
                <Meter label="Sharpness" value={0.91} />
                <Meter label="Exposure" value={0.84} />
                <Meter label="Composition" value={0.4} />
              </div>
            ),
          },
          { value: 'motion', label: 'Motion', content: <p>Orbit left, 3.5 s, four beats.</p> },
        ]}
      />
    </div>
  );
}
