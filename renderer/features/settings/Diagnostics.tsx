import { useState } from 'react';
import { api, errorOf } from '../../api.ts';
import { toast } from '../../stores/toasts.ts';
import { ClipboardCopy } from '../../ui/icons.ts';
import { Button, KeyValue, Skeleton } from '../../ui/index.ts';
import styles from './Settings.module.css';
import { useResource } from './useResource.ts';

const load = () => api.system.info.query();

/** Versions, and a report for support: logs without secrets, versions and counts, no photos. */
export function Diagnostics() {
  const info = useResource(load);
  const [report, setReport] = useState<{ readonly file: string; readonly text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    try {
      setReport(await api.system.diagnostics.mutate());
    } catch (error) {
      toast({ tone: 'fail', title: 'The report could not be made.', detail: errorOf(error).message });
    } finally {
      setBusy(false);
    }
  };
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      toast({ tone: 'pass', title: 'The report is on the clipboard' });
    } catch {
      toast({ tone: 'fail', title: 'The clipboard is not available.', detail: 'Select the text and copy it.' });
    }
  };
  return (
    <>
      <div className={styles.block}>
        {info.data === null ? (
          info.error === null ? (
            <Skeleton height={60} />
          ) : (
            <p className={styles.fail}>{info.error.message}</p>
          )
        ) : (
          <div className={styles.facts}>
            <KeyValue
              rows={[
                { name: 'Picaivid Studio', value: info.data.version },
                { name: 'System', value: info.data.platform },
                {
                  name: 'Window',
                  value: navigator.userAgent.match(/(?:Electron|Chrome|Firefox|Version)\/[\d.]+/)?.[0] ?? 'unknown',
                },
              ]}
            />
          </div>
        )}
      </div>
      <div className={styles.block}>
        <div className={styles.actions}>
          <Button disabled={busy} onClick={() => void make()}>
            {busy ? 'Making the report' : 'Make a report'}
          </Button>
          {report !== null && (
            <Button
              variant="ghost"
              icon={<ClipboardCopy size={14} aria-hidden="true" />}
              onClick={() => void copy(report.text)}
            >
              Copy it
            </Button>
          )}
          <span className={styles.quiet}>Logs without secrets, versions and counts; no photos.</span>
        </div>
        {report !== null && (
          <>
            <div className={styles.path}>{report.file}</div>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
            <pre className={styles.report} tabIndex={0}>
              {report.text}
            </pre>
          </>
        )}
      </div>
    </>
  );
}
