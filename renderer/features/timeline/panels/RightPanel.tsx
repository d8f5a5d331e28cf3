/** The selected clip or the film, its history and its versions. */
import { useRef, useState } from 'react';
import { useCommand } from '../../../keys/index.ts';
import { TopBarActions } from '../../../shell/slots.tsx';
import { useTimeline } from '../../../stores/timeline.ts';
import { Skeleton, Tabs } from '../../../ui/index.ts';
import { placed } from './clips.ts';
import { FilmMenu } from './FilmMenu.tsx';
import { FilmOverview, Pool } from './FilmOverview.tsx';
import { History } from './History.tsx';
import { Inspector } from './Inspector.tsx';
import styles from './Panels.module.css';
import { usePanels } from './panel-state.ts';
import { Versions } from './Versions.tsx';

type Tab = 'clip' | 'history' | 'versions';

export function RightPanel() {
  const document = useTimeline((state) => state.document);
  const timeline = useTimeline((state) => state.timeline);
  const selected = useTimeline((state) => state.selected);
  const proposal = useTimeline((state) => state.proposal);
  const looked = usePanels((state) => state.looked);
  const [tab, setTab] = useState<Tab>('clip');
  const root = useRef<HTMLDivElement>(null);
  useCommand(
    'version.save',
    () => {
      setTab('versions');
      // The field is there once the tab is drawn.
      requestAnimationFrame(() => root.current?.querySelector<HTMLInputElement>('form input')?.focus());
    },
    { enabled: timeline !== null },
  );
  if (document === null)
    return (
      <div className={styles.panel}>
        <Skeleton height={220} />
      </div>
    );
  if (timeline === null) return <div className={styles.panel} />;
  const listingId = document.listing.id;
  const locked = timeline.status !== 'draft' || proposal !== null || looked !== null;
  const clips = placed(timeline, selected);
  const [target] = clips;
  const clipTab = (
    <>
      {clips.length === 0 ? (
        <FilmOverview timeline={timeline} />
      ) : (
        <Inspector
          key={clips.map(({ clip }) => clip.id).join()}
          timeline={timeline}
          analysis={document.analysis}
          listingId={listingId}
          clips={clips}
          locked={locked}
        />
      )}
      <Pool
        timeline={timeline}
        analysis={document.analysis}
        listingId={listingId}
        target={clips.length === 1 && target !== undefined ? target : null}
        locked={locked}
      />
    </>
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys
    <div ref={root} className={styles.panel} tabIndex={0}>
      <TopBarActions>
        <FilmMenu timeline={timeline} listingId={listingId} />
      </TopBarActions>
      <Tabs<Tab>
        label="Clip, history or versions"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            value: 'clip',
            label: clips.length === 0 ? 'Film' : 'Clip',
            content: <div className={styles.tab}>{clipTab}</div>,
          },
          { value: 'history', label: 'History', content: <History listingId={listingId} locked={locked} /> },
          { value: 'versions', label: 'Versions', content: <Versions listingId={listingId} locked={locked} /> },
        ]}
      />
    </div>
  );
}
