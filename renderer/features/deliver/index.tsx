/** Deliver: what stands in the way, what is made, and the films that can be trusted. */
import { useEffect, useState } from 'react';
import type { DeliverDocument } from '../../../main/host/review-contract.ts';
import { frameToSeconds } from '../../../pipeline/time.ts';
import { events } from '../../api.ts';
import { useCommand, useShownKey } from '../../keys/index.ts';
import { CannotOpen, Said, useListingName, useRefusals, useStatus } from '../../shell/listing-screen.tsx';
import { TopBarActions } from '../../shell/slots.tsx';
import {
  openDelivery,
  receiveDeliveryEvent,
  refetchDelivery,
  startDelivery,
  useDelivery,
} from '../../stores/delivery.ts';
import { useMay } from '../../stores/person.ts';
import { toast } from '../../stores/toasts.ts';
import { PackageCheck } from '../../ui/icons.ts';
import { Button, Skeleton } from '../../ui/index.ts';
import { deliveryHost } from '../renders/host.ts';
import { Blockers } from './Blockers.tsx';
import { Cover } from './Cover.tsx';
import styles from './Deliver.module.css';
import { Deliveries } from './Deliveries.tsx';
import { Disclosure } from './Disclosure.tsx';
import { Folder } from './Folder.tsx';
import { Loudness } from './Loudness.tsx';
import { Outputs } from './Outputs.tsx';
import { Override } from './Override.tsx';
import { VoiceOver } from './VoiceOver.tsx';
import { gateOf, repeated } from './words.ts';

export function Screen({ listingId }: { readonly listingId: string }) {
  const document = useDelivery((state) => (state.listingId === listingId ? state.document : null));
  const error = useDelivery((state) => (state.listingId === listingId ? state.error : null));
  useEffect(() => {
    void openDelivery(listingId, deliveryHost);
    return events.on(receiveDeliveryEvent);
  }, [listingId]);
  useFrame(listingId, document);
  useRefusals(useDelivery, 'Not kept');
  if (document === null)
    return error === null ? (
      <Waiting />
    ) : (
      <CannotOpen error={error} listingId={listingId} again={refetchDelivery}>
        What is delivered already lies in its folder.
      </CannotOpen>
    );
  return <Deliver listingId={listingId} document={document} />;
}

function Deliver({ listingId, document }: { readonly listingId: string; readonly document: DeliverDocument }) {
  return (
    <div className={styles.screen}>
      <Start document={document} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <section className={styles.plan} aria-label="What is delivered" tabIndex={0}>
        <Blockers listingId={listingId} blockers={document.blockers} cautions={document.cautions} />
        <Outputs />
        <Loudness />
        {document.totalFrames > 0 && (
          <VoiceOver filmSeconds={frameToSeconds(document.totalFrames, document.frameRate)} />
        )}
        <Cover listingId={listingId} document={document} />
        <Disclosure />
        <Folder photos={document.listing.folder} />
      </section>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
      <aside className={styles.made} aria-label="Deliveries" tabIndex={0}>
        <Deliveries listingId={listingId} deliveries={document.deliveries} task={document.task} />
      </aside>
      <Said useStore={useDelivery} />
    </div>
  );
}

/** The one button, and why it cannot be pressed. */
function Start({ document }: { readonly document: DeliverDocument }) {
  const [asking, setAsking] = useState(false);
  const outputs = useDelivery((state) => state.settings?.outputs ?? []);
  const starting = useDelivery((state) => state.starting);
  const may = useMay('deliver films');
  const kbd = useShownKey('deliver.start');
  const gate = gateOf(document);
  const twice = repeated(outputs).size > 0;
  const enabled = may && gate.state !== 'closed' && !starting && document.task === null && outputs.length > 0 && !twice;
  const start = async (override: { readonly name: string; readonly reason: string } | null): Promise<void> => {
    const refusal = await startDelivery(override);
    if (refusal === null) setAsking(false);
    else toast({ tone: 'fail', title: 'Not delivered', detail: refusal.message });
  };
  const press = (): void => {
    if (gate.state === 'override') setAsking(true);
    else void start(null);
  };
  useCommand('deliver.start', press, { enabled });
  return (
    <>
      <TopBarActions>
        <span className={styles.why}>
          {!may
            ? 'A producer delivers'
            : document.task !== null
              ? 'A delivery is under way'
              : twice
                ? 'Two outputs are the same'
                : gate.state === 'open'
                  ? ''
                  : gate.words}
        </span>
        <Button
          variant="primary"
          kbd={kbd}
          disabled={!enabled}
          icon={<PackageCheck size={14} aria-hidden="true" />}
          onClick={press}
        >
          {outputs.length > 1 ? `Deliver ${outputs.length} films` : 'Deliver'}
        </Button>
      </TopBarActions>
      <Override
        open={asking}
        onOpenChange={setAsking}
        clips={document.blockers.filter(({ kind }) => kind === 'unapproved')}
        onConfirm={(override) => void start(override)}
      />
    </>
  );
}

/** The listing's name in the top bar, what stands in the way in the status line. */
function useFrame(listingId: string, document: DeliverDocument | null): void {
  const pending = useDelivery((state) => state.pending);
  const seconds = document === null ? 0 : Math.round(frameToSeconds(document.totalFrames, document.frameRate));
  useListingName(listingId, document?.listing, seconds === 0 ? '' : `${seconds} s`);
  useStatus(pending > 0 ? 'Saving' : document === null ? '' : gateOf(document).words);
}

function Waiting() {
  return (
    <div className={styles.waiting} role="status" aria-label="Opening the delivery">
      <Skeleton height={96} />
      <Skeleton height={160} />
      <Skeleton height={240} />
    </div>
  );
}
