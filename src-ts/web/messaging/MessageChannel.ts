/**
 * MessageChannel (https://html.spec.whatwg.org/multipage/web-messaging.html#message-channels).
 */
import * as webidl from "../../internal/webidl.ts";
import { createEntangledPorts, type MessagePort } from "./MessagePort.ts";

/** Two ports: what is posted to one arrives at the other. */
export class MessageChannel {
  #ports: [MessagePort, MessagePort] = createEntangledPorts();

  get port1(): MessagePort {
    if (!(#ports in this)) throw webidl.illegalInvocation("MessageChannel.port1");
    return this.#ports[0];
  }

  get port2(): MessagePort {
    if (!(#ports in this)) throw webidl.illegalInvocation("MessageChannel.port2");
    return this.#ports[1];
  }
}

webidl.exposeInterface(MessageChannel, { inspect: ["port1", "port2"] });
