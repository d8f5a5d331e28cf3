import { useCallback, useEffect, useRef, useState } from 'react';
import type { ErrorData } from '../../../base/errors.ts';
import { errorOf, events } from '../../api.ts';

export interface Resource<T> {
  readonly data: T | null;
  readonly error: ErrorData | null;
  readonly reload: () => void;
  /** Puts in an answer that another call gave. */
  readonly put: (data: T) => void;
}

/** What the host answers to a question, asked again after it restarted. `load` must keep its identity. */
export function useResource<T>(load: () => Promise<T>): Resource<T> {
  const [state, setState] = useState<{ readonly data: T | null; readonly error: ErrorData | null }>({
    data: null,
    error: null,
  });
  const asked = useRef(0);
  const reload = useCallback(() => {
    asked.current += 1;
    const mine = asked.current;
    load().then(
      (data) => mine === asked.current && setState({ data, error: null }),
      // What was known before stays on screen beside the error.
      (error: unknown) => mine === asked.current && setState(({ data }) => ({ data, error: errorOf(error) })),
    );
  }, [load]);
  const put = useCallback((data: T) => {
    asked.current += 1;
    setState({ data, error: null });
  }, []);
  useEffect(() => {
    reload();
    return events.on((event) => event.type === 'hello' && reload());
  }, [reload]);
  return { ...state, reload, put };
}
