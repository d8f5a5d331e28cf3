/** Web worker around the depth desk. Prepared maps are handed over, not copied. */
import { createDepthDesk, type DeskRequest } from './depth-desk.ts';

const desk = createDepthDesk();
self.addEventListener('message', (event: MessageEvent<DeskRequest>) => {
  const reply = desk(event.data);
  const depth = reply.kind === 'planned' ? reply.planned.depth : null;
  self.postMessage(reply, { transfer: depth === null ? [] : [depth.data.buffer as ArrayBuffer] });
});
