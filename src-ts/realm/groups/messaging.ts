/** Group of the web layer: channel messaging. */
import { MessageChannel } from "../../web/messaging/MessageChannel.ts";

export { MessageEvent } from "../../web/messaging/MessageEvent.ts";
export { MessagePort } from "../../web/messaging/MessagePort.ts";
export { MessageChannel };

export function warmUp(): void {
  new MessageChannel().port1.postMessage({ a: 1 });
}
