import { useMemo } from 'react';
import type { PhotoView, RoomsView } from '../../../pipeline/rooms/view.ts';
import { CommandButton } from '../../keys/index.ts';
import { type RoomsMode, useRooms } from '../../stores/rooms.ts';
import { ArrowUpDown, EyeOff, Merge, PanelRight, Redo2, Split, Undo2 } from '../../ui/icons.ts';
import { Segmented } from '../../ui/index.ts';
import { labelWith } from './actions.ts';
import { LabelPopover } from './LabelPopover.tsx';
import styles from './Rooms.module.css';
import { labelTargets, laneOf, photoOf } from './targets.ts';

export interface ToolbarProps {
  readonly view: RoomsView;
  readonly labelling: boolean;
  readonly onLabelling: (open: boolean) => void;
  readonly panelOpen: boolean;
}

export function Toolbar({ view, labelling, onLabelling, panelOpen }: ToolbarProps) {
  const mode = useRooms((state) => state.mode);
  const lowFirst = useRooms((state) => state.lowFirst);
  const selected = useRooms((state) => state.selected);
  const focus = useRooms((state) => state.focus);
  const attention = view.lanes.filter((lane) => lane.suggestions.length > 0).length;
  const targets = useMemo<readonly PhotoView[]>(
    () => labelTargets(view, { selected, focus }).flatMap((id) => photoOf(view, id) ?? []),
    [view, selected, focus],
  );
  const lane = laneOf(view, targets[0]?.id ?? null);
  return (
    <div className={styles.tool} role="toolbar" aria-label="Rooms">
      <Segmented<RoomsMode>
        label="Show"
        value={mode}
        options={[
          { value: 'rooms', label: 'Rooms' },
          { value: 'all', label: 'All photos' },
          { value: 'attention', label: 'Needs attention', count: attention },
        ]}
        onChange={(next) => useRooms.setState({ mode: next })}
      />
      <CommandButton
        command="rooms.lowConfidence"
        iconOnly
        icon={<ArrowUpDown size={16} aria-hidden="true" />}
        pressed={lowFirst}
      />
      <span className={styles.grow} />
      {selected.size > 0 && <span className={styles.selectedCount}>{selected.size} selected</span>}
      <CommandButton command="rooms.merge" label="Merge" icon={<Merge size={14} aria-hidden="true" />} />
      <CommandButton command="rooms.split" label="Split off" icon={<Split size={14} aria-hidden="true" />} />
      <LabelPopover
        open={labelling}
        onOpenChange={onLabelling}
        photos={targets}
        current={lane?.roomType ?? null}
        named={lane?.labelledByYou ?? false}
        onLabel={(room) => {
          onLabelling(false);
          labelWith(room);
        }}
      />
      <CommandButton command="photos.exclude" label="Exclude" icon={<EyeOff size={14} aria-hidden="true" />} />
      <span className={styles.rule} />
      <CommandButton command="edit.undo" iconOnly icon={<Undo2 size={16} aria-hidden="true" />} />
      <CommandButton command="edit.redo" iconOnly icon={<Redo2 size={16} aria-hidden="true" />} />
      <CommandButton
        command="panel.toggle"
        iconOnly
        icon={<PanelRight size={16} aria-hidden="true" />}
        pressed={panelOpen}
      />
    </div>
  );
}
