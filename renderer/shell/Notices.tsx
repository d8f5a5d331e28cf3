import { useShell } from '../stores/shell.ts';
import { CircleAlert, CircleX, Info } from '../ui/icons.ts';
import { Button } from '../ui/index.ts';
import { useHostActions } from './host-actions.ts';
import styles from './Shell.module.css';

const ICONS = {
  info: <Info size={16} aria-hidden="true" />,
  attention: <CircleAlert size={16} aria-hidden="true" />,
  fail: <CircleX size={16} aria-hidden="true" />,
};

/** What a person must know stands above the screen until it is put away, such as a database that was restored. */
export function Notices() {
  const notices = useShell((state) => state.notices);
  const { dismissNotice } = useHostActions();
  if (notices.length === 0) return null;
  return (
    <ul className={styles.notices} aria-label="Notices">
      {notices.map((notice) => (
        <li key={notice.id} className={styles.notice} data-severity={notice.severity}>
          <span className={styles.noticeIcon}>{ICONS[notice.severity]}</span>
          <div className={styles.noticeText}>
            {notice.text}
            {notice.details !== null && (
              <details>
                <summary>Details</summary>
                <pre>{notice.details}</pre>
              </details>
            )}
          </div>
          <Button variant="ghost" onClick={() => dismissNotice(notice.id)}>
            Put away
          </Button>
        </li>
      ))}
    </ul>
  );
}
