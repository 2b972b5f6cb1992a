/**
 * Navigator: of NavigatorID (https://html.spec.whatwg.org/multipage/system-state.html#navigatorid) the one
 * attribute that means something here, as WinterTC asks
 * (https://min-common-api.proposal.wintertc.org/#navigator-useragent-requirements).
 */
import { version } from "../../internal/version.ts";
import * as webidl from "../../internal/webidl.ts";

export class Navigator {
  #userAgent = `nano-runtime/${version}`;

  /** Not for scripts: there is one, the global `navigator`. */
  constructor(token: unknown = undefined) {
    if (token !== webidl.internalToken) throw webidl.illegalConstructor("Navigator");
  }

  /** The runtime's name and version, one product token. */
  get userAgent(): string {
    if (!(#userAgent in this)) throw webidl.illegalInvocation("Navigator.userAgent");
    return this.#userAgent;
  }
}

webidl.exposeInterface(Navigator, { inspect: ["userAgent"] });

export const navigator: Navigator = new (Navigator as unknown as new (token: symbol) => Navigator)(webidl.internalToken);
