/** Deliver: what stands in the way, what is made, and the films that can be trusted. */
import { useEffect, useState } from 'react';
import type { DeliverDocument } from '../../../main/host/review-contract.ts';
import { frameToSeconds } from '../../../pipeline/time.ts';
import { events } from '../../api.ts';
import { useCommand, useShownKey } from '../../keys/index.ts';
import { TopBarActions } from '../../shell/slots.tsx';
import {
  openDelivery,
  receiveDeliveryEvent,
  refetchDelivery,
  startDelivery,
  useDelivery,
} from '../../stores/delivery.ts';
import { useListings } from '../../stores/listings.ts';
import { useMay } from '../../stores/person.ts';
import { setOpenListing, setStatus } from '../../stores/shell.ts';
import { toast } from '../../stores/toasts.ts';
import { PackageCheck, RefreshCw } from '../../ui/icons.ts';
import { Button, ErrorState, Skeleton } from '../../ui/index.ts';
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
  useRefusals();
  if (document === null)
    return error === null ? (
      <Waiting />
    ) : (
      <ErrorState
        title={error.message}
        file={error.file}
        details={`Code: ${error.code}\nListing: ${listingId}`}
        actions={
          <Button
            variant="primary"
            icon={<RefreshCw size={14} aria-hidden="true" />}
            onClick={() => void refetchDelivery()}
          >
            Try again
          </Button>
        }
      >
        What is delivered already lies in its folder.
      </ErrorState>
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
      <Said />
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

function Said() {
  const said = useDelivery((state) => state.said);
  return (
    <div className={styles.spoken} role="status" aria-live="polite">
      {said}
    </div>
  );
}

function useFrame(listingId: string, document: DeliverDocument | null): void {
  const card = useListings((state) => state.cards.get(listingId)) ?? document?.listing;
  const pending = useDelivery((state) => state.pending);
  const name = card?.name ?? null;
  const photos = card?.photoCount ?? 0;
  const attention = card?.attentionCount ?? 0;
  const seconds =
    document === null ? 0 : Math.round((document.totalFrames * document.frameRate.den) / document.frameRate.num);
  useEffect(() => {
    if (name === null) return;
    const film = seconds === 0 ? '' : ` · ${seconds} s`;
    setOpenListing({ id: listingId, name, sub: `${photos} photos${film}`, attentionCount: attention });
  }, [listingId, name, photos, attention, seconds]);
  const words = document === null ? '' : gateOf(document).words;
  useEffect(() => {
    setStatus(pending > 0 ? 'Saving' : words);
    return () => setStatus('');
  }, [pending, words]);
}

function useRefusals(): void {
  const refusal = useDelivery((state) => state.refusal);
  useEffect(() => {
    if (refusal === null) return;
    toast({ tone: 'fail', title: `Not kept: ${refusal.label}`, detail: refusal.message });
    useDelivery.setState({ refusal: null });
  }, [refusal]);
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
