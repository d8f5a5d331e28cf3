import { create } from 'zustand';
import type { ToastData } from '../ui/index.ts';

interface ToastState {
  readonly toasts: readonly ToastData[];
}

export const useToasts = create<ToastState>(() => ({ toasts: [] }));

let count = 0;

/**
 * Says what happened, at the lower right; returns its id. At most four stand at a time: the oldest goes, and what says
 * the very same is replaced (a key that is held is refused ten times a second).
 */
export function toast(data: Omit<ToastData, 'id'>): string {
  count += 1;
  const id = `toast-${count}`;
  useToasts.setState(({ toasts }) => ({
    toasts: [...toasts.filter((one) => !saysTheSame(one, data)), { ...data, id }].slice(-4),
  }));
  return id;
}

export function dismissToast(id: string): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((one) => one.id !== id) }));
}

const saysTheSame = (a: Omit<ToastData, 'id'>, b: Omit<ToastData, 'id'>): boolean =>
  a.title === b.title && a.detail === b.detail && a.tone === b.tone;
