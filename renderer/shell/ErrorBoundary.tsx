import { Component, type ErrorInfo, type ReactNode } from 'react';
import { toPicaividError } from '../../base/errors.ts';
import { Button, ErrorState } from '../ui/index.ts';

interface Props {
  /** A new value (another screen) tries again. */
  readonly resetKey: string;
  readonly children: ReactNode;
}
interface State {
  readonly error: unknown;
  readonly stack: string;
  readonly resetKey: string;
}

/** A screen that fails leaves the frame standing: it says what happened and can be opened again. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, stack: '', resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error ?? new Error('An unknown failure.') };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { error: null, stack: '', resetKey: props.resetKey };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    this.setState({ stack: info.componentStack ?? '' });
    console.error(error);
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    const error = toPicaividError(this.state.error);
    const own = this.state.error instanceof Error ? (this.state.error.stack ?? '') : '';
    return (
      <ErrorState
        title={error.code === 'internal' ? 'This screen failed.' : error.message}
        file={error.file}
        details={[`${error.code}: ${error.message}`, own, this.state.stack.trim()]
          .filter((part) => part !== '')
          .join('\n\n')}
        actions={<Button onClick={() => this.setState({ error: null, stack: '' })}>Open it again</Button>}
      >
        Everything you did is kept: the studio stores each step when it shows it. Open the screen again, or go on with
        another one.
      </ErrorState>
    );
  }
}
