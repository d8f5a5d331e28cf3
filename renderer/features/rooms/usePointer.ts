/**
 * Clicks, the rubber band and drags over the lanes. While the pointer moves nothing is rendered: one element is moved
 * by its transform, the target lane is found by arithmetic, and the list scrolls by itself near its edges.
 */
import { type RefObject, useEffect } from 'react';
import { mediaUrl } from '../../../main/host/contract.ts';
import { roomName } from '../../../pipeline/rooms/view.ts';
import { isMac } from '../../keys/index.ts';
import { useRooms } from '../../stores/rooms.ts';
import { clearSelection, click, focusOn, moveTo, select } from './actions.ts';
import { GAP, type Layout, laneAt, leftOf, photosIn } from './layout.ts';

/** Pixels of movement that make a press a drag. */
const DRAG_FROM = 5;
/** Pixels from the edge where the list begins to scroll, and pixels a frame at the very edge. */
const EDGE = 64;
const EDGE_SPEED = 18;
/** The ghost stands this far from the pointer, pixels. */
const GHOST = { x: 14, y: 10 };

export interface PointerParts {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly band: RefObject<HTMLDivElement | null>;
  readonly drop: RefObject<HTMLDivElement | null>;
  readonly ghost: RefObject<HTMLDivElement | null>;
  readonly newRoom: RefObject<HTMLDivElement | null>;
}

interface Press {
  readonly kind: 'photo' | 'ground';
  readonly photoId: string | null;
  /** Where it began: in the window, and in the list. */
  readonly x: number;
  readonly y: number;
  readonly listX: number;
  readonly listY: number;
  readonly before: ReadonlySet<string>;
  readonly pointerId: number;
  moving: boolean;
  dragged: readonly string[];
}

export function usePointer(parts: PointerParts, layout: RefObject<Layout>, openLarge: () => void): void {
  useEffect(() => {
    const { scroller, band, drop, ghost, newRoom } = parts;
    const list = scroller.current;
    if (list === null) return;
    let press: Press | null = null;
    let pointer = { x: 0, y: 0 };
    let frame = 0;
    let area = list.getBoundingClientRect();
    let target: string | null = null;

    const inList = () => ({ x: pointer.x - area.left, y: pointer.y - area.top + list.scrollTop });
    const show = (element: HTMLElement | null, shown: boolean) => {
      if (element !== null) element.style.visibility = shown ? 'visible' : 'hidden';
    };

    const begin = (now: Press) => {
      now.moving = true;
      list.setPointerCapture(now.pointerId);
      if (now.kind === 'ground') {
        show(band.current, true);
        return;
      }
      const { selected } = useRooms.getState();
      const id = now.photoId ?? '';
      if (!selected.has(id)) select([id], id);
      now.dragged = layout.current.order.filter((one) => useRooms.getState().selected.has(one));
      const picture = ghost.current?.querySelector('img');
      if (picture != null) picture.src = mediaUrl(useRooms.getState().listingId, id, '320');
      const number = ghost.current?.querySelector('b');
      if (number != null) number.textContent = String(now.dragged.length);
      show(ghost.current, true);
      show(newRoom.current, true);
      useRooms.setState({ said: `Dragging ${now.dragged.length}. Drop on a room, or on New room.` });
    };

    const scrollAtEdge = (): boolean => {
      const above = EDGE - (pointer.y - area.top);
      const below = EDGE - (area.bottom - pointer.y);
      const by = above > 0 ? -above : Math.max(below, 0);
      if (by === 0) return false;
      const before = list.scrollTop;
      list.scrollTop += (Math.max(-EDGE, Math.min(EDGE, by)) / EDGE) * EDGE_SPEED;
      return list.scrollTop !== before;
    };

    const tick = () => {
      frame = 0;
      if (press === null || !press.moving) return;
      const overNew = press.kind === 'photo' && isOver(newRoom.current, pointer);
      const scrolled = !overNew && scrollAtEdge();
      if (press.kind === 'ground') stretch(press);
      else follow(overNew);
      if (scrolled) frame = requestAnimationFrame(tick);
    };

    const stretch = (now: Press) => {
      const at = inList();
      const box = {
        left: Math.min(now.listX, at.x),
        top: Math.min(now.listY, at.y),
        right: Math.max(now.listX, at.x),
        bottom: Math.max(now.listY, at.y),
      };
      if (band.current !== null)
        band.current.style.transform = `translate(${box.left}px, ${box.top}px) scale(${box.right - box.left}, ${box.bottom - box.top})`;
      const touched = photosIn(layout.current, box);
      const next = new Set([...now.before, ...touched]);
      const { selected } = useRooms.getState();
      if (next.size !== selected.size || touched.some((id) => !selected.has(id))) select(next, touched[0]);
    };

    const follow = (overNew: boolean) => {
      if (ghost.current !== null)
        ghost.current.style.transform = `translate3d(${pointer.x + GHOST.x}px, ${pointer.y + GHOST.y}px, 0)`;
      const inside =
        pointer.x >= area.left && pointer.x <= area.right && pointer.y >= area.top && pointer.y <= area.bottom;
      const lane = overNew || !inside ? null : laneAt(layout.current, inList().x, inList().y);
      const next = overNew ? 'new' : (lane?.id ?? null);
      if (next === target) return;
      target = next;
      const over = overNew ? 'a new room' : lane === null ? 'no room' : roomName(lane.roomType);
      useRooms.setState({ said: `Over ${over}` });
      if (newRoom.current !== null) newRoom.current.dataset.over = String(overNew);
      const rows = layout.current.rows.filter((row) => row.kind !== 'left_out' && row.lane?.id === target);
      const [first] = rows;
      const last = rows.at(-1);
      if (drop.current !== null && first !== undefined && last !== undefined) {
        const left = leftOf(layout.current.tile, first.column) - 12;
        drop.current.style.transform = `translate(${left}px, ${first.top - 4}px)`;
        drop.current.style.width = `${first.span * (layout.current.tile.width + GAP) - GAP + 24}px`;
        drop.current.style.height = `${last.top + last.height - first.top + 12}px`;
      }
      show(drop.current, first !== undefined);
    };

    const finish = () => {
      if (frame !== 0) cancelAnimationFrame(frame);
      frame = 0;
      for (const part of [band, drop, ghost, newRoom]) show(part.current, false);
      if (press !== null && list.hasPointerCapture(press.pointerId)) list.releasePointerCapture(press.pointerId);
      press = null;
      target = null;
    };

    const onDown = (event: PointerEvent) => {
      if (event.button !== 0 || press !== null || !(event.target instanceof Element)) return;
      if (event.target.closest('button,a,input') !== null) return;
      area = list.getBoundingClientRect();
      if (event.clientX > area.left + list.clientWidth) return; // the scrollbar
      const photoId = event.target.closest<HTMLElement>('[data-photo]')?.dataset.photo ?? null;
      pointer = { x: event.clientX, y: event.clientY };
      const at = inList();
      const keep = event.shiftKey || (isMac ? event.metaKey : event.ctrlKey);
      press = {
        kind: photoId === null ? 'ground' : 'photo',
        photoId,
        x: event.clientX,
        y: event.clientY,
        listX: at.x,
        listY: at.y,
        before: keep ? useRooms.getState().selected : new Set(),
        pointerId: event.pointerId,
        moving: false,
        dragged: [],
      };
    };
    const onMove = (event: PointerEvent) => {
      if (press === null || event.pointerId !== press.pointerId) return;
      pointer = { x: event.clientX, y: event.clientY };
      if (!press.moving && Math.hypot(pointer.x - press.x, pointer.y - press.y) >= DRAG_FROM) begin(press);
      if (press.moving && frame === 0) frame = requestAnimationFrame(tick);
    };
    const onUp = (event: PointerEvent) => {
      const now = press;
      if (now === null || event.pointerId !== now.pointerId) return;
      pointer = { x: event.clientX, y: event.clientY };
      if (now.moving) {
        if (now.kind === 'ground') stretch(now);
        else follow(isOver(newRoom.current, pointer));
        const dropped = target;
        finish();
        if (now.kind === 'photo' && dropped !== null) moveTo(now.dragged, dropped);
        return;
      }
      finish();
      const keys = { shift: event.shiftKey, mod: isMac ? event.metaKey : event.ctrlKey };
      if (now.photoId !== null) click(layout.current, now.photoId, keys);
      else if (!keys.shift && !keys.mod) clearSelection();
    };
    const onCancel = () => finish();
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || press === null || !press.moving) return;
      event.preventDefault();
      event.stopPropagation();
      useRooms.setState({ said: 'Drag cancelled' });
      finish();
    };
    const onDouble = (event: MouseEvent) => {
      const photo = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-photo]') : null;
      if (photo === null) return;
      focusOn(photo.dataset.photo ?? null);
      openLarge();
    };
    const onOver = (event: PointerEvent) => {
      if (press !== null || event.pointerType === 'touch') return;
      const photo = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-photo]') : null;
      const hovered = photo?.dataset.photo ?? null;
      if (hovered !== useRooms.getState().hovered) useRooms.setState({ hovered });
    };
    const onLeave = () => useRooms.setState({ hovered: null });

    const until = new AbortController();
    const { signal } = until;
    list.addEventListener('pointerdown', onDown, { signal });
    list.addEventListener('pointermove', onMove, { signal });
    list.addEventListener('pointerup', onUp, { signal });
    list.addEventListener('pointercancel', onCancel, { signal });
    list.addEventListener('dblclick', onDouble, { signal });
    list.addEventListener('pointerover', onOver, { signal });
    list.addEventListener('pointerleave', onLeave, { signal });
    window.addEventListener('keydown', onKey, { capture: true, signal });
    return () => {
      finish();
      until.abort();
    };
  }, [parts, layout, openLarge]);
}

function isOver(element: HTMLElement | null, { x, y }: { readonly x: number; readonly y: number }): boolean {
  if (element === null || element.style.visibility !== 'visible') return false;
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return x >= left && x <= right && y >= top && y <= bottom;
}
