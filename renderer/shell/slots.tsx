import { type ReactNode, useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { create } from 'zustand';

const useSlot = create<{ readonly topBar: HTMLElement | null }>(() => ({ topBar: null }));

/** Where the frame puts the screen's actions; rendered once, by the top bar. */
export function TopBarSlot({ className }: { readonly className?: string | undefined }) {
  const [element, setElement] = useState<HTMLElement | null>(null);
  useEffect(() => {
    useSlot.setState({ topBar: element });
    return () => useSlot.setState({ topBar: null });
  }, [element]);
  return <div ref={setElement} className={className} />;
}

/** A screen's buttons at the right of the top bar; the main one last. */
export function TopBarActions({ children }: { readonly children: ReactNode }) {
  const target = useSlot((state) => state.topBar);
  return target === null ? null : createPortal(children, target);
}
