/**
 * Runs the main paths once before the snapshot is made, so that their bytecode is in it (the first use costs
 * up to a millisecond otherwise). Must leave no state behind: no timer, no listener, no console group.
 */

import { AbortController } from "../web/dom/AbortController.ts";
import { CustomEvent } from "../web/dom/CustomEvent.ts";
import { Event } from "../web/dom/Event.ts";
import { EventTarget } from "../web/dom/EventTarget.ts";
import { atob, btoa } from "../web/encoding/base64.ts";
import { TextDecoder } from "../web/encoding/TextDecoder.ts";
import { TextEncoder } from "../web/encoding/TextEncoder.ts";
import { ErrorEvent } from "../web/html/ErrorEvent.ts";
import { clearTimeout, setTimeout } from "../web/html/timers.ts";
import { URL } from "../web/url/URL.ts";

export function warmUp(): void {
  const target = new EventTarget();
  const listener = (): void => {};
  target.addEventListener("x", listener, { once: true });
  target.addEventListener("x", listener, true);
  target.dispatchEvent(new Event("x", { cancelable: true }));
  target.removeEventListener("x", listener, true);
  target.dispatchEvent(new CustomEvent("x", { detail: 1 }));
  new ErrorEvent("error", { message: "x" });

  const controller = new AbortController();
  controller.signal.addEventListener("abort", listener);
  controller.signal.onabort = listener;
  controller.abort();

  clearTimeout(setTimeout(listener, 1));

  const url = new URL("../b?c=1#d", "http://host:81/a/x");
  url.searchParams.append("e", "f g");
  url.pathname = "/other";
  void [url.href, url.host, url.searchParams.get("c")];
  new TextDecoder().decode(new TextEncoder().encode("text \u00e9"));
  atob(btoa("text"));
}
