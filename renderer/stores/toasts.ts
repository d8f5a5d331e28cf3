import { create } from 'zustand';
import type { ToastData } from '../ui/index.ts';

interface ToastState {
  readonly toasts: readonly ToastData[];
}

export const useToasts = create<ToastState>(() => ({ toasts: [] }));

let count = 0;

/** Says what happened, at the lower right; returns its id. At most four stand at a time: the oldest goes. */
export function toast(data: Omit<ToastData, 'id'>): string {
  count += 1;
  const id = `toast-${count}`;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts, { ...data, id }].slice(-4) }));
  return id;
}

export function dismissToast(id: string): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((one) => one.id !== id) }));
}
